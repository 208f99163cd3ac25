// What a balancer says of itself: lines of its log, and the events among them, which are kept as well.
import { type EventMark, type EventSeverity, eventFields } from "../base/event.ts";
import { EventFeed } from "../base/io/event-feed.ts";
import { Spans } from "../base/spans.ts";
import type { Millis } from "../base/units.ts";
import type { LogLevel } from "../config/model/log.ts";
import { AcceptFailures } from "../session/accept-failures.ts";
import type { World } from "../session/world.ts";
import { monotonicMs } from "./clock.ts";
import { logState, type ProgramLog } from "./log/program-log.ts";

const SEVERITIES: Readonly<Record<LogLevel, EventSeverity>> = {
  emerg: "error",
  alert: "error",
  crit: "error",
  err: "error",
  warning: "warning",
  notice: "notice",
  info: "info",
  debug: "info",
};

const SELF = { subject: "balancer" } as const;

/** Names of an inventory that are told of at once. */
const NAMES_MAX = 8;

/** See the head of this file. */
export class BalancerJournal {
  readonly events = new EventFeed("balancer");
  readonly #program: ProgramLog;
  /** Since when things are as they are: servers, backends, peers, by an event's subject. */
  readonly #spans = new Spans();
  readonly #acceptFailures = new AcceptFailures();
  readonly #peers = new Set<string>();

  constructor(program: ProgramLog) {
    this.#program = program;
  }

  /** A line that is an event if it has a mark. */
  tell(
    level: LogLevel,
    text: string,
    mark: EventMark | undefined,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    if (mark === undefined) {
      logState(this.#program, level, fields, text);
      return;
    }
    const event = this.events.add({ severity: SEVERITIES[level], ...mark, text });
    logState(this.#program, level, { ...fields, ...eventFields(event) }, text);
  }

  /** A change of state of the mark's subject: how long the former one lasted goes with it, unless it is there. */
  turn(
    level: LogLevel,
    text: string,
    mark: EventMark | undefined,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    if (mark === undefined || mark.durationMs !== undefined) {
      return this.tell(level, text, mark, fields);
    }
    const durationMs = this.#spans.turn(mark.subject, monotonicMs());
    const timed = durationMs === undefined ? mark : { ...mark, durationMs };
    this.tell(level, text, timed, fields);
  }

  /** It listens, so long after its start. */
  ready(listeners: readonly string[], tookMs: Millis): void {
    const data = { listeners: listeners.length };
    const event = { ...SELF, kind: "balancer.ready", durationMs: tookMs, data };
    this.tell("notice", "ready", event, { listeners });
  }

  /** A reload is done; `changes` are those of the inventory. */
  reloaded(tookMs: Millis, sessions: number, changes: EventMark["data"]): void {
    const data = { sessions, ...changes };
    const event = { ...SELF, kind: "balancer.reloaded", durationMs: tookMs, data };
    this.tell("notice", "reloaded", event, { tookMs, sessions });
  }

  /** A reload has changed nothing; `cause` is its first alert. */
  reloadRefused(cause: string): void {
    const event = { ...SELF, kind: "balancer.reload-refused", cause };
    this.tell("err", "reload refused: the running configuration stays", event);
  }

  /** A connection could not be accepted; a text when that is worth a line. */
  acceptFailed(frontend: string, code: string): string | undefined {
    const notice = this.#acceptFailures.note(frontend, code, monotonicMs());
    if (notice === undefined) return undefined;
    const { refusedCount, text } = notice;
    this.#program.warn({ frontend, code, refusedCount }, text);
    return text;
  }

  /** It has let go of its addresses. */
  paused(signal: string): void {
    const event = { ...SELF, kind: "balancer.paused", cause: signal };
    this.tell("notice", "listeners closed until SIGTTIN", event);
  }

  /** Idle clients of the former master were sent their tickles. */
  woken(clients: number, tookMs: Millis): void {
    const data = { clients };
    const event = { kind: "tickle.sent", subject: "clients", durationMs: tookMs, data };
    this.tell("notice", `${clients} idle clients of the former master are woken`, event);
  }

  /** Sessions of a virtual address that has left this node were ended. */
  addressGone(address: string, sessions: number, awayMs: Millis): void {
    const data = { sessions };
    const event = { kind: "vip.sessions-ended", subject: address, durationMs: awayMs, data };
    this.tell(
      "notice",
      `${sessions} sessions of ${address} are ended: it has left this node`,
      event,
    );
  }

  /** Servers and backends that are new begin in their first state, which is not told of. */
  follow(world: World): void {
    this.#spans.keep(new Set([...inventory(world), ...this.#peers]), monotonicMs());
  }

  /** A peer's session was made or lost. */
  peer(level: LogLevel, text: string, mark: EventMark | undefined, section: string): void {
    if (mark?.kind === "peer.mismatch") this.tell(level, text, mark, { peers: section });
    else {
      if (mark !== undefined) this.#peers.add(mark.subject);
      this.turn(level, text, mark, { peers: section });
    }
  }
}

/** The servers and backends there are, and frontends, by name. */
export function inventory({ backends, frontends }: World): readonly string[] {
  return [
    ...[...frontends.keys()].map((name) => `frontend ${name}`),
    ...[...backends.values()].flatMap(({ name, balancer }) => [
      name,
      ...balancer.servers.map((server) => `${name}/${server.name}`),
    ]),
  ];
}

/** What is in one list and not in the other, as an event's figures. */
export function differenceOf(
  before: readonly string[],
  after: readonly string[],
): Readonly<Record<string, string | number>> {
  const former = new Set(before);
  const present = new Set(after);
  const added = after.filter((name) => !former.has(name));
  const removed = before.filter((name) => !present.has(name));
  return {
    ...(added.length === 0 ? {} : { added: namesOf(added) }),
    ...(removed.length === 0 ? {} : { removed: namesOf(removed) }),
  };
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(" ");
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown;
}
