// What a session keeps and counts while it lives, and gives back at its end: pinned table entries,
// tracked counters, its share of the proxies' counters, its log line.
import type { Millis } from "../base/units.ts";
import type { TrackedCounters } from "../stick/tracked.ts";
import type { SessionEffect } from "./events.ts";
import type { ListenerState } from "./frontend-state.ts";
import type { RelayCounters } from "./mover.ts";
import { type PinnedEntry, Pins } from "./pins.ts";
import { relaySpec } from "./relay-spec.ts";
import { SessionContext, type SessionEnds } from "./session-context.ts";
import { SessionLog } from "./session-log.ts";
import type { World } from "./world.ts";

/** The parts of a session that its accounts concern. */
export interface AccountedParts {
  readonly world: World;
  readonly context: SessionContext;
  readonly trackers: TrackedCounters;
  readonly log: SessionLog;
  readonly effects: SessionEffect[];
}

/** The parts of a new session; `wallMs` since 1970. */
export function newParts(
  world: World,
  listener: ListenerState,
  ends: SessionEnds,
  time: { readonly nowMs: Millis; readonly wallMs: number },
  effects: SessionEffect[],
): AccountedParts {
  const trackers = world.newTrackers();
  const context = new SessionContext(world, trackers, listener, ends, time);
  const log = new SessionLog(listener, ends.destination, time.nowMs, context.id);
  return { world, context, trackers, log, effects };
}

/** One session's accounts. */
export class Accounts {
  readonly #parts: AccountedParts;
  readonly #pins = new Pins();

  constructor(parts: AccountedParts) {
    this.#parts = parts;
  }

  /** The connection is there. */
  enter(): void {
    const { frontend, listenerCounters } = this.#parts.context;
    frontend.counters.sessions.enter();
    listenerCounters.sessions.enter();
  }

  /** The backend is known. */
  enterBackend(nowMs: Millis): void {
    const { counters } = this.#parts.context.backend!;
    counters.sessions.enter();
    counters.sessionRate.add(nowMs);
  }

  /** A rule has refused it. */
  countDeniedRequest(): void {
    const { frontend, listenerCounters, backend } = this.#parts.context;
    frontend.counters.deniedRequests++;
    listenerCounters.deniedRequests++;
    if (backend !== undefined) backend.counters.deniedRequests++;
  }

  /** Keeps table entries for as long as the session lives, where the backend wants that. */
  pin(entries: readonly PinnedEntry[]): void {
    if (this.#parts.context.backend?.isPinning === true) this.#pins.add(entries);
  }

  /**
   * It is served from now on: asks for the relay. Who sent the first bytes is kept, they themselves only
   * where log lines may ask for them: a relay may stand for weeks.
   */
  relay(entries: readonly PinnedEntry[], nowMs: Millis): void {
    const { context, effects } = this.#parts;
    const { frontend } = context;
    context.keepClient();
    this.pin(entries);
    effects.push({ kind: "relay", spec: relaySpec(context) });
    if (frontend.logMoment === "connect") this.logTraffic("--", nowMs, true);
    if (!frontend.logsSamples) context.forgetPayload();
  }

  /** Logs the session, once; `isEarly` before its end. */
  logTraffic(termination: string, nowMs: Millis, isEarly = false): void {
    const { log, effects, context } = this.#parts;
    if (!log.isDue(termination, isEarly)) return;
    effects.push({ kind: "log", record: this.#record(termination, nowMs, isEarly), context });
  }

  /** Logs a connection that failed before it was a session. */
  logOpening(message: string, nowMs: Millis): void {
    const { context, effects } = this.#parts;
    const { proxy } = context.frontend;
    if (context.request.bytes.length === 0 && proxy.flags.has("dontlognull")) return;
    effects.push({ kind: "log-handshake", record: this.#record("--", nowMs, false), message });
  }

  /** Counts what a running relay has moved since the last time. */
  progress(counters: RelayCounters, nowMs: Millis): void {
    const { context, log, trackers } = this.#parts;
    log.noteRelay(counters);
    log.notePace(nowMs);
    trackers.onBytes(log.totals, nowMs);
    log.countBytes(context.backend, nowMs);
  }

  /** The session has run its course; its slot is given back already. */
  conclude(termination: string, nowMs: Millis): void {
    const { context, log, trackers } = this.#parts;
    trackers.onBytes(log.totals, nowMs);
    log.count(context.backend, nowMs);
    context.backend?.counters.sessions.leave();
    this.logTraffic(termination, nowMs);
  }

  /** Gives everything back. */
  leave(nowMs: Millis): void {
    const { context, trackers } = this.#parts;
    this.#pins.release(nowMs);
    trackers.release(nowMs);
    context.holding?.leave(context.id);
    context.frontend.counters.sessions.leave();
    context.listenerCounters.sessions.leave();
  }

  #record(termination: string, nowMs: Millis, isEarly: boolean): ReturnType<SessionLog["record"]> {
    const { world, log, context } = this.#parts;
    const { connectionCount } = world;
    return log.record(termination, context, { connectionCount, isEarly, nowMs });
  }
}
