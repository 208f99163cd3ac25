// A complaint that may come up again and again is logged at once, then at most once in a period.
import type { Millis } from "../../src/base/units.ts";
import { VIP_REPEAT_MS } from "../limits.ts";

/** One thing to complain of. */
export class Complaint {
  #loggedAtMs: Millis | undefined;
  #suppressedCount = 0;

  /** What to append to the text now; `undefined` while it must not be logged. */
  suffix(nowMs: Millis): string | undefined {
    if (this.#loggedAtMs !== undefined && nowMs - this.#loggedAtMs < VIP_REPEAT_MS) {
      this.#suppressedCount += 1;
      return undefined;
    }
    const count = this.#suppressedCount;
    this.#loggedAtMs = nowMs;
    this.#suppressedCount = 0;
    return count === 0 ? "" : ` (${count} more times since it was last logged)`;
  }

  /** It is over: the next time is news. */
  reset(): void {
    this.#loggedAtMs = undefined;
    this.#suppressedCount = 0;
  }
}
