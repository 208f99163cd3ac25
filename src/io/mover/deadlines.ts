// Idle timeouts of many connections for next to nothing. Activity only stores an instant in the
// connection; the wheel looks at each entry when its slot comes up, and puts it into a later slot
// if there has been activity since. With n entries and timeouts of t ms that is n/t looks a ms, and
// no work at all per chunk.
import { DEADLINE_SLOT_MS, DEADLINE_SLOTS } from "../../limits.ts";
import type { Millis } from "../../base/units.ts";

/** Something with a deadline that may move. */
export interface DeadlineEntry {
  /** Kept by the wheel; -1 while the entry is in none of its slots. */
  deadlineSlot: number;
  /** When it is due as things stand; `undefined` when it is not waiting for anything. */
  dueMs(): Millis | undefined;
  /** Called once it is due. */
  onDue(nowMs: Millis): void;
}

/** A ring of slots, each holding the entries to look at in its span of time. */
export class Deadlines {
  /** Each is made when it is first needed. */
  readonly #slots: (Set<DeadlineEntry> | undefined)[] = Array.from({ length: DEADLINE_SLOTS });
  /** The slot number, not taken modulo the ring, up to which everything has been looked at. */
  #doneSlot: number;
  #entryCount = 0;

  constructor(nowMs: Millis) {
    this.#doneSlot = Math.floor(nowMs / DEADLINE_SLOT_MS);
  }

  /** Entries that are waiting. */
  get size(): number {
    return this.#entryCount;
  }

  /** Begins to watch an entry, or takes notice that its deadline has come nearer. */
  watch(entry: DeadlineEntry): void {
    this.forget(entry);
    const dueMs = entry.dueMs();
    if (dueMs === undefined) return;
    // A slot is looked at when its span is over, so that nothing is due early.
    const slot = Math.max(Math.floor(dueMs / DEADLINE_SLOT_MS), this.#doneSlot + 1);
    // What is farther away than the ring is long is looked at once per round.
    const near = Math.min(slot, this.#doneSlot + DEADLINE_SLOTS - 1);
    entry.deadlineSlot = near % DEADLINE_SLOTS;
    (this.#slots[entry.deadlineSlot] ??= new Set()).add(entry);
    this.#entryCount++;
  }

  /** Stops watching an entry. */
  forget(entry: DeadlineEntry): void {
    if (entry.deadlineSlot < 0) return;
    if (this.#slots[entry.deadlineSlot]?.delete(entry) === true) this.#entryCount--;
    entry.deadlineSlot = -1;
  }

  /** Looks at every slot whose span is over, and calls the entries that are due. */
  advance(nowMs: Millis): void {
    const lastSlot = Math.floor(nowMs / DEADLINE_SLOT_MS) - 1;
    // After a long pause one round of the ring sees every entry.
    this.#doneSlot = Math.max(this.#doneSlot, lastSlot - DEADLINE_SLOTS);
    while (this.#doneSlot < lastSlot) {
      this.#doneSlot++;
      const slot = this.#slots[this.#doneSlot % DEADLINE_SLOTS];
      if (slot === undefined || slot.size === 0) continue;
      for (const entry of [...slot]) {
        // An entry called before may have ended this one.
        if (!slot.has(entry)) continue;
        this.forget(entry);
        const dueMs = entry.dueMs();
        if (dueMs === undefined) continue;
        if (dueMs <= nowMs) entry.onDue(nowMs);
        else this.watch(entry);
      }
    }
  }
}
