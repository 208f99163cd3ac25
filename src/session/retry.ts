// What to do after a failed connect (haproxy configuration §4.2 `retries`, `option redispatch`).
// `retries` counts the attempts after the first one. Where a redispatch is due the next attempt
// goes through the balancing algorithm again; where it is not, the same server is tried. Before the
// same server, or the only one there is, comes a pause, so that it can restart meanwhile.
import type { Millis } from "../base/units.ts";
import type { Balance } from "../config/model/proxy.ts";

/** The longest pause before the same server is tried again. */
const TURN_AROUND_MS_MAX: Millis = 1_000;

/** What is known when a connect has failed. */
export interface FailedConnect {
  /** Retries already made, 0 after the first attempt. */
  readonly retriesDone: number;
  /** `retries` of the backend. */
  readonly retriesMax: number;
  /** `option redispatch` of the backend: 0 off, n > 0 every nth retry; n < 0 see `redispatchInterval`. */
  readonly redispatch: number;
  /** Whether a stick table or `use-server` chose the server. */
  readonly persisted: boolean;
  /** Whether the server can still take connections. */
  readonly serverRunning: boolean;
  /** Servers that the algorithm may choose from. */
  readonly activeCount: number;
  readonly algorithm: Balance["algorithm"];
  /** A timed-out attempt has waited already. */
  readonly timedOut: boolean;
  readonly connectTimeoutMs: Millis | undefined;
}

/** The next step: give up, or after `waitMs` choose again or try the same server. */
export type RetryDecision =
  | { readonly kind: "give-up" }
  | { readonly kind: "redispatch" | "same-server"; readonly waitMs: Millis };

/** Decides the next step after a failed connect. */
export function decideRetry(failed: FailedConnect): RetryDecision {
  if (failed.retriesDone >= failed.retriesMax) return { kind: "give-up" };
  const waitMs = failed.timedOut
    ? 0
    : Math.min(TURN_AROUND_MS_MAX, failed.connectTimeoutMs ?? TURN_AROUND_MS_MAX);
  if (!isRedispatchDue(failed)) return { kind: "same-server", waitMs };
  return { kind: "redispatch", waitMs: failed.activeCount > 1 ? 0 : waitMs };
}

function isRedispatchDue(failed: FailedConnect): boolean {
  if (failed.redispatch === 0) return false;
  if (!failed.serverRunning) return true;
  if (!failed.persisted && failed.activeCount > 1 && takesTurns(failed.algorithm)) return true;
  const interval = redispatchInterval(failed.redispatch, failed.retriesMax);
  return interval !== 0 && (failed.retriesDone + 1) % interval === 0;
}

/**
 * After how many retries each one redispatches. A negative setting counts from the last retry back
 * to where the first redispatch is, and as many retries later is the next.
 */
function redispatchInterval(redispatch: number, retriesMax: number): number {
  return redispatch > 0 ? redispatch : retriesMax + 1 + redispatch;
}

/** Algorithms whose next choice differs by itself; the others would map the key to the same server. */
function takesTurns(algorithm: Balance["algorithm"]): boolean {
  return algorithm !== "source" && algorithm !== "hash";
}
