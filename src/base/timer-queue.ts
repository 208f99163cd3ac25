// Timers of many machines, earliest first. Most timers never fire: they move on with each event,
// or their owner ends. So an owner is in the queue once, is moved in place, and leaves nothing
// behind when it goes.
import type { Millis } from "./units.ts";

/** Something with a timer. */
export interface TimerOwner {
  /** The instant at which it wants to be called; `undefined` while it has no timer. */
  nextTimeout(): Millis | undefined;
}

interface Entry<Owner> {
  readonly owner: Owner;
  atMs: Millis;
  /** Its place in the heap. */
  index: number;
}

/** A binary heap of owners by due time. */
export class TimerQueue<Owner extends TimerOwner> {
  readonly #heap: Entry<Owner>[] = [];
  readonly #entries = new Map<Owner, Entry<Owner>>();

  /** Owners that have a timer. */
  get size(): number {
    return this.#heap.length;
  }

  /** Notes that `owner.nextTimeout()` may have changed. */
  update(owner: Owner): void {
    const atMs = owner.nextTimeout();
    const entry = this.#entries.get(owner);
    if (atMs === undefined) {
      if (entry !== undefined) this.#remove(entry);
    } else if (entry === undefined) {
      const added = { owner, atMs, index: this.#heap.length };
      this.#entries.set(owner, added);
      this.#heap.push(added);
      this.#rise(added);
    } else if (atMs !== entry.atMs) {
      const isLater = atMs > entry.atMs;
      entry.atMs = atMs;
      if (isLater) this.#sink(entry);
      else this.#rise(entry);
    }
  }

  /** When the next owner is due; `undefined` when no timer is queued. */
  next(): Millis | undefined {
    return this.#heap[0]?.atMs;
  }

  /** Takes one owner whose time has come; `undefined` when none is due at `nowMs`. */
  takeDue(nowMs: Millis): Owner | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#remove(first);
    return first.owner;
  }

  #remove(entry: Entry<Owner>): void {
    this.#entries.delete(entry.owner);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#place(last, entry.index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry<Owner>): void {
    while (entry.index > 0) {
      const parentIndex = (entry.index - 1) >> 1;
      const parent = this.#heap[parentIndex]!;
      if (parent.atMs <= entry.atMs) return;
      this.#place(parent, entry.index);
      this.#place(entry, parentIndex);
    }
  }

  #sink(entry: Entry<Owner>): void {
    for (;;) {
      const child = this.#earlierChild(entry.index);
      if (child === undefined || child.atMs >= entry.atMs) return;
      const index = child.index;
      this.#place(child, entry.index);
      this.#place(entry, index);
    }
  }

  #earlierChild(index: number): Entry<Owner> | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    if (right === undefined || left === undefined) return left;
    return right.atMs < left.atMs ? right : left;
  }

  #place(entry: Entry<Owner>, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}
