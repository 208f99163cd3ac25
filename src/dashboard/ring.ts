// The last values of a series in a fixed number of steps of time. Of the values within one step the
// highest stays: a peak of a second is still seen when the steps are longer.

/** See the head of this file. */
export class Ring {
  readonly #values: Float64Array;
  readonly #stepSeconds: number;
  /** The step that was written last; -1 before the first. */
  #lastStep = -1;

  /** `count` steps of `stepSeconds` each. */
  constructor(count: number, stepSeconds: number) {
    this.#values = new Float64Array(count);
    this.#stepSeconds = stepSeconds;
  }

  /** Notes a value at a second that is not before the last one; skipped steps repeat the value. */
  note(second: number, value: number): void {
    const step = Math.floor(second / this.#stepSeconds);
    const count = this.#values.length;
    if (step === this.#lastStep) {
      const at = step % count;
      if (value > this.#values[at]!) this.#values[at] = value;
      return;
    }
    const from = this.#lastStep < 0 ? step : Math.max(this.#lastStep + 1, step - count + 1);
    for (let missing = from; missing <= step; missing++) this.#values[missing % count] = value;
    this.#lastStep = Math.max(step, this.#lastStep);
  }

  /** Takes a past as `toArray` gives it, which ends at a second. */
  fill(values: readonly number[], second: number): void {
    const first = Math.floor(second / this.#stepSeconds) - values.length + 1;
    values.forEach((value, index) => this.note((first + index) * this.#stepSeconds, value));
  }

  /** The values in their order, the latest last; zeros stand for the time before the first. */
  toArray(): number[] {
    const count = this.#values.length;
    const next = this.#lastStep + 1;
    return Array.from({ length: count }, (_, index) => this.#values[(next + index) % count]!);
  }
}
