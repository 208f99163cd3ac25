// When checks are due (haproxy configuration §3.1 `spread-checks`, §5.2 `inter`).
import type { Millis } from "../base/units.ts";
import { CHECK_SPREAD_INTERVAL_MIN_MS } from "../limits.ts";
import type { CheckHealth } from "./rise-fall.ts";
import { fullHealth } from "./rise-fall.ts";

/** The three paces of a check. */
export interface CheckPace {
  readonly intervalMs: Millis;
  readonly fastIntervalMs?: Millis;
  readonly downIntervalMs?: Millis;
}

/** The pause before the next check: `inter` at full health, `downinter` at none, else `fastinter`. */
export function paceOf(pace: CheckPace, at: CheckHealth): Millis {
  if (at.health === fullHealth(at)) return pace.intervalMs;
  if (at.health === 0) return pace.downIntervalMs ?? pace.intervalMs;
  return pace.fastIntervalMs ?? pace.intervalMs;
}

/** Moves a pause by up to `spreadPercent` either way; `random` is uniform in 0..1. */
export function jitter(pauseMs: Millis, spreadPercent: number, random: () => number): Millis {
  if (spreadPercent <= 0) return pauseMs;
  const spreadMs = (pauseMs * spreadPercent) / 100;
  return pauseMs + spreadMs - 2 * spreadMs * random();
}

/**
 * Offsets of first checks, so that they do not all start at once: each at its share of the shortest
 * interval (very short ones aside) or of its own where that is longer, but within `spreadMaxMs`.
 */
export function spreadStarts(pausesMs: readonly Millis[], spreadMaxMs?: Millis): Millis[] {
  let shortestMs = Infinity;
  for (const pauseMs of pausesMs) {
    if (pauseMs >= CHECK_SPREAD_INTERVAL_MIN_MS) shortestMs = Math.min(shortestMs, pauseMs);
  }
  if (shortestMs === Infinity) shortestMs = 0;
  return pausesMs.map((pauseMs, position) => {
    const windowMs = Math.min(Math.max(shortestMs, pauseMs), spreadMaxMs ?? Infinity);
    return Math.floor((windowMs * position) / pausesMs.length);
  });
}
