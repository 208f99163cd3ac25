// What is counted of proxies, as the statistics columns of the same meaning.
import { RateCounter } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { ServerPackets } from "../balance/counters.ts";
import { LimitCounts } from "./limit-counts.ts";

/** Sessions over which times are averaged, as HAProxy's `*time` columns. */
const AVERAGE_SESSIONS = 512;

/** The period of session and connection rates. */
const RATE_PERIOD_MS: Millis = 1_000;

/** A current number with its highest and a total. */
export class Gauge {
  current = 0;
  highest = 0;
  total = 0;

  enter(): void {
    this.total++;
    this.current++;
    if (this.current > this.highest) this.highest = this.current;
  }

  leave(): void {
    this.current--;
  }

  /** `clear counters`: forgets the highest number and, with `all`, the total. */
  clear(all: boolean): void {
    this.highest = 0;
    if (all) this.total = 0;
  }
}

/** Events per second with the highest seen. */
export class Rate {
  readonly #counter = new RateCounter(RATE_PERIOD_MS);
  highest = 0;

  add(nowMs: Millis): void {
    this.#counter.add(nowMs, 1);
    const rate = this.#counter.read(nowMs);
    if (rate > this.highest) this.highest = rate;
  }

  /** Events within the last second. */
  read(nowMs: Millis): number {
    return this.#counter.read(nowMs);
  }
}

/** A sliding average over about the last sessions, in ms. */
export class SlidingAverage {
  #sum = 0;
  #count = 0;
  highestMs = 0;

  /** `clear counters`: forgets the highest value; with `all` also what the average is of. */
  clear(all: boolean): void {
    this.highestMs = 0;
    if (all) this.#sum = this.#count = 0;
  }

  add(valueMs: number): void {
    if (valueMs > this.highestMs) this.highestMs = valueMs;
    if (this.#count === AVERAGE_SESSIONS) this.#sum -= this.#sum / AVERAGE_SESSIONS;
    else this.#count++;
    this.#sum += valueMs;
  }

  /** Whole ms; 0 before the first session. */
  get averageMs(): number {
    return this.#count === 0 ? 0 : Math.round(this.#sum / this.#count);
  }
}

/** How long the connected sessions of a server or backend took. */
export class SessionTimes {
  readonly queue = new SlidingAverage();
  readonly connect = new SlidingAverage();
  readonly total = new SlidingAverage();

  /** As `SlidingAverage.clear`. */
  clear(all: boolean): void {
    for (const average of [this.queue, this.connect, this.total]) average.clear(all);
  }

  /** Counts one session; all times in ms. */
  add(times: {
    readonly queueMs: Millis;
    readonly connectMs: Millis;
    readonly totalMs: Millis;
  }): void {
    this.queue.add(times.queueMs);
    this.connect.add(times.connectMs);
    this.total.add(times.totalMs);
  }
}

/** What the process counts of all its clients. */
export class ProcessCounters {
  readonly connectionRate = new Rate();
  connectionsTotal = 0;
  readonly sessionRate = new Rate();
}

/** The counters of a frontend. */
export class FrontendCounters {
  /** Connections at this moment, also those that are not sessions yet. */
  readonly sessions = new Gauge();
  /** Connections that no rule refused and that came through their handshake. */
  sessionsTotal = 0;
  readonly sessionRate = new Rate();
  readonly connectionRate = new Rate();
  connectionsTotal = 0;
  bytesIn = 0;
  bytesOut = 0;
  deniedRequests = 0;
  deniedResponses = 0;
  deniedConnections = 0;
  deniedSessions = 0;
  /** Requests of HTTP that were none; HAProxy counts no failures of TCP clients here. */
  failedRequests = 0;
  /** Clients that were told by a CONNACK that they are not served. */
  refusals = 0;
  /** Clients that limits have kept out, told or not. */
  readonly limited = new LimitCounts();
  /** Where they are counted, with all that are also counted for a backend. */
  packets: ServerPackets | undefined;

  /** `clear counters`: forgets the highest values and, with `all`, every sum. */
  clear(all: boolean): void {
    this.sessions.clear(all);
    this.sessionRate.highest = 0;
    this.connectionRate.highest = 0;
    if (all) zeroNumbers(this);
    if (all) this.limited.clear();
  }

  /** A connection has become a session. */
  countSession(nowMs: Millis): void {
    this.sessionsTotal++;
    this.sessionRate.add(nowMs);
  }
}

/** The counters of one listening address of a frontend. */
export class ListenerCounters {
  /** Connections at this moment and so far, also those that were never sessions. */
  readonly sessions = new Gauge();
  bytesIn = 0;
  bytesOut = 0;
  deniedRequests = 0;
  deniedResponses = 0;
  deniedConnections = 0;
  deniedSessions = 0;
  /** As a frontend's. */
  failedRequests = 0;
  /** Whether clients wait in the kernel's queue because a limit is reached. */
  isLimited = false;

  /** As `FrontendCounters.clear`. */
  clear(all: boolean): void {
    this.sessions.clear(all);
    if (all) zeroNumbers(this);
  }
}

/** The counters of the listeners of one frontend, by address; a reload keeps those it still names. */
export class ListenerCounts {
  readonly #byKey = new Map<string, ListenerCounters>();

  /** The counters of an address, made when they are asked for the first time. */
  of(key: string): ListenerCounters {
    let counters = this.#byKey.get(key);
    if (counters === undefined) this.#byKey.set(key, (counters = new ListenerCounters()));
    return counters;
  }

  /** Forgets the other addresses. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#byKey.keys()) if (!keys.has(key)) this.#byKey.delete(key);
  }

  /** As `ListenerCounters.clear`, of each. */
  clear(all: boolean): void {
    for (const counters of this.#byKey.values()) counters.clear(all);
  }
}

/** The counters of a backend; its servers count for themselves. */
export class BackendCounters {
  readonly sessions = new Gauge();
  readonly sessionRate = new Rate();
  readonly times = new SessionTimes();
  bytesIn = 0;
  bytesOut = 0;
  deniedRequests = 0;
  deniedResponses = 0;
  failedConnects = 0;
  failedResponses = 0;
  retries = 0;
  redispatches = 0;
  clientAborts = 0;
  serverAborts = 0;
  balanced = 0;
  connects = 0;
  /** As a frontend's. */
  refusals = 0;
  packets: ServerPackets | undefined;
  lastSessionMs: Millis | undefined;

  /** `clear counters`: forgets the highest values and, with `all`, every sum and the last session. */
  clear(all: boolean): void {
    this.sessions.clear(all);
    this.sessionRate.highest = 0;
    this.times.clear(all);
    if (all) zeroNumbers(this);
    if (all) this.lastSessionMs = undefined;
  }
}

/** Sets every plain number of a set of counters to zero. */
function zeroNumbers(counters: FrontendCounters | ListenerCounters | BackendCounters): void {
  if ("packets" in counters) counters.packets = undefined;
  for (const [name, value] of Object.entries(counters)) {
    if (typeof value === "number") Object.assign(counters, { [name]: 0 });
  }
}
