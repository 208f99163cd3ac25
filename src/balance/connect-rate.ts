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

/** Connects that were decided on at one instant, and are made at it or soon after. */
interface Turn {
  readonly decidedMs: Millis;
  madeMs: Millis;
}

/** The connects of one server. Time never goes backwards. */
export class ConnectRate {
  readonly spec: ConnectRateSpec;
  /** The turns of the last `perSecond` connects, as a ring. */
  readonly #taken: Turn[];
  #turn: Turn = { decidedMs: -Infinity, madeMs: -Infinity };
  #next = 0;
  #tokens: number;
  #filledMs: Millis;

  constructor(spec: ConnectRateSpec, nowMs: Millis) {
    this.spec = spec;
    this.#taken = new Array<Turn>(spec.perSecond).fill(this.#turn);
    this.#tokens = spec.burst;
    this.#filledMs = nowMs;
  }

  /** When the next connect may be made; `nowMs` or before if at once. */
  nextMs(nowMs: Millis): Millis {
    const missing = 1 - this.#fill(nowMs);
    const isThere = missing <= ARITHMETIC_ERROR;
    const filledMs = isThere ? nowMs : nowMs + (missing * SECOND_MS) / this.spec.perSecond;
    return Math.max(filledMs, this.#taken[this.#next]!.madeMs + SECOND_MS);
  }

  /** Whether a connect may be made now. */
  isOpen(nowMs: Millis): boolean {
    return this.nextMs(nowMs) <= nowMs;
  }

  /**
   * One of the connects that were decided on last has been made, at this instant: a busy process is
   * late, and it is the server's second that counts.
   */
  noteMade(atMs: Millis): void {
    this.#turn.madeMs = Math.max(this.#turn.madeMs, atMs);
  }

  /** Counts a connect that is decided on now. */
  take(nowMs: Millis): void {
    this.#tokens = this.#fill(nowMs) - 1;
    this.#filledMs = nowMs;
    if (this.#turn.decidedMs !== nowMs) this.#turn = { decidedMs: nowMs, madeMs: nowMs };
    this.#taken[this.#next] = this.#turn;
    this.#next = (this.#next + 1) % this.spec.perSecond;
  }

  #fill(nowMs: Millis): number {
    const { perSecond, burst } = this.spec;
    const more = (Math.max(0, nowMs - this.#filledMs) * perSecond) / SECOND_MS;
    return Math.min(burst, this.#tokens + more);
  }
}
