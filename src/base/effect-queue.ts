/** A machine's effects, oldest first: filled by events, drained by `poll`. */
export class EffectQueue<Effect> {
  #effects: Effect[] = [];
  #index = 0;

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  poll(): Effect | undefined {
    const effect = this.#effects[this.#index];
    if (effect !== undefined) {
      this.#index += 1;
      return effect;
    }
    if (this.#index > 0) {
      this.#effects = [];
      this.#index = 0;
    }
    return undefined;
  }
}
