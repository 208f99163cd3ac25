// Values by number, for what comes and goes all the time. A Map makes itself a new table every few dozen
// additions; an old one that has outlived two collections of young objects keeps all that it held, and
// the tables that followed it, until the next full collection. Here a place is emptied where it is.

/** Of a place that holds nothing. */
const NONE = -1;

/** Places at first; a power of two, as it always is. */
const PLACES_MIN = 16;

/** Values by whole numbers from 0 on. Numbers that follow each other are found at once. */
export class IdTable<Value> {
  #ids: number[] = [];
  #values: (Value | undefined)[] = [];
  #size = 0;

  constructor() {
    this.#allocate(PLACES_MIN);
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
    this.#allocate(PLACES_MIN);
  }

  /** The values of this moment, by ascending numbers. */
  values(): Value[] {
    const ids = this.#ids.filter((id) => id !== NONE).sort((one, other) => one - other);
    return ids.map((id) => this.#values[this.#placeOf(id)]!);
  }

  /** Where a number is, or would be. */
  #placeOf(id: number): number {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let place = id & mask;
    while (ids[place] !== id && ids[place] !== NONE) place = (place + 1) & mask;
    return place;
  }

  /** Frees a place, and moves those behind it up that it kept from theirs. */
  #empty(place: number): void {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let free = place;
    for (let next = (free + 1) & mask; ids[next] !== NONE; next = (next + 1) & mask) {
      const wanted = ids[next]! & mask;
      if (((next - wanted) & mask) < ((next - free) & mask)) continue;
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
    this.#allocate(2 * ids.length);
    ids.forEach((id, place) => {
      if (id === NONE) return;
      const to = this.#placeOf(id);
      this.#ids[to] = id;
      this.#values[to] = values[place];
    });
  }

  #allocate(count: number): void {
    this.#ids = Array.from({ length: count }, () => NONE);
    this.#values = Array.from({ length: count }, () => undefined);
  }
}
