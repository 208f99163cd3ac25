// What a backup's timer is worth when it fires late: the process did not run, so it did not read
// what the master sent, or there was nobody to send to.
import type { Millis } from "../../src/base/units.ts";
import { LATE_TIMERS_MAX } from "../limits.ts";

/** How often in a row a late timer made one virtual router wait. */
export class Lateness {
  #count = 0;

  /** The router did what its timer said, or heard a master: the next late timer is the first. */
  end(): void {
    this.#count = 0;
  }

  /**
   * How much longer to listen: a whole Master_Down_Interval after a pause as long as that, one
   * interval after a shorter one, in which adverts wait to be read. `undefined`: the timer counts.
   * The wait is granted a few times only, or a slow machine would never take over.
   */
  extraWait(lateMs: Millis, intervalMs: Millis, downMs: Millis): Millis | undefined {
    if (lateMs <= intervalMs) return undefined;
    if (this.#count >= LATE_TIMERS_MAX) return undefined;
    if (lateMs <= downMs && this.#count > 0) return undefined;
    this.#count += 1;
    return lateMs > downMs ? downMs : intervalMs;
  }
}
