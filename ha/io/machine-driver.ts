// Drives one machine: events in, effects out, and one timer for its next timeout.
import type { Machine } from "../../src/base/machine.ts";
import { monotonicMs } from "./clock.ts";

/** See the head of this file. */
export class MachineDriver<Event extends { readonly kind: string }, Effect> {
  readonly #machine: Machine<Event | { readonly kind: "timeout" }, Effect>;
  readonly #carryOut: (effect: Effect) => void;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;
  #isDraining = false;
  #isClosed = false;

  constructor(
    machine: Machine<Event | { readonly kind: "timeout" }, Effect>,
    carryOut: (effect: Effect) => void,
  ) {
    this.#machine = machine;
    this.#carryOut = carryOut;
  }

  /** Feeds an event and carries out what it leads to. Events that this causes come after it. */
  feed(event: Event | { readonly kind: "timeout" }): void {
    if (this.#isClosed) return;
    this.#machine.handle(event, monotonicMs());
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (let effect = this.#machine.poll(); effect !== undefined; effect = this.#machine.poll()) {
        this.#carryOut(effect);
      }
    } finally {
      this.#isDraining = false;
    }
    this.#arm();
  }

  /** No more timeouts; events are ignored. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const atMs = this.#machine.nextTimeout() ?? Infinity;
    if (atMs === this.#armedForMs || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#armedForMs = atMs;
    if (atMs === Infinity) return;
    // A timer that fires a fraction of a millisecond early would only be armed again.
    const delayMs = Math.max(0, Math.ceil(atMs - monotonicMs()));
    this.#timer = setTimeout(() => this.#fire(), Math.min(delayMs, 2 ** 31 - 1));
  }

  #fire(): void {
    this.#armedForMs = Infinity;
    if ((this.#machine.nextTimeout() ?? Infinity) <= monotonicMs()) this.feed({ kind: "timeout" });
    else this.#arm();
  }
}
