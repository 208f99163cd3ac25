// What pages are told of the running process: keeps the board, the timeline and the view of the pair
// up to date, and answers what is new since a version.
import type { NodeEvent } from "../base/event.ts";
import type { Millis } from "../base/units.ts";
import { DASHBOARD_FACTS_AGE_MS_MAX } from "./limits.ts";
import type { StatsSource } from "../stats/rows.ts";
import { Board } from "./board.ts";
import type { LiveDocument, NodeView } from "./document.ts";
import { nodeView, type PairSources, withSteadyInstants } from "./pair.ts";
import { readRows, readTotals } from "./read-rows.ts";
import type { ServerTally } from "./problems.ts";
import { Timeline } from "./timeline.ts";

/** What of the pair is not in the statistics. */
export type PairFacts = Omit<PairSources, "servers" | "tables" | "host" | "startedMs">;

/** Where it all comes from. */
export interface LiveSources {
  readonly stats: StatsSource;
  pair(): PairFacts;
}

/** Who asks. */
export interface LiveQuestion {
  /** What the page has: a `version` of a document, 0 for nothing. */
  readonly since: number;
  readonly run: string;
  /** `stats scope`: the proxies that may be seen; all when empty. */
  readonly scope: readonly string[];
  readonly mayAct: boolean;
  readonly maySearch: boolean;
}

/** An instant on both clocks. */
export interface Instant {
  readonly nowMs: Millis;
  /** Since the epoch. */
  readonly wallMs: number;
}

/** Clocks drift and are read one after the other; within this the offset stays, ms. */
const CLOCK_JITTER_MS = 500;

/** See the head of this file. */
export class LiveBoard {
  readonly #run: string;
  readonly #sources: LiveSources;
  readonly #board = new Board();
  readonly #timeline = new Timeline();
  #wallOffsetMs = 0;
  #refreshedMs: Millis = -Infinity;
  #node: NodeView | undefined;
  #nodeText = "";
  #nodeVersion = 0;

  /** `run`: another one in each process. */
  constructor(run: string, sources: LiveSources) {
    this.#run = run;
    this.#sources = sources;
  }

  /** A step of the charts; to be called about once a second. */
  sample(instant: Instant): void {
    const { stats } = this.#sources;
    this.#noteClock(instant);
    const rows = readRows(stats, this.#wallOffsetMs);
    this.#board.sample(rows, readTotals(stats.world), instant.nowMs);
  }

  /** Something has been changed: the next question is answered by fresh facts. */
  invalidate(): void {
    this.#refreshedMs = -Infinity;
  }

  /** Takes events of one process, in their order. */
  takeEvents(events: readonly NodeEvent[]): void {
    this.#timeline.take(events, this.#board.version + 1);
  }

  /** What is new to a page. */
  answer(question: LiveQuestion, instant: Instant): LiveDocument {
    this.#refresh(instant);
    const board = this.#board;
    const { stats } = this.#sources;
    const { mayAct, maySearch, scope } = question;
    const isFull = question.run !== this.#run || question.since < board.layoutVersion;
    const since = isFull ? 0 : question.since;
    const isSeen = isSeenIn(scope);
    const { maxconn } = stats.world.limits;
    return {
      run: this.#run,
      version: board.version,
      second: board.second,
      nowMs: Math.round(instant.wallMs),
      isFull,
      mayAct,
      maySearch,
      sessionsMax: Number.isFinite(maxconn) ? maxconn : null,
      totals: board.totalFigures,
      ...(this.#nodeVersion > since ? { node: this.#nodeSeen(scope) } : {}),
      rowCount: board.rowCount,
      ...board.changesSince(since, isSeen),
      tableEntries: this.#tables(isSeen).map(({ usedCount }) => usedCount),
      events: this.#timeline.since(since).filter((event) => isEventSeen(event, isSeen)),
      ...(isFull ? { past: { totals: board.totalsPast, rows: board.past(isSeen) } } : {}),
    };
  }

  #tables(isSeen: (proxy: string) => boolean): readonly StatsTable[] {
    const tables = [...this.#sources.stats.world.tables].map(([name, table]) => ({
      name,
      type: table.spec.keyType,
      entriesMax: table.size,
      peers: table.spec.peers ?? null,
      usedCount: table.usedCount,
    }));
    return tables.filter(({ name }) => isSeen(name));
  }

  /** A page of some proxies is not told what is wrong with others. */
  #nodeSeen(scope: readonly string[]): NodeView {
    const node = this.#node!;
    const tables = this.#tables(isSeenIn(scope)).map(({ name, type, entriesMax, peers }) => {
      return { name, type, entriesMax, peers };
    });
    return scope.length === 0 ? { ...node, tables } : { ...node, tables, problems: [], peers: [] };
  }

  #noteClock({ nowMs, wallMs }: Instant): void {
    const offsetMs = wallMs - nowMs;
    if (Math.abs(offsetMs - this.#wallOffsetMs) > CLOCK_JITTER_MS) this.#wallOffsetMs = offsetMs;
  }

  #refresh(instant: Instant): void {
    if (instant.nowMs - this.#refreshedMs < DASHBOARD_FACTS_AGE_MS_MAX) return;
    this.#refreshedMs = instant.nowMs;
    this.#noteClock(instant);
    const { stats } = this.#sources;
    const rows = readRows(stats, this.#wallOffsetMs);
    this.#board.refresh(rows);
    const { global, hostName, tables } = stats.world;
    const view = nodeView({
      ...this.#sources.pair(),
      host: global?.node ?? hostName,
      startedMs: Math.round(stats.startedMs + this.#wallOffsetMs),
      servers: tallyOf(stats),
      tables: Array.from(tables.keys(), (name) => ({ name, type: "", entriesMax: 0, peers: null })),
    });
    const node = withSteadyInstants(view, this.#node);
    const text = JSON.stringify(node);
    if (text === this.#nodeText) return;
    this.#node = node;
    this.#nodeText = text;
    this.#nodeVersion = this.#board.version;
  }
}

interface StatsTable {
  readonly name: string;
  readonly type: string;
  readonly entriesMax: number;
  readonly peers: string | null;
  readonly usedCount: number;
}

/** Which proxies a page with this `stats scope` shows. */
export function isSeenIn(scope: readonly string[]): (proxy: string) => boolean {
  return (proxy) => scope.length === 0 || scope.includes(proxy);
}

/** Events of servers and backends name them first; those of the node are for everybody. */
function isEventSeen({ kind, subject }: NodeEvent, isSeen: (proxy: string) => boolean): boolean {
  if (!/^(?:server|backend|frontend|table)\./.test(kind)) return true;
  return isSeen(subject.split("/", 1)[0]!);
}

function tallyOf({ world }: StatsSource): ServerTally {
  const down: string[] = [];
  const backendsWithout: string[] = [];
  let restingCount = 0;
  let queuedCount = 0;
  for (const { name, proxy, balancer, hasUsableServer } of world.backends.values()) {
    if (proxy.mode === "http") continue;
    const { servers } = balancer;
    if (servers.length > 0 && !hasUsableServer) backendsWithout.push(name);
    queuedCount += balancer.counts().queuedTotal;
    for (const server of servers) {
      if (server.isInMaintenance() || server.isDraining()) restingCount += 1;
      else if (server.operational === "stopped") down.push(`${name}/${server.name}`);
    }
  }
  return { down, restingCount, backendsWithout, queuedCount };
}
