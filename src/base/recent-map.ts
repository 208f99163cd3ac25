// A map of bounded size that remembers what was used last. It has two halves: the newer one is filled, and
// once it is full the older one is forgotten whole, so that no step costs more with many entries. (To
// take the first key of one large Map whose first keys are deleted again and again is slow.)

/** Remembers the `sizeMax / 2` keys used last, and at most `sizeMax`. */
export class RecentMap<K, V> {
  readonly #halfSize: number;
  #newer = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(sizeMax: number) {
    this.#halfSize = Math.max(1, Math.floor(sizeMax / 2));
  }

  /** What is remembered for a key, else what `make` gives; it counts as used. */
  getOrMake(key: K, make: () => V): V {
    const recent = this.#newer.get(key);
    if (recent !== undefined) return recent;
    const value = this.#older.get(key) ?? make();
    if (this.#newer.size >= this.#halfSize) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
    return value;
  }
}
