// The monitor's effects, oldest first.
import type { HealthEffect } from "./events.ts";

/** A queue that is filled by events and drained by `poll`. */
export class EffectQueue {
  #effects: HealthEffect[] = [];
  #index = 0;

  push(effect: HealthEffect): void {
    this.#effects.push(effect);
  }

  poll(): HealthEffect | undefined {
    const effect = this.#effects[this.#index];
    if (effect !== undefined) {
      this.#index += 1;
      return effect;
    }
    this.#effects = [];
    this.#index = 0;
    return undefined;
  }
}
