// A column of numbers, one or a few for each slot of a table, in blocks: growth never copies more
// than one small block, and what is never written takes no memory.
import { COLUMN_BLOCK_NUMBERS } from "../limits.ts";

type Numbers = Int32Array | Uint32Array | Float64Array;
type NumbersOf<T> = new (length: number) => T;

const FIRST_BLOCK_NUMBERS_MIN = 16;
const BLOCK_SHIFT = Math.log2(COLUMN_BLOCK_NUMBERS);
const BLOCK_MASK = COLUMN_BLOCK_NUMBERS - 1;

/** Numbers by position, 0 until written. */
export class Column<T extends Numbers> {
  readonly #make: NumbersOf<T>;
  readonly #blocks: (T | undefined)[] = [];

  constructor(make: NumbersOf<T>) {
    this.#make = make;
  }

  get(position: number): number {
    return this.#blocks[position >> BLOCK_SHIFT]?.[position & BLOCK_MASK] ?? 0;
  }

  set(position: number, value: number): void {
    const at = position & BLOCK_MASK;
    const block = this.#blocks[position >> BLOCK_SHIFT];
    if (block !== undefined && at < block.length) block[at] = value;
    else if (value !== 0) this.#grow(position)[at] = value;
  }

  /** Forgets all values and gives the memory back. */
  clear(): void {
    this.#blocks.length = 0;
  }

  /** The first block doubles, so that a table of few entries stays small; the others come whole. */
  #grow(position: number): T {
    const number = position >> BLOCK_SHIFT;
    while (this.#blocks.length <= number) this.#blocks.push(undefined);
    let length = COLUMN_BLOCK_NUMBERS;
    if (number === 0) {
      length = FIRST_BLOCK_NUMBERS_MIN;
      while (length <= position) length *= 2;
    }
    const block = new this.#make(length);
    const old = this.#blocks[number];
    if (old !== undefined) block.set(old);
    this.#blocks[number] = block;
    return block;
  }
}
