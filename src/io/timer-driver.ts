// Drives many machines with one timer of the event loop.
import type { Millis } from "../base/units.ts";
import { type TimerOwner, TimerQueue } from "../base/timer-queue.ts";
import { monotonicMs } from "./clock.ts";

/** Owners called in one turn before sockets get their chance. */
const TURN_OWNERS_MAX = 1_000;

/** Calls `onDue` for each owner whose time has come. */
export class TimerDriver<Owner extends TimerOwner> {
  readonly #queue = new TimerQueue<Owner>();
  readonly #onDue: (owner: Owner, nowMs: Millis) => void;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;

  constructor(onDue: (owner: Owner, nowMs: Millis) => void) {
    this.#onDue = onDue;
  }

  /** Notes that the owner's timer may have changed. */
  update(owner: Owner): void {
    this.#queue.update(owner);
    this.#arm();
  }

  /** Stops for good. */
  close(): void {
    clearTimeout(this.#timer);
    this.#armedForMs = -Infinity;
  }

  #arm(): void {
    const atMs = this.#queue.next();
    if (atMs === undefined || atMs >= this.#armedForMs) return;
    this.#armedForMs = atMs;
    clearTimeout(this.#timer);
    // A timer that fires a fraction of a millisecond early would only be armed again.
    const delayMs = Math.max(0, Math.ceil(atMs - monotonicMs()));
    this.#timer = setTimeout(() => this.#fire(), Math.min(delayMs, 2 ** 31 - 1));
  }

  #fire(): void {
    const nowMs = monotonicMs();
    this.#armedForMs = Infinity;
    for (let count = 0; count < TURN_OWNERS_MAX; count++) {
      const owner = this.#queue.takeDue(nowMs);
      if (owner === undefined) break;
      this.#onDue(owner, nowMs);
    }
    this.#arm();
  }
}
