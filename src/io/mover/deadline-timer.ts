import type { Millis } from "../../base/units.ts";
import { DEADLINE_SLOT_MS } from "../../limits.ts";
import { Deadlines, type DeadlineEntry } from "./deadlines.ts";

/** A deadline wheel that is turned while it holds anything, and does not keep the process alive. */
export class DeadlineTimer {
  readonly #nowMs: () => Millis;
  readonly #deadlines: Deadlines;
  #timer: NodeJS.Timeout | undefined;

  constructor(nowMs: () => Millis) {
    this.#nowMs = nowMs;
    this.#deadlines = new Deadlines(nowMs());
  }

  /** See `Deadlines.watch`. */
  watch(entry: DeadlineEntry): void {
    this.#deadlines.watch(entry);
    if (this.#timer === undefined && this.#deadlines.size > 0) this.#arm();
  }

  /** See `Deadlines.forget`. */
  forget(entry: DeadlineEntry): void {
    this.#deadlines.forget(entry);
  }

  /** Nothing is called any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deadlines.advance(this.#nowMs());
      if (this.#deadlines.size > 0) this.#arm();
    }, DEADLINE_SLOT_MS);
    this.#timer.unref();
  }
}
