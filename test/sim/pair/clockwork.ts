// The simulated time: what is to happen when. The same order of calls gives the same order of events.

/** Something that happens at an instant. */
interface Happening {
  readonly atMs: number;
  /** Order of those at the same instant. */
  readonly order: number;
  readonly run: () => void;
}

/** A binary heap of happenings, and the present. */
export class Clockwork {
  readonly #heap: Happening[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plans something; what lies in the past happens next. */
  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const added = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, run };
    this.#order += 1;
    let index = heap.length;
    heap.push(added);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (!isBefore(added, parent)) break;
      heap[index] = parent;
      heap[parentIndex] = added;
      index = parentIndex;
    }
  }

  /** Plans something `delayMs` from now. */
  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** Lets everything happen that is planned up to `untilMs`, or until `isOver`. */
  run(untilMs: number, isOver: () => boolean): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs || isOver()) break;
      this.#removeFirst();
      this.#nowMs = first.atMs;
      first.run();
    }
    if (!isOver()) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
