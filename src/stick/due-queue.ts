// Slots in the order in which they are due.
//
// Theory of operation: nearly all instants are "now plus the table's expire", which never go back,
// so they are appended to a linked list at a constant cost. The few others (what a peer or a file
// says has less time left, or a shortened expire) go to a binary heap beside it. The earliest slot
// is the earlier of both heads; a slot is in exactly one of them.
import type { Millis } from "../base/units.ts";
import { Column } from "./column.ts";

/** The columns that the queues of one table share; a slot may be in one queue at a time. */
export class DueColumns {
  /** When each slot is due. Changed only while the slot is in no queue. */
  readonly dueMs = new Column(Float64Array);
  /** In the list: the slot before, plus one. In the heap: the position there. */
  readonly before = new Column(Int32Array);
  /** In the list: the slot after, plus one; 0 at the end. `IN_HEAP` in the heap. */
  readonly after = new Column(Int32Array);

  /** Gives the memory back. Only when no slot is in a queue. */
  clear(): void {
    this.dueMs.clear();
    this.before.clear();
    this.after.clear();
  }
}

const IN_HEAP = -1;
const NONE = -1;

/** Slots by due instant, equal ones in the order of their insertion as far as the list goes. */
export class DueQueue {
  readonly #columns: DueColumns;
  #head = NONE;
  #tail = NONE;
  /** Slots by position; a plain array copies itself when it grows. */
  readonly #heap = new Column(Int32Array);
  #heapSize = 0;

  constructor(columns: DueColumns) {
    this.#columns = columns;
  }

  /** The slot due first; `undefined` when there is none. */
  first(): number | undefined {
    const top = this.#heapSize === 0 ? undefined : this.#heap.get(0);
    if (this.#head === NONE) return top;
    if (top === undefined) return this.#head;
    return this.#due(top) < this.#due(this.#head) ? top : this.#head;
  }

  /** Gives the memory back. Only when no slot is in the queue. */
  clear(): void {
    this.#heap.clear();
  }

  /** Adds a slot whose due instant has been set. */
  insert(slot: number): void {
    if (this.#tail !== NONE && this.#due(slot) < this.#due(this.#tail)) {
      this.#columns.after.set(slot, IN_HEAP);
      this.#heapSize += 1;
      this.#siftUp(this.#heapSize - 1, slot);
      return;
    }
    this.#columns.before.set(slot, this.#tail + 1);
    this.#columns.after.set(slot, 0);
    if (this.#tail === NONE) this.#head = slot;
    else this.#columns.after.set(this.#tail, slot + 1);
    this.#tail = slot;
  }

  /** Takes out a slot that is in this queue. */
  remove(slot: number): void {
    const { before, after } = this.#columns;
    const next = after.get(slot) - 1;
    if (after.get(slot) === IN_HEAP) {
      this.#removeFromHeap(before.get(slot));
      return;
    }
    const previous = before.get(slot) - 1;
    if (previous === NONE) this.#head = next;
    else after.set(previous, next + 1);
    if (next === NONE) this.#tail = previous;
    else before.set(next, previous + 1);
  }

  #due(slot: number): Millis {
    return this.#columns.dueMs.get(slot);
  }

  #place(position: number, slot: number): void {
    this.#heap.set(position, slot);
    this.#columns.before.set(slot, position);
  }

  #removeFromHeap(position: number): void {
    this.#heapSize -= 1;
    const last = this.#heap.get(this.#heapSize);
    if (position === this.#heapSize) return;
    this.#siftUp(position, last);
    this.#siftDown(this.#columns.before.get(last), last);
  }

  #siftUp(start: number, slot: number): void {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#heap.get(parent);
      if (this.#due(above) <= this.#due(slot)) break;
      this.#place(position, above);
      position = parent;
    }
    this.#place(position, slot);
  }

  #siftDown(start: number, slot: number): void {
    let position = start;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.#heapSize) break;
      let below = this.#heap.get(child);
      const right = child + 1;
      if (right < this.#heapSize && this.#due(this.#heap.get(right)) < this.#due(below)) {
        child = right;
        below = this.#heap.get(child);
      }
      if (this.#due(below) >= this.#due(slot)) break;
      this.#place(position, below);
      position = child;
    }
    this.#place(position, slot);
  }
}
