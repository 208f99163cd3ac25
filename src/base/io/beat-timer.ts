// Beats of a process to the one that watches it.
import type { Millis } from "../units.ts";

/** Beats every so often; how often may change meanwhile. */
export class BeatTimer {
  #everyMs: Millis;
  readonly #beat: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** Beats nothing before `start()`. */
  constructor(everyMs: Millis, beat: () => void) {
    this.#everyMs = everyMs;
    this.#beat = beat;
  }

  /** The period. */
  get everyMs(): Millis {
    return this.#everyMs;
  }

  /** The first beat comes after one period. */
  start(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(this.#beat, this.#everyMs);
  }

  /** Another period begins at once, with a beat; the same one changes nothing. */
  setPeriod(everyMs: Millis): void {
    if (everyMs === this.#everyMs) return;
    this.#everyMs = everyMs;
    this.start();
    this.#beat();
  }

  /** No more beats. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
