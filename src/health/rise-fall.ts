// The counter that turns single verdicts into up and down: `fall` failures in a row take a server
// down, `rise` passes in a row bring it back (haproxy configuration §5.2).
import type { CheckSettings } from "../config/model/server.ts";

/** A counter's position: `health` is 0..rise+fall-1, and the server is up from `rise` on. */
export interface CheckHealth {
  readonly health: number;
  readonly rise: number;
  readonly fall: number;
}

/** Whether the counter says "up". */
export function isHealthy(at: CheckHealth): boolean {
  return at.health >= at.rise;
}

/** The topmost position: nothing failed of late. */
export function fullHealth(at: { readonly rise: number; readonly fall: number }): number {
  return at.rise + at.fall - 1;
}

/** The position after one more verdict. The last failure or pass of a row jumps to the far end. */
export function recordVerdict(at: CheckHealth, ok: boolean): number {
  if (ok) {
    const next = at.health + 1;
    return next >= at.rise ? fullHealth(at) : next;
  }
  const next = at.health - 1;
  return next < at.rise ? 0 : next;
}

/** Where a counter starts (`init-state`): "up" and "down" are one verdict from the other. */
export function initialHealth(settings: CheckSettings): number {
  switch (settings.initState) {
    case "up":
      return settings.rise;
    case "down":
      return settings.rise - 1;
    case "fully-up":
      return fullHealth(settings);
    case "fully-down":
      return 0;
  }
}

/** Carries a position over to other thresholds: up stays up, down down, and the ends ends. */
export function rescaleHealth(
  from: CheckHealth,
  to: { readonly rise: number; readonly fall: number },
): number {
  if (!isHealthy(from)) return Math.min(from.health, to.rise - 1);
  const failuresSeen = fullHealth(from) - from.health;
  return Math.max(to.rise, fullHealth(to) - failuresSeen);
}
