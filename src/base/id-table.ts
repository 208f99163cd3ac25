// Values by number, for what comes and goes all the time. A Map makes itself a new table every few dozen
// additions; an old one that has outlived two collections of young objects keeps all that it held, and
// the tables that followed it, until the next full collection. Here a place is emptied where it is.

/** Of a place that holds nothing. */
const NONE = -1;

/** Places at first: 2 to the power of this. */
const BITS_MIN = 4;

/** 2^32 divided by the golden ratio: numbers that follow each other are strewn evenly (Knuth, volume 3, 6.4). */
const GOLDEN = 0x9e3779b1;

/** Values by whole numbers from 0 on. */
export class IdTable<Value> {
  #ids: number[] = [];
  #values: (Value | undefined)[] = [];
  #size = 0;
  /** There are 2 to the power of so many places. */
  #bits = BITS_MIN;

  constructor() {
    this.#allocate(BITS_MIN);
  }

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** Places for values, at least twice as many as there have been values at once. */
  get placeCount(): number {
    return this.#ids.length;
  }

  /** Whether this number has a value. */
  has(id: number): boolean {
    return this.#ids[this.#placeOf(id)] === id;
  }

  /** The value of a number; `undefined` when it has none. */
  get(id: number): Value | undefined {
    return this.#values[this.#placeOf(id)];
  }

  /** Gives a number its value, in place of the former one if any. */
  set(id: number, value: Value): void {
    let place = this.#placeOf(id);
    if (this.#ids[place] === NONE) {
      // Half of the places are free, so that the next free one is near.
      if (2 * (this.#size + 1) > this.#ids.length) {
        this.#grow();
        place = this.#placeOf(id);
      }
      this.#ids[place] = id;
      this.#size++;
    }
    this.#values[place] = value;
  }

  /** Takes a number's value away; whether there was one. */
  delete(id: number): boolean {
    const place = this.#placeOf(id);
    if (this.#ids[place] === NONE) return false;
    this.#size--;
    this.#empty(place);
    return true;
  }

  /** Takes all values away. */
  clear(): void {
    this.#size = 0;
    this.#allocate(BITS_MIN);
  }

  /**
   * The values by ascending numbers: those that are there when the walk begins, less those that are taken
   * away before it comes to them.
   */
  *values(): Generator<Value, void> {
    // Numbers of an array of doubles are sorted without a call for each two of them.
    const ids = new Float64Array(this.#size);
    let count = 0;
    for (const id of this.#ids) if (id !== NONE) ids[count++] = id;
    ids.sort();
    for (const id of ids) {
      const value = this.get(id);
      if (value !== undefined) yield value;
    }
  }

  /** Visits all values in no order; nothing may be set or taken away meanwhile. */
  forEach(visit: (value: Value) => void): void {
    for (const value of this.#values) if (value !== undefined) visit(value);
  }

  /** Where a number is put as long as the place is free. */
  #homeOf(id: number): number {
    return Math.imul(id, GOLDEN) >>> (32 - this.#bits);
  }

  /** Where a number is, or would be. */
  #placeOf(id: number): number {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let place = this.#homeOf(id);
    while (ids[place] !== id && ids[place] !== NONE) place = (place + 1) & mask;
    return place;
  }

  /** Frees a place, and moves those behind it up that it kept from theirs. */
  #empty(place: number): void {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let free = place;
    for (let next = (free + 1) & mask; ids[next] !== NONE; next = (next + 1) & mask) {
      const home = this.#homeOf(ids[next]!);
      if (((next - home) & mask) < ((next - free) & mask)) continue;
      ids[free] = ids[next]!;
      this.#values[free] = this.#values[next];
      free = next;
    }
    ids[free] = NONE;
    this.#values[free] = undefined;
  }

  #grow(): void {
    const ids = this.#ids;
    const values = this.#values;
    this.#allocate(this.#bits + 1);
    ids.forEach((id, place) => {
      if (id === NONE) return;
      const to = this.#placeOf(id);
      this.#ids[to] = id;
      this.#values[to] = values[place];
    });
  }

  #allocate(bits: number): void {
    const count = 2 ** bits;
    this.#bits = bits;
    this.#ids = Array.from({ length: count }, () => NONE);
    this.#values = Array.from({ length: count }, () => undefined);
  }
}
