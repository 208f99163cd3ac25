// Local changes in the order of their update ids, the latest of each slot only.
//
// Theory of operation: ids are u32 and wrap (haproxy peers-v2.0.txt), the list's order does not.
// A reader names the last id that it has seen. Where a reader stopped is remembered as a mark, so that
// one that reads a long list piece by piece goes on at once; another position is searched from the
// nearest mark or end, so that one that goes back to what has been acknowledged does not search a
// million slots. Marks step back when their slot leaves.
import { UPDATE_MARKS_MAX } from "../limits.ts";
import { Column } from "./column.ts";

const NONE = -1;

interface Mark {
  id: number;
  /** The last slot whose id is not after `id`; `NONE` before the first. */
  slot: number;
}

/** Slots by update id. */
export class UpdateList {
  readonly #ids = new Column(Uint32Array);
  /** The slot before, plus two; 1 at the beginning, 0 for a slot that is not in the list. */
  readonly #before = new Column(Int32Array);
  /** The slot after, plus one; 0 at the end. */
  readonly #after = new Column(Int32Array);
  #head = NONE;
  #tail = NONE;
  #lastId: number;
  readonly #marks: Mark[] = [];

  /** `lastId`: as if that many changes had been before. */
  constructor(lastId: number) {
    this.#lastId = lastId >>> 0;
  }

  /** The id of the last change of all. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The id of the last change of a slot; `undefined` when it has none. */
  idOf(slot: number): number | undefined {
    return this.#before.get(slot) === 0 ? undefined : this.#ids.get(slot);
  }

  /** Gives a slot the next id and moves it to the end. */
  renew(slot: number): void {
    this.remove(slot);
    this.#lastId = (this.#lastId + 1) >>> 0;
    this.#ids.set(slot, this.#lastId);
    this.#before.set(slot, this.#tail + 2);
    this.#after.set(slot, 0);
    if (this.#tail === NONE) this.#head = slot;
    else this.#after.set(this.#tail, slot + 1);
    this.#tail = slot;
  }

  /** Forgets a slot's changes. */
  remove(slot: number): void {
    const link = this.#before.get(slot);
    if (link === 0) return;
    const previous = link - 2;
    const next = this.#after.get(slot) - 1;
    if (previous === NONE) this.#head = next;
    else this.#after.set(previous, next + 1);
    if (next === NONE) this.#tail = previous;
    else this.#before.set(next, previous + 2);
    this.#before.set(slot, 0);
    for (const mark of this.#marks) if (mark.slot === slot) mark.slot = previous;
  }

  /** Gives the memory back; ids go on. Only when no slot is listed. */
  reset(): void {
    this.#ids.clear();
    this.#before.clear();
    this.#after.clear();
  }

  /**
   * The first slot whose id is after `id`, in serial arithmetic; `undefined` when there is none.
   * An id that has not been given yet is taken for one of an earlier life: everything is after it.
   */
  firstAfter(id: number): number | undefined {
    const isUnknown = isAfter(id, this.#lastId);
    if (isUnknown && this.#head === NONE) return undefined;
    const mark = isUnknown ? this.#remember(id, NONE) : this.#markFor(id);
    const next = this.#next(mark.slot);
    if (next === NONE) return undefined;
    mark.id = this.#ids.get(next);
    mark.slot = next;
    return next;
  }

  #next(slot: number): number {
    return slot === NONE ? this.#head : this.#after.get(slot) - 1;
  }

  #markFor(id: number): Mark {
    const known = this.#marks.find((mark) => mark.id === id);
    if (known !== undefined) return known;
    let { slot } = this.#nearest(id);
    while (slot !== NONE && isAfter(this.#ids.get(slot), id)) slot = this.#before.get(slot) - 2;
    for (;;) {
      const next = this.#next(slot);
      if (next === NONE || isAfter(this.#ids.get(next), id)) break;
      slot = next;
    }
    return this.#remember(id, slot);
  }

  /** The mark or the end of the list whose id is closest. */
  #nearest(id: number): Readonly<Mark> {
    let nearest: Readonly<Mark> = { id: this.#lastId, slot: this.#tail };
    const headId = this.#head === NONE ? this.#lastId : this.#ids.get(this.#head);
    for (const mark of [{ id: headId, slot: this.#head }, ...this.#marks]) {
      if (distance(mark.id, id) < distance(nearest.id, id)) nearest = mark;
    }
    return nearest;
  }

  #remember(id: number, slot: number): Mark {
    if (this.#marks.length === UPDATE_MARKS_MAX) this.#marks.shift();
    const mark = { id, slot };
    this.#marks.push(mark);
    return mark;
  }
}

function isAfter(id: number, other: number): boolean {
  return ((id - other) | 0) > 0;
}

function distance(id: number, other: number): number {
  return Math.abs((id - other) | 0);
}
