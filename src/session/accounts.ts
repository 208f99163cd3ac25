// What a session keeps and counts while it lives, and gives back at its end: pinned table entries,
// tracked counters, its share of the proxies' counters, its log line.
import type { Millis } from "../base/units.ts";
import type { SessionEffect } from "./events.ts";
import type { ListenerState } from "./frontend-state.ts";
import type { RelayCounters } from "./mover.ts";
import { NONE_PINNED, type PinnedEntry, pinMore, unpin } from "./pins.ts";
import { relaySpec } from "./relay-spec.ts";
import { SessionContext, type SessionEnds } from "./session-context.ts";
import { SessionLog } from "./session-log.ts";
import type { World } from "./world.ts";

/** The parts of a session that its accounts concern. */
export interface AccountedParts {
  readonly world: World;
  readonly context: SessionContext;
  readonly log: SessionLog;
  readonly effects: SessionEffect[];
}

/** One session's accounts. */
export class Accounts implements AccountedParts {
  readonly world: World;
  readonly context: SessionContext;
  readonly log: SessionLog;
  readonly effects: SessionEffect[];
  #pinned = NONE_PINNED;

  /** Of a new session; `wallMs` since 1970. */
  constructor(
    world: World,
    listener: ListenerState,
    ends: SessionEnds,
    time: { readonly nowMs: Millis; readonly wallMs: number },
    effects: SessionEffect[],
  ) {
    this.world = world;
    this.context = new SessionContext(world, listener, ends, time);
    this.log = new SessionLog(this.context);
    this.effects = effects;
  }

  /** The connection is there. */
  enter(): void {
    const { frontend, listenerCounters } = this.context;
    frontend.counters.sessions.enter();
    listenerCounters.sessions.enter();
  }

  /** The connection has become a session. */
  open(nowMs: Millis): void {
    const { context, log } = this;
    log.noteHeld(context.request.bytes.length);
    log.noteOpened(context.destination, nowMs);
    if (context.frontend.logMoment === "accept") this.logTraffic("--", nowMs, true);
  }

  /** The backend is known. */
  enterBackend(nowMs: Millis): void {
    const { counters } = this.context.backend!;
    counters.sessions.enter();
    counters.sessionRate.add(nowMs);
  }

  /** A rule has refused it. */
  countDeniedRequest(): void {
    const { frontend, listenerCounters, backend } = this.context;
    frontend.counters.deniedRequests++;
    listenerCounters.deniedRequests++;
    if (backend !== undefined) backend.counters.deniedRequests++;
  }

  /** Keeps table entries for as long as the session lives, where the backend wants that. */
  pin(entries: readonly PinnedEntry[]): void {
    if (this.context.backend?.isPinning === true) this.#pinned = pinMore(this.#pinned, entries);
  }

  /**
   * It is served from now on: asks for the relay. Who sent the first bytes is kept, they themselves only
   * where log lines may ask for them: a relay may stand for weeks.
   */
  relay(entries: readonly PinnedEntry[], nowMs: Millis): void {
    const { context, effects } = this;
    const { frontend } = context;
    context.keepClient();
    this.pin(entries);
    effects.push({ kind: "relay", spec: relaySpec(context) });
    if (frontend.logMoment === "connect") this.logTraffic("--", nowMs, true);
    if (!frontend.logsSamples) context.forgetPayload();
  }

  /** Logs the session, once; `isEarly` before its end. */
  logTraffic(termination: string, nowMs: Millis, isEarly = false): void {
    const { log, effects, context } = this;
    if (!log.isDue(termination, isEarly)) return;
    effects.push({ kind: "log", record: this.#record(termination, nowMs, isEarly), context });
  }

  /** Logs a connection that failed before it was a session. */
  logOpening(message: string, nowMs: Millis): void {
    const { context, effects } = this;
    const { proxy } = context.frontend;
    if (context.request.bytes.length === 0 && proxy.flags.has("dontlognull")) return;
    effects.push({ kind: "log-handshake", record: this.#record("--", nowMs, false), message });
  }

  /** Counts what a running relay has moved since the last time. */
  progress(counters: RelayCounters, nowMs: Millis): void {
    const { context, log } = this;
    log.noteRelay(counters);
    log.notePace(nowMs);
    context.trackers?.onBytes(log.totals, nowMs);
    log.countBytes(nowMs);
  }

  /** The session has run its course; its slot is given back already. */
  conclude(termination: string, nowMs: Millis): void {
    const { context, log } = this;
    context.trackers?.onBytes(log.totals, nowMs);
    log.count(nowMs);
    context.backend?.counters.sessions.leave();
    this.logTraffic(termination, nowMs);
  }

  /** Gives everything back. */
  leave(nowMs: Millis): void {
    const { context } = this;
    unpin(this.#pinned, nowMs);
    this.#pinned = NONE_PINNED;
    context.trackers?.release(nowMs);
    context.holding?.leave(context.id);
    context.frontend.counters.sessions.leave();
    context.listenerCounters.sessions.leave();
  }

  #record(termination: string, nowMs: Millis, isEarly: boolean): ReturnType<SessionLog["record"]> {
    const { connectionCount } = this.world;
    return this.log.record(termination, { connectionCount, isEarly, nowMs });
  }
}
