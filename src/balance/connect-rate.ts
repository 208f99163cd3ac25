// How many connections a second a server is presented with (`mqtt-connect-rate`). A token bucket spreads
// them and lets a pause be made up for; a count of the last second keeps that from ever adding up to more
// than the rate, in any second, wherever it begins.
import type { Millis } from "../base/units.ts";

/** The limit of one server. */
export interface ConnectRateSpec {
  /** Connections in a second, 1 or more. */
  readonly perSecond: number;
  /** How many of them may come at once, 1..perSecond. */
  readonly burst: number;
}

const SECOND_MS: Millis = 1_000;

/** Part of a token that may be missing: times of weeks in ms leave as little room for fractions. */
const ARITHMETIC_ERROR = 1e-4;

/** The connects of one server. Time never goes backwards. */
export class ConnectRate {
  readonly spec: ConnectRateSpec;
  /** The instants of the last `perSecond` connects, as a ring. */
  readonly #takenMs: Float64Array;
  #next = 0;
  #tokens: number;
  #filledMs: Millis;

  constructor(spec: ConnectRateSpec, nowMs: Millis) {
    this.spec = spec;
    this.#takenMs = new Float64Array(spec.perSecond).fill(-Infinity);
    this.#tokens = spec.burst;
    this.#filledMs = nowMs;
  }

  /** When the next connect may be made; `nowMs` or before if at once. */
  nextMs(nowMs: Millis): Millis {
    const missing = 1 - this.#fill(nowMs);
    const isThere = missing <= ARITHMETIC_ERROR;
    const filledMs = isThere ? nowMs : nowMs + (missing * SECOND_MS) / this.spec.perSecond;
    return Math.max(filledMs, this.#takenMs[this.#next]! + SECOND_MS);
  }

  /** Whether a connect may be made now. */
  isOpen(nowMs: Millis): boolean {
    return this.nextMs(nowMs) <= nowMs;
  }

  /** Counts a connect that is made now. */
  take(nowMs: Millis): void {
    this.#tokens = this.#fill(nowMs) - 1;
    this.#filledMs = nowMs;
    this.#takenMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.spec.perSecond;
  }

  #fill(nowMs: Millis): number {
    const { perSecond, burst } = this.spec;
    const more = (Math.max(0, nowMs - this.#filledMs) * perSecond) / SECOND_MS;
    return Math.min(burst, this.#tokens + more);
  }
}
