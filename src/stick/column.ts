// A column of numbers, one for each slot of a table, in blocks: growth never copies more than one
// small block, and what is never written takes no memory.
import { COLUMN_BLOCK_SLOTS } from "../limits.ts";

type Numbers = Int32Array | Uint32Array | Float64Array;
type NumbersOf<T> = new (length: number) => T;

const FIRST_BLOCK_SLOTS_MIN = 16;
const BLOCK_SHIFT = Math.log2(COLUMN_BLOCK_SLOTS);
const BLOCK_MASK = COLUMN_BLOCK_SLOTS - 1;

/** Numbers by slot, 0 until written. */
export class Column<T extends Numbers> {
  readonly #make: NumbersOf<T>;
  readonly #blocks: (T | undefined)[] = [];

  constructor(make: NumbersOf<T>) {
    this.#make = make;
  }

  get(slot: number): number {
    return this.#blocks[slot >> BLOCK_SHIFT]?.[slot & BLOCK_MASK] ?? 0;
  }

  set(slot: number, value: number): void {
    const at = slot & BLOCK_MASK;
    const block = this.#blocks[slot >> BLOCK_SHIFT];
    if (block !== undefined && at < block.length) block[at] = value;
    else if (value !== 0) this.#grow(slot)[at] = value;
  }

  /** Forgets all values and gives the memory back. */
  clear(): void {
    this.#blocks.length = 0;
  }

  /** The first block doubles, so that a table of few entries stays small; the others come whole. */
  #grow(slot: number): T {
    const number = slot >> BLOCK_SHIFT;
    while (this.#blocks.length <= number) this.#blocks.push(undefined);
    let length = COLUMN_BLOCK_SLOTS;
    if (number === 0) {
      length = FIRST_BLOCK_SLOTS_MIN;
      while (length <= slot) length *= 2;
    }
    const block = new this.#make(length);
    const old = this.#blocks[number];
    if (old !== undefined) block.set(old);
    this.#blocks[number] = block;
    return block;
  }
}
