// Slots by key.
//
// Theory of operation: linear hashing (Litwin, 1980). Every insertion that makes more keys than
// chains splits one chain in two, so that growth costs the same small amount each time: a hash table
// that doubles as a whole stands still for a large fraction of a second at a million keys. Chains,
// hashes and keys stand in numbers outside of JavaScript's heap.
import { Column } from "./column.ts";
import { hashKey } from "./key-hash.ts";
import { KeyStore } from "./key-store.ts";

const CHAINS_MIN = 16;

/** What is known of a slot's key: four numbers next to each other, which are needed together. */
const NODE_SHIFT = 2;
const HASH = 0;
/** The slot after in the chain, plus one; 0 at the end. */
const NEXT = 1;
/** The key's length in bytes, plus one; 0 for a slot without a key. */
const LENGTH = 2;
const PLACE = 3;

/** Text keys up to this length are turned into bytes without an allocation. */
const SCRATCH_BYTES = 1_024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** A text's bytes, one a character; valid until the next call. */
export function keyBytes(key: string): Buffer {
  if (key.length > SCRATCH_BYTES) return Buffer.from(key, "latin1");
  scratch.write(key, "latin1");
  return scratch;
}

/** A hash index that also keeps the keys. Slots are given by its user; each has one key at most. */
export class KeyIndex {
  readonly #keys = new KeyStore();
  readonly #nodes = new Column(Int32Array);
  /** By chain: its first slot, plus one; 0 for an empty one. */
  readonly #heads = new Column(Int32Array);
  #chainCount = CHAINS_MIN;
  /** Mask of the chains that existed when the last round of splits began. */
  #mask = CHAINS_MIN - 1;
  #size = 0;

  /** Keys held. */
  get size(): number {
    return this.#size;
  }

  /** The slot of the key in `bytes` from `start` to `end`; -1 when there is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashKey(bytes, start, end);
    const length = end - start + 1;
    const nodes = this.#nodes;
    let slot = this.#heads.get(this.#chainOf(hash)) - 1;
    while (slot >= 0) {
      const node = slot << NODE_SHIFT;
      if (
        nodes.get(node + HASH) === hash &&
        nodes.get(node + LENGTH) === length &&
        this.#keys.isEqual(nodes.get(node + PLACE), bytes, start, end)
      ) {
        return slot;
      }
      slot = nodes.get(node + NEXT) - 1;
    }
    return -1;
  }

  /** Gives a slot without a key one that no slot has. */
  add(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const hash = hashKey(bytes, start, end);
    const node = slot << NODE_SHIFT;
    this.#nodes.set(node + HASH, hash);
    this.#nodes.set(node + LENGTH, end - start + 1);
    this.#nodes.set(node + PLACE, this.#keys.add(bytes, start, end));
    this.#link(slot, this.#chainOf(hash));
    this.#size += 1;
    if (this.#size > this.#chainCount) this.#split();
  }

  /** Takes a slot's key away. */
  remove(slot: number): void {
    const nodes = this.#nodes;
    const node = slot << NODE_SHIFT;
    const chain = this.#chainOf(nodes.get(node + HASH));
    const after = nodes.get(node + NEXT);
    let at = this.#heads.get(chain) - 1;
    if (at === slot) this.#heads.set(chain, after);
    else {
      while (nodes.get((at << NODE_SHIFT) + NEXT) - 1 !== slot) {
        at = nodes.get((at << NODE_SHIFT) + NEXT) - 1;
      }
      nodes.set((at << NODE_SHIFT) + NEXT, after);
    }
    this.#keys.remove(nodes.get(node + LENGTH) - 1, nodes.get(node + PLACE));
    nodes.set(node + LENGTH, 0);
    this.#size -= 1;
  }

  /** Whether a slot has a key. */
  has(slot: number): boolean {
    return this.#nodes.get((slot << NODE_SHIFT) + LENGTH) !== 0;
  }

  /** The length of a slot's key in bytes. */
  keyLength(slot: number): number {
    return this.#nodes.get((slot << NODE_SHIFT) + LENGTH) - 1;
  }

  /** A slot's key as text, one byte a character. */
  keyText(slot: number): string {
    const node = slot << NODE_SHIFT;
    return this.#keys.text(this.#nodes.get(node + LENGTH) - 1, this.#nodes.get(node + PLACE));
  }

  /** Copies a slot's key; there must be room. */
  copyKey(slot: number, target: Uint8Array, targetStart: number): void {
    const node = slot << NODE_SHIFT;
    const length = this.#nodes.get(node + LENGTH) - 1;
    const place = this.#nodes.get(node + PLACE);
    const block = this.#keys.blockOf(length, place);
    const start = this.#keys.offsetOf(length, place);
    for (let index = 0; index < length; index += 1) {
      target[targetStart + index] = block[start + index]!;
    }
  }

  /** Forgets all keys and gives the memory back. */
  clear(): void {
    this.#keys.clear();
    this.#nodes.clear();
    this.#heads.clear();
    this.#chainCount = CHAINS_MIN;
    this.#mask = CHAINS_MIN - 1;
    this.#size = 0;
  }

  #chainOf(hash: number): number {
    const chain = hash & ((this.#mask << 1) | 1);
    return chain < this.#chainCount ? chain : hash & this.#mask;
  }

  #link(slot: number, chain: number): void {
    this.#nodes.set((slot << NODE_SHIFT) + NEXT, this.#heads.get(chain));
    this.#heads.set(chain, slot + 1);
  }

  /** Makes one chain more, of those keys of another chain that the next bit of the hash tells apart. */
  #split(): void {
    const from = this.#chainCount - this.#mask - 1;
    let slot = this.#heads.get(from) - 1;
    this.#chainCount += 1;
    this.#heads.set(from, 0);
    while (slot >= 0) {
      const node = slot << NODE_SHIFT;
      const next = this.#nodes.get(node + NEXT) - 1;
      this.#link(slot, this.#chainOf(this.#nodes.get(node + HASH)));
      slot = next;
    }
    if (this.#chainCount === 2 * (this.#mask + 1)) this.#mask = (this.#mask << 1) | 1;
  }
}
