// How many tickles may be sent: a bucket of tokens that holds a few messages' worth, so that in no
// second more than the rate and one bucket go out.
import { TICKLE_RATE_MAX, TICKLES_PER_MESSAGE_MAX } from "../../src/base/life.ts";
import type { Millis } from "../../src/base/units.ts";

/** What a balancer that was held up may ask for at once. */
const BURST = 2 * TICKLES_PER_MESSAGE_MAX;

/** A budget of `TICKLE_RATE_MAX` a second. */
export class TickleBudget {
  #tokens = BURST;
  #filledMs: Millis = -Infinity;

  /** Takes so many, all or none; false when there are not enough. */
  take(count: number, nowMs: Millis): boolean {
    const gained = (Math.max(0, nowMs - this.#filledMs) * TICKLE_RATE_MAX) / 1_000;
    this.#tokens = Math.min(BURST, this.#tokens + gained);
    this.#filledMs = nowMs;
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}
