// `preempt_delay`: a backup that could preempt waits, counted from the first advert of a weaker master.
import type { Millis } from "../../src/base/units.ts";

/** The wait of one virtual router. */
export class PreemptDelay {
  #endsAtMs: Millis | undefined;

  /** Whether the wait has begun and is not over. */
  isRunning(nowMs: Millis): boolean {
    return this.#endsAtMs !== undefined && nowMs < this.#endsAtMs;
  }

  /** A weaker master was heard. `true`: the wait has just begun. */
  begin(delayMs: Millis, nowMs: Millis): boolean {
    if (delayMs === 0 || this.#endsAtMs !== undefined) return false;
    this.#endsAtMs = nowMs + delayMs;
    return true;
  }

  /** There is nobody to preempt. `true`: a wait was cut short or had ended. */
  end(): boolean {
    const hasBegun = this.#endsAtMs !== undefined;
    this.#endsAtMs = undefined;
    return hasBegun;
  }
}
