// Timers of many machines, earliest first. A machine's timer mostly moves later or is cancelled
// before it fires, so neither touches the heap: an entry that comes up early is put back at the
// time that its owner then names.
import type { Millis } from "./units.ts";

/** Something with a timer. */
export interface TimerOwner {
  /** The instant at which it wants to be called; `undefined` while it has no timer. */
  nextTimeout(): Millis | undefined;
}

interface Entry<Owner> {
  readonly owner: Owner;
  readonly atMs: Millis;
}

/** A binary heap of owners by due time. */
export class TimerQueue<Owner extends TimerOwner> {
  readonly #heap: Entry<Owner>[] = [];
  /** The earliest heap entry of each owner that has one. */
  readonly #queuedAt = new Map<Owner, Millis>();

  /** Notes that `owner.nextTimeout()` may have changed; cheap when it moved later. */
  update(owner: Owner): void {
    const atMs = owner.nextTimeout();
    if (atMs === undefined) return;
    const queuedAt = this.#queuedAt.get(owner);
    if (queuedAt !== undefined && queuedAt <= atMs) return;
    this.#queuedAt.set(owner, atMs);
    this.#push({ owner, atMs });
  }

  /** When the next owner may be due; `undefined` when no timer is queued. */
  next(): Millis | undefined {
    return this.#heap[0]?.atMs;
  }

  /** Takes one owner whose time has come; `undefined` when none is due at `nowMs`. */
  takeDue(nowMs: Millis): Owner | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > nowMs) return undefined;
      this.#pop();
      if (this.#queuedAt.get(first.owner) !== first.atMs) continue;
      this.#queuedAt.delete(first.owner);
      const wanted = first.owner.nextTimeout();
      if (wanted === undefined) continue;
      if (wanted <= nowMs) return first.owner;
      this.update(first.owner);
    }
  }

  #push(entry: Entry<Owner>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.atMs <= entry.atMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child++;
      if (heap[child]!.atMs >= last.atMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
