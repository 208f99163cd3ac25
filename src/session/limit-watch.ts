// When limits begin and cease to keep clients out: one notice for a burst of refusals, however many
// devices it consists of.
import type { EventMark } from "../base/event.ts";
import type { Millis } from "../base/units.ts";
import type { LogLevel } from "../config/model/log.ts";
import { LIMIT_BURST_QUIET_MS } from "../limits.ts";
import type { FrontendState } from "./frontend-state.ts";
import { type KeptOut, LIMIT_REASONS, type LimitReason } from "./limit-counts.ts";
import type { Takeovers } from "./takeovers.ts";

/** Something to be told. */
export interface LimitNotice {
  readonly frontend: string;
  readonly level: LogLevel;
  readonly text: string;
  readonly mark: EventMark;
}

/** What each reason says of those who are kept out. */
const WORDS: Readonly<Record<LimitReason, string>> = {
  "connect-size": "CONNECTs that are too large",
  keepalive: "keep alives that are out of range",
  "client-id": "client identifiers that do not match",
  "client-rate": "clients that connect too often",
  "source-rate": "addresses that connect too often",
  "listener-rate": "too many connects to the listener",
  ban: "clients that are banned",
  takeover: "clients that take each other's sessions over",
  "connect-rate": "clients that have waited for `mqtt-connect-rate` too long",
};

interface Burst {
  /** The count when it was last looked at. */
  seenCount: number;
  /** `undefined` while nobody is kept out. */
  beganMs: Millis | undefined;
  countBefore: number;
  latestMs: Millis;
}

/** Looks at the counters of frontends now and then. */
export class LimitWatch {
  #bursts = new Map<string, Burst>();
  /** When fights over client identifiers were last told of, by frontend. */
  #toldMs = new Map<string, Millis>();

  /** What has changed since the last look. A burst is over after `LIMIT_BURST_QUIET_MS` of silence. */
  look(frontends: Iterable<FrontendState>, nowMs: Millis): LimitNotice[] {
    const notices: LimitNotice[] = [];
    const bursts = new Map<string, Burst>();
    const toldMs = new Map<string, Millis>();
    for (const { name, counters, mqttLimiter } of frontends) {
      const lastMs = this.#toldMs.get(name);
      const isDue = lastMs === undefined || nowMs - lastMs >= LIMIT_BURST_QUIET_MS;
      const fights = isDue ? fightsNotice(name, mqttLimiter.takeovers.drainFights()) : undefined;
      if (fights !== undefined) notices.push(fights);
      if (fights !== undefined || !isDue) toldMs.set(name, fights === undefined ? lastMs! : nowMs);
      for (const reason of LIMIT_REASONS) {
        const count = counters.limited.of(reason);
        const key = `${reason} ${name}`;
        const burst = this.#bursts.get(key);
        if (burst === undefined && count === 0) continue;
        const known = burst ?? { seenCount: 0, beganMs: undefined, countBefore: 0, latestMs: 0 };
        const notice = follow(known, count, nowMs, {
          name,
          reason,
          latest: counters.limited.latest(reason),
        });
        if (notice !== undefined) notices.push(notice);
        bursts.set(key, known);
      }
    }
    this.#bursts = bursts;
    this.#toldMs = toldMs;
    return notices;
  }
}

interface Subject {
  readonly name: string;
  readonly reason: LimitReason;
  readonly latest: KeptOut | undefined;
}

function follow(
  burst: Burst,
  count: number,
  nowMs: Millis,
  subject: Subject,
): LimitNotice | undefined {
  // `clear counters all` begins anew.
  if (count < burst.seenCount) burst.seenCount = burst.countBefore = 0;
  const isMore = count > burst.seenCount;
  const before = burst.seenCount;
  burst.seenCount = count;
  if (isMore) burst.latestMs = nowMs;
  if (burst.beganMs === undefined) {
    if (!isMore) return undefined;
    burst.beganMs = nowMs;
    burst.countBefore = before;
    return begun(subject);
  }
  if (nowMs - burst.latestMs < LIMIT_BURST_QUIET_MS) return undefined;
  const durationMs = burst.latestMs - burst.beganMs;
  burst.beganMs = undefined;
  return over(subject, count - burst.countBefore, durationMs);
}

function begun({ name, reason, latest }: Subject): LimitNotice {
  // A screen shows the cause in place of the text: it has to say which limit it is.
  const whom = latest === undefined ? "" : ` (latest: ${nameOf(latest)})`;
  const cause = `${reason}: ${WORDS[reason]}${whom}`;
  return {
    frontend: name,
    level: "warning",
    text: `Frontend ${name} keeps out ${WORDS[reason]}.`,
    mark: { kind: "frontend.refusing", subject: name, cause, data: { reason } },
  };
}

function over({ name, reason }: Subject, count: number, durationMs: Millis): LimitNotice {
  return {
    frontend: name,
    level: "notice",
    text: `Frontend ${name} no longer keeps out ${WORDS[reason]}: ${count} were.`,
    mark: { kind: "frontend.refusing-over", subject: name, durationMs, data: { reason, count } },
  };
}

function nameOf({ clientId, host }: KeptOut): string {
  if (clientId === undefined || clientId === "") return host === "" ? "a client" : host;
  return host === "" ? clientId : `${clientId} from ${host}`;
}

/** Two devices with one identifier, as it seems: which one, and where they are. */
function fightsNotice(
  name: string,
  { count, named }: ReturnType<Takeovers["drainFights"]>,
): LimitNotice | undefined {
  const [first] = named;
  if (first === undefined) return undefined;
  const words = named.map(({ clientId, hosts }) => `${clientId} (${hosts.join(" and ")})`);
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  const whom = `${words.join(", ")}${more}`;
  const data = { clients: count, clientId: first.clientId, from: first.hosts.join(" ") };
  return {
    frontend: name,
    level: "warning",
    text: `Devices take each other's sessions over on frontend ${name}: ${whom}.`,
    mark: {
      kind: "frontend.takeover",
      subject: name,
      cause: `one client identifier, two addresses: ${whom}`,
      data,
    },
  };
}
