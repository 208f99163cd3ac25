import type { Millis } from "../base/units.ts";
import { PACE_SLACK_MS } from "./limits.ts";

/**
 * Events at a bounded rate: in any span of time at most `rate` times that span, lengthened by
 * `PACE_SLACK_MS`, and one. What is late by more than that, after a stall, is not made up for.
 */
export class Pace {
  readonly ratePerSecond: number;
  #dueMs: Millis;

  /** The first event is due at once. */
  constructor(ratePerSecond: number, nowMs: Millis) {
    this.ratePerSecond = ratePerSecond;
    this.#dueMs = nowMs;
  }

  /** When the next event is due. */
  get dueMs(): Millis {
    return this.#dueMs;
  }

  /** Whether an event may happen now; it then counts as happened. */
  take(nowMs: Millis): boolean {
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = Math.max(this.#dueMs, nowMs - PACE_SLACK_MS) + 1_000 / this.ratePerSecond;
    return true;
  }
}

/**
 * The rate at which `count` are gone within `timeMs`, at most `rateMax` per second; `undefined` when
 * neither is set, which is not at all.
 */
export function drainRate(
  count: number,
  timeMs: Millis | undefined,
  rateMax: number | undefined,
): number | undefined {
  if (timeMs === undefined) return rateMax;
  const rate = timeMs === 0 ? Infinity : Math.max(count, 1) / (timeMs / 1_000);
  return Math.min(rate, rateMax ?? Infinity);
}
