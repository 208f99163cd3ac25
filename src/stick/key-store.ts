// The bytes of keys, outside of JavaScript's heap: a million strings there cost 48 bytes each beside
// their characters, and the garbage collector looks at all of them.
//
// Theory of operation: keys of about the same length share blocks of places of one size. A place is
// a number; a free one holds the number of the next free one in its first bytes.
import { KEY_BLOCK_BYTES } from "../limits.ts";

/** Sizes of places: every 8 bytes up to here, then four for each doubling. */
const FINE_BYTES_MAX = 128;
const FINE_STEP_BYTES = 8;
const FIRST_BLOCK_PLACES = 8;

/** Keys by length and place. */
export class KeyStore {
  readonly #shelves: (Shelf | undefined)[] = [];

  /** Keeps a key; its place among those of its length. */
  add(bytes: Uint8Array, start: number, end: number): number {
    return this.#shelfFor(end - start).add(bytes, start, end);
  }

  /** Gives the place of a key back. */
  remove(length: number, place: number): void {
    this.#shelfFor(length).remove(place);
  }

  /** Whether the key at a place is these bytes, which are of its length. */
  isEqual(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const shelf = this.#shelves[shelfNumber(end - start)]!;
    const block = shelf.blockOf(place);
    let at = shelf.offsetOf(place);
    for (let index = start; index < end; index += 1, at += 1) {
      if (block[at] !== bytes[index]) return false;
    }
    return true;
  }

  /** A key as text, one byte a character. */
  text(length: number, place: number): string {
    const shelf = this.#shelves[shelfNumber(length)]!;
    const at = shelf.offsetOf(place);
    return shelf.blockOf(place).toString("latin1", at, at + length);
  }

  /** The block that holds a key; `offsetOf` tells where. */
  blockOf(length: number, place: number): Buffer {
    return this.#shelves[shelfNumber(length)]!.blockOf(place);
  }

  /** Where in its block a key begins. */
  offsetOf(length: number, place: number): number {
    return this.#shelves[shelfNumber(length)]!.offsetOf(place);
  }

  /** Forgets all keys and gives the memory back. */
  clear(): void {
    this.#shelves.length = 0;
  }

  #shelfFor(length: number): Shelf {
    const number = shelfNumber(length);
    while (this.#shelves.length <= number) this.#shelves.push(undefined);
    return (this.#shelves[number] ??= new Shelf(placeBytes(number)));
  }
}

function shelfNumber(length: number): number {
  if (length <= FINE_BYTES_MAX) return Math.max(0, (length - 1) >> 3);
  const doubling = 31 - Math.clz32(length - 1);
  const quarter = ((length - 1) >> (doubling - 2)) & 3;
  return FINE_BYTES_MAX / FINE_STEP_BYTES + (doubling - 7) * 4 + quarter;
}

function placeBytes(number: number): number {
  const coarse = number - FINE_BYTES_MAX / FINE_STEP_BYTES;
  if (coarse < 0) return (number + 1) * FINE_STEP_BYTES;
  const doubling = 7 + (coarse >> 2);
  return 2 ** doubling + ((coarse & 3) + 1) * 2 ** (doubling - 2);
}

/** Places of one size. */
class Shelf {
  readonly #placeBytes: number;
  readonly #shift: number;
  readonly #mask: number;
  readonly #blocks: Buffer[] = [];
  #placeCount = 0;
  /** A free place, plus one; 0 when there is none. */
  #free = 0;

  constructor(bytesOfPlace: number) {
    this.#placeBytes = bytesOfPlace;
    this.#shift = Math.max(0, Math.floor(Math.log2(KEY_BLOCK_BYTES / bytesOfPlace)));
    this.#mask = 2 ** this.#shift - 1;
  }

  blockOf(place: number): Buffer {
    return this.#blocks[place >> this.#shift]!;
  }

  offsetOf(place: number): number {
    return (place & this.#mask) * this.#placeBytes;
  }

  add(bytes: Uint8Array, start: number, end: number): number {
    const place = this.#take();
    const block = this.blockOf(place);
    let at = this.offsetOf(place);
    for (let index = start; index < end; index += 1, at += 1) block[at] = bytes[index]!;
    return place;
  }

  remove(place: number): void {
    this.blockOf(place).writeUInt32LE(this.#free, this.offsetOf(place));
    this.#free = place + 1;
  }

  #take(): number {
    if (this.#free === 0) return this.#extend();
    const place = this.#free - 1;
    this.#free = this.blockOf(place).readUInt32LE(this.offsetOf(place));
    return place;
  }

  /** The first block doubles, so that a table of few entries stays small; the others come whole. */
  #extend(): number {
    const place = this.#placeCount;
    const number = place >> this.#shift;
    const old = this.#blocks[number];
    const end = this.offsetOf(place) + this.#placeBytes;
    if (old === undefined || end > old.length) {
      const wholeBytes = (this.#mask + 1) * this.#placeBytes;
      const firstBytes = Math.max(FIRST_BLOCK_PLACES * this.#placeBytes, 2 * (old?.length ?? 0));
      const byteCount = number === 0 ? Math.min(wholeBytes, firstBytes) : wholeBytes;
      const block = Buffer.allocUnsafeSlow(byteCount);
      if (old !== undefined) block.set(old);
      this.#blocks[number] = block;
    }
    this.#placeCount += 1;
    return place;
  }
}
