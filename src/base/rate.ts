// A frequency counter over a period of fixed length: events of the current period, plus those of
// the previous one in proportion to how much of it a window ending at this instant still covers.
// Integer arithmetic as HAProxy's, so that both show and limit alike.
import type { Millis } from "./units.ts";

/** The state of a frequency counter. A zero one has never counted. */
export interface RateState {
  /** When the current period began, whole ms. */
  startMs: Millis;
  /** Events since then, 0..2^32-1; wraps. */
  current: number;
  /** Events of the period before. */
  previous: number;
}

/** A counter that has never counted. */
export function zeroRate(): RateState {
  return { startMs: 0, current: 0, previous: 0 };
}

/** Counts `count` events at `nowMs`, in place. */
export function addToRate(rate: RateState, periodMs: Millis, nowMs: Millis, count: number): void {
  const now = Math.floor(nowMs);
  const elapsedMs = now - rate.startMs;
  if (rate.current === 0 && rate.previous === 0) {
    rate.startMs = now;
  } else if (elapsedMs >= 2 * periodMs) {
    rate.startMs = now;
    rate.previous = 0;
    rate.current = 0;
  } else if (elapsedMs >= periodMs) {
    rate.startMs += periodMs;
    rate.previous = rate.current;
    rate.current = 0;
  }
  rate.current = (rate.current + count) >>> 0;
}

/** Events in the period that ends at `nowMs`, rounded down. */
export function readRate(rate: Readonly<RateState>, periodMs: Millis, nowMs: Millis): number {
  let remainingMs = rate.startMs + periodMs - Math.floor(nowMs);
  let { previous, current } = rate;
  if (remainingMs < 0) {
    remainingMs += periodMs;
    previous = remainingMs < 0 ? 0 : current;
    current = 0;
  }
  // QUIRK: a single event stays visible for the whole next period, so that a rate that hovers
  // around one a period does not flap between 1 and 0.
  if (current === 0 && previous <= 1) return previous;
  return current + Math.floor((previous * remainingMs) / periodMs);
}

/** A frequency counter of its own, for proxies, servers and listeners. */
export class RateCounter {
  readonly periodMs: Millis;
  readonly #state = zeroRate();

  constructor(periodMs: Millis) {
    this.periodMs = periodMs;
  }

  /** Counts `count` events. */
  add(nowMs: Millis, count = 1): void {
    addToRate(this.#state, this.periodMs, nowMs, count);
  }

  /** Events in the period that ends at `nowMs`. */
  read(nowMs: Millis): number {
    return readRate(this.#state, this.periodMs, nowMs);
  }
}
