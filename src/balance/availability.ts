// Since when a backend has a usable server or none, for its line in the statistics.
import type { Millis } from "../base/units.ts";

/** Up while any server of the backend is usable. */
export class Availability {
  #isUp: boolean;
  #lastChangeMs: Millis;
  #downMs: Millis = 0;
  #downTransitions = 0;

  constructor(isUp: boolean, nowMs: Millis) {
    this.#isUp = isUp;
    this.#lastChangeMs = nowMs;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get lastChangeMs(): Millis {
    return this.#lastChangeMs;
  }

  /** How often the last usable server was lost. */
  get downTransitions(): number {
    return this.#downTransitions;
  }

  /** All time without a usable server, the current outage included. */
  downMs(nowMs: Millis): Millis {
    return this.#downMs + (this.#isUp ? 0 : Math.max(0, nowMs - this.#lastChangeMs));
  }

  /** `clear counters all`: outages count from anew. */
  clearTransitions(): void {
    this.#downTransitions = 0;
  }

  /** Takes note of whether a server is usable; says what that changed. */
  become(isUp: boolean, nowMs: Millis): "unchanged" | "lost" | "regained" {
    if (isUp === this.#isUp) return "unchanged";
    this.#downMs = this.downMs(nowMs);
    this.#isUp = isUp;
    this.#lastChangeMs = nowMs;
    if (!isUp) this.#downTransitions += 1;
    return isUp ? "regained" : "lost";
  }
}
