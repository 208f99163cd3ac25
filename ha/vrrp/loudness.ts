// A complaint is said at once, then at most once a minute with the number of times it was held back:
// a neighbour may cause 60,000 a second.
import type { Millis } from "../../src/base/units.ts";
import { LOUDNESS_KEYS_MAX, LOUDNESS_PERIOD_MS } from "../limits.ts";

interface Said {
  atMs: Millis;
  /** Times that the complaint was held back since. */
  heldBackCount: number;
}

/** All complaints beyond the bound share this key: no caller has an empty one. */
const OVERFLOW_KEY = "";

/** Remembers what was said when. Its memory is bounded. */
export class Loudness {
  readonly #said = new Map<string, Said>();

  /** The line to log now; `undefined` to hold it back. Equal keys are the same complaint. */
  say(key: string, text: string, nowMs: Millis): string | undefined {
    const known = this.#said.get(key);
    if (known !== undefined) return this.#again(key, known, text, nowMs);
    if (this.#said.size >= LOUDNESS_KEYS_MAX) this.#forgetOld(nowMs);
    if (this.#said.size < LOUDNESS_KEYS_MAX || key === OVERFLOW_KEY) {
      this.#said.set(key, { atMs: nowMs, heldBackCount: 0 });
      return text;
    }
    return this.say(OVERFLOW_KEY, `${text} (one of many complaints)`, nowMs);
  }

  #again(key: string, known: Said, text: string, nowMs: Millis): string | undefined {
    if (nowMs - known.atMs < LOUDNESS_PERIOD_MS) {
      known.heldBackCount += 1;
      return undefined;
    }
    const count = known.heldBackCount;
    // Re-inserted: the map stays in the order of time.
    this.#said.delete(key);
    this.#said.set(key, { atMs: nowMs, heldBackCount: 0 });
    return count === 0 ? text : `${text} (and ${count} more times since it was last said)`;
  }

  #forgetOld(nowMs: Millis): void {
    for (const [key, { atMs }] of this.#said) {
      if (nowMs - atMs < LOUDNESS_PERIOD_MS) return;
      this.#said.delete(key);
    }
  }
}
