// How long the slots of a table live.
//
// Theory of operation: a slot expires when it has not been touched for a time. One that is pinned
// (its connection lives) or held (it is tracked) waits in a second queue instead: it neither expires
// nor is evicted, and that queue tells when it has to be touched again for other nodes.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import { Column } from "./column.ts";
import { DueColumns, DueQueue } from "./due-queue.ts";

/** A pinned slot is touched again when it has lost this part of its time: a third. */
const RETOUCH_DIVISOR = 3;

/** Expiry and use by slot. */
export class Lifetimes {
  /** How long an untouched slot lives; `undefined` for ever. */
  expireMs: Millis | undefined;
  readonly #pins = new Column(Uint32Array);
  readonly #holds = new Column(Uint32Array);
  readonly #due = new DueColumns();
  readonly #expiring = new DueQueue(this.#due);
  readonly #pinned = new DueQueue(this.#due);

  constructor(expireMs: Millis | undefined) {
    this.expireMs = expireMs;
  }

  /** Takes a slot in. */
  add(slot: number, dueMs: Millis): void {
    this.#due.dueMs.set(slot, dueMs);
    this.#expiring.insert(slot);
  }

  /** Takes a slot out, whose holds have ended. */
  remove(slot: number): void {
    this.#queueOf(slot).remove(slot);
    this.#pins.set(slot, 0);
  }

  /** When a slot is due. */
  dueMs(slot: number): Millis {
    return this.#due.dueMs.get(slot);
  }

  setDue(slot: number, dueMs: Millis): void {
    const queue = this.#queueOf(slot);
    queue.remove(slot);
    this.#due.dueMs.set(slot, dueMs);
    queue.insert(slot);
  }

  /** Whether a slot is pinned or held. */
  isInUse(slot: number): boolean {
    return this.#pins.get(slot) > 0 || this.#holds.get(slot) > 0;
  }

  isExpired(slot: number, nowMs: Millis): boolean {
    if (this.expireMs === undefined || this.isInUse(slot)) return false;
    return this.#due.dueMs.get(slot) <= nowMs;
  }

  pin(slot: number): void {
    this.#use(slot, this.#pins, 1);
  }

  unpin(slot: number): void {
    this.#use(slot, this.#pins, -1);
  }

  hold(slot: number): void {
    this.#use(slot, this.#holds, 1);
  }

  release(slot: number): void {
    this.#use(slot, this.#holds, -1);
  }

  holdCount(slot: number): number {
    return this.#holds.get(slot);
  }

  /** The slot not in use that expires first; `undefined` when there is none. */
  firstExpiring(): number | undefined {
    return this.#expiring.first();
  }

  /** The slot in use that is to be touched again first, if that is due. */
  firstToRetouch(nowMs: Millis): number | undefined {
    const slot = this.expireMs === undefined ? undefined : this.#pinned.first();
    return slot === undefined || this.#retouchAt(slot, this.expireMs!) > nowMs ? undefined : slot;
  }

  /** When the next slot expires or is to be touched again. */
  nextTimeout(): Millis | undefined {
    const { expireMs } = this;
    if (expireMs === undefined) return undefined;
    const expiring = this.#expiring.first();
    const pinned = this.#pinned.first();
    const expiryMs = expiring === undefined ? Infinity : this.#due.dueMs.get(expiring);
    const retouchMs = pinned === undefined ? Infinity : this.#retouchAt(pinned, expireMs);
    const nextMs = Math.min(expiryMs, retouchMs);
    return nextMs === Infinity ? undefined : nextMs;
  }

  /** Gives the memory back. Only when no slot is left. */
  clear(): void {
    this.#pins.clear();
    this.#holds.clear();
    this.#expiring.clear();
    this.#pinned.clear();
    this.#due.clear();
  }

  #retouchAt(slot: number, expireMs: Millis): Millis {
    return this.#due.dueMs.get(slot) - expireMs + expireMs / RETOUCH_DIVISOR;
  }

  #queueOf(slot: number): DueQueue {
    return this.isInUse(slot) ? this.#pinned : this.#expiring;
  }

  #use(slot: number, counts: Column<Uint32Array>, change: 1 | -1): void {
    assert(counts.get(slot) + change >= 0, "A slot is in use when released");
    const from = this.#queueOf(slot);
    counts.set(slot, counts.get(slot) + change);
    const to = this.#queueOf(slot);
    if (from === to) return;
    from.remove(slot);
    to.insert(slot);
  }
}
