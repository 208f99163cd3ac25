// What to do after a failed connect (haproxy configuration §4.2 `retries`, `option redispatch`).
// `retries` counts the attempts after the first one. Where a redispatch is due the next attempt
// goes through the balancing algorithm again, at once; where it is not, the same server is tried
// after a pause, so that a server which is just restarting gets its chance.
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
  /** `option redispatch` of the backend: 0 off, n > 0 every nth retry, n < 0 the -nth before the last. */
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

/** The next step: give up, choose again, or try the same server after `waitMs`. */
export type RetryDecision =
  | { readonly kind: "give-up" }
  | { readonly kind: "redispatch" }
  | { readonly kind: "same-server"; readonly waitMs: Millis };

/** Decides the next step after a failed connect. */
export function decideRetry(failed: FailedConnect): RetryDecision {
  if (failed.retriesDone >= failed.retriesMax) return { kind: "give-up" };
  if (isRedispatchDue(failed)) return { kind: "redispatch" };
  const waitMs = failed.timedOut
    ? 0
    : Math.min(TURN_AROUND_MS_MAX, failed.connectTimeoutMs ?? TURN_AROUND_MS_MAX);
  return { kind: "same-server", waitMs };
}

function isRedispatchDue(failed: FailedConnect): boolean {
  if (failed.redispatch === 0) return false;
  if (!failed.serverRunning) return true;
  if (!failed.persisted && failed.activeCount > 1 && takesTurns(failed.algorithm)) return true;
  const retry = failed.retriesDone + 1;
  return failed.redispatch > 0
    ? retry % failed.redispatch === 0
    : retry === failed.retriesMax + 1 + failed.redispatch;
}

/** Algorithms whose next choice differs by itself; the others would map the key to the same server. */
function takesTurns(algorithm: Balance["algorithm"]): boolean {
  return algorithm !== "source" && algorithm !== "hash";
}
