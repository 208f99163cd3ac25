// Which listeners may accept: the limits of the process, of frontends and of listeners
// (haproxy configuration §3.2 `maxconn`, `maxconnrate`, `maxsessrate`, §4.2 `maxconn`,
// `rate-limit sessions`, §5.1 `maxconn`). A listener at a limit leaves clients in the kernel's queue.
import type { Millis } from "../base/units.ts";
import { RateCounter } from "../base/rate.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import type { ListenerId } from "./mover.ts";
import type { World } from "./world.ts";

/** How soon a listener that a rate has stopped is looked at again. */
const RATE_RETRY_MS: Millis = 10;

/** What the mover is to do. */
export interface AdmissionEffect {
  readonly kind: "pause" | "resume";
  readonly listener: ListenerId;
}

/** Pauses and resumes listeners. */
export class Admission {
  readonly #world: World;
  readonly #paused = new Set<ListenerState>();
  readonly #effects: AdmissionEffect[] = [];
  readonly #connectionRate = new RateCounter(1_000);
  #retryAtMs: Millis | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Takes a listener that was opened paused; it resumes as one that was at a limit. */
  adopt(listener: ListenerState): void {
    this.#paused.add(listener);
    listener.counters.isLimited = true;
  }

  /** A connection has come in; it is already counted. */
  onAccepted(listener: ListenerState, nowMs: Millis): void {
    this.#connectionRate.add(nowMs);
    for (const counters of [listener.frontend.counters, this.#world.counters]) {
      counters.connectionsTotal++;
      counters.connectionRate.add(nowMs);
    }
    if (this.#isProcessFull(nowMs)) {
      for (const each of this.#world.listeners.values()) this.#pause(each);
    } else if (this.#isFrontendFull(listener, nowMs)) {
      for (const each of this.#world.listeners.values()) {
        if (each.frontend === listener.frontend) this.#pause(each);
      }
    } else if (isListenerFull(listener)) this.#pause(listener);
  }

  /** A connection has gone, or limits have changed: resumes what may go on. */
  onRelaxed(nowMs: Millis): void {
    if (this.#paused.size === 0) return;
    if (this.#isProcessFull(nowMs)) return;
    for (const listener of this.#paused) {
      const isOpen = this.#isOpen(listener);
      if (isOpen && (this.#isFrontendFull(listener, nowMs) || isListenerFull(listener))) continue;
      this.#paused.delete(listener);
      listener.counters.isLimited = false;
      if (!isOpen) continue;
      this.#effects.push({ kind: "resume", listener: listener.listener });
    }
  }

  /** An operator has paused a frontend, which is no limit. */
  onPaused(frontend: FrontendState): void {
    for (const listener of this.#world.listeners.values()) {
      if (listener.frontend === frontend) this.#pause(listener, false);
    }
  }

  poll(): AdmissionEffect | undefined {
    return this.#effects.shift();
  }

  /** When a rate may have fallen below its limit. */
  nextTimeout(): Millis | undefined {
    return this.#paused.size === 0 ? undefined : this.#retryAtMs;
  }

  /** Looks again at what a rate has stopped. */
  onTimeout(nowMs: Millis): void {
    this.#retryAtMs = undefined;
    this.onRelaxed(nowMs);
  }

  #pause(listener: ListenerState, isLimited = true): void {
    listener.counters.isLimited = isLimited;
    if (this.#paused.has(listener)) return;
    this.#paused.add(listener);
    this.#effects.push({ kind: "pause", listener: listener.listener });
  }

  /** A reload may have closed it. */
  #isOpen(listener: ListenerState): boolean {
    for (const each of this.#world.listeners.values()) if (each === listener) return true;
    return false;
  }

  #isProcessFull(nowMs: Millis): boolean {
    const { maxconn, maxconnrate } = this.#world.limits;
    if (this.#world.connectionCount >= maxconn) return true;
    return this.#isOver(this.#connectionRate.read(nowMs), maxconnrate, nowMs);
  }

  #isFrontendFull(listener: ListenerState, nowMs: Millis): boolean {
    const { admin, side, counters } = listener.frontend;
    if (admin !== "open") return true;
    if (counters.sessions.current >= (side.maxconn ?? this.#world.limits.maxconn)) return true;
    return this.#isOver(counters.connectionRate.read(nowMs), side.rateLimitSessions, nowMs);
  }

  #isOver(rate: number, limit: number | undefined, nowMs: Millis): boolean {
    if (limit === undefined || rate < limit) return false;
    this.#retryAtMs ??= nowMs + RATE_RETRY_MS;
    return true;
  }
}

function isListenerFull(listener: ListenerState): boolean {
  const { maxconn } = listener.bind;
  return maxconn !== undefined && listener.connectionCount >= maxconn;
}
