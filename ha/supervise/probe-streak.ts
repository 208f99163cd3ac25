// Probes through the balancer's own listeners that fail one after the other: its event loop turns,
// but nobody gets in.
import type { ProbeResult } from "../../src/base/life.ts";
import type { Millis } from "../../src/base/units.ts";
import { PROBE_FAILURES_MAX, PROBE_PERIOD_MS } from "../limits.ts";

/** Counts failed probes in a row. */
export class ProbeStreak {
  #failures = 0;
  #lastCount: number | undefined;
  #lastFreshMs = -Infinity;

  /**
   * Notes the result in a beat; true when the balancer must be held to hang. A result counts once:
   * by its number, or once in the period of probes where the balancer does not number them.
   */
  note(probe: ProbeResult, probeCount: number | undefined, nowMs: Millis): boolean {
    if (probe !== "failed") {
      this.#failures = 0;
      this.#lastFreshMs = -Infinity;
    } else if (this.#isFresh(probeCount, nowMs)) {
      this.#failures += 1;
      this.#lastFreshMs = nowMs;
    }
    this.#lastCount = probeCount;
    return this.#failures >= PROBE_FAILURES_MAX;
  }

  #isFresh(probeCount: number | undefined, nowMs: Millis): boolean {
    if (probeCount !== undefined) return probeCount !== this.#lastCount;
    return nowMs - this.#lastFreshMs >= PROBE_PERIOD_MS;
  }
}
