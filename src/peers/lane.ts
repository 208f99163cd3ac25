// One table on its way to one peer, in one session.
//
// Theory of operation: live changes go out in the order of their ids, from where the peer has
// acknowledged them. A lesson (the peer has asked for everything) is a walk over all entries beside
// them; live changes go on meanwhile. As the walk covers what has been before it, the live position
// jumps to the present at its start; until the peer confirms the lesson, acknowledgements are put
// aside, since a lesson that breaks off leaves gaps before them. Every update has an id that stands
// for "all live changes up to here".
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { StickEntry } from "../stick/entry.ts";
import { definitionOf, encodeDefinition, type WireDefinition } from "./definition.ts";
import type { SharedTable, TablePosition } from "./peer-memory.ts";
import { isAfter } from "./serial.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Sends one entry's update under an id. */
export type SendUpdate = (lane: Lane, entry: StickEntry, updateId: number) => void;

/** Whether there is room for another update. */
export type HasRoom = () => boolean;

/** A table's outgoing half. */
export class Lane {
  readonly shared: SharedTable;
  readonly definition: WireDefinition;
  readonly definitionBody: WireWriter;
  readonly #position: TablePosition;
  #pushedId: number | undefined;
  /** The id of the last update sent, while the peer has not acknowledged it. */
  #outstandingId: number | undefined;
  #walk: Iterator<StickEntry> | undefined;
  #lesson: { readonly startId: number; ackedId: number | undefined } | undefined;
  /** A change on its way: how long it takes is the peer's lag. */
  #sample: { readonly id: number; readonly sinceMs: Millis } | undefined;

  constructor(shared: SharedTable, tableId: number, position: TablePosition) {
    const { table, name } = shared;
    this.shared = shared;
    this.definition = definitionOf(table.spec, table.types, name, tableId);
    this.definitionBody = encodeDefinition(this.definition);
    this.#position = position;
    this.#pushedId = position.ackedId;
  }

  /** The last live change sent; `undefined`: none of all. */
  get pushedId(): number | undefined {
    return this.#pushedId;
  }

  get ackedId(): number | undefined {
    return this.#position.ackedId;
  }

  /** Since when a change is to be sent or acknowledged; `undefined` when the peer has everything. */
  get behindSinceMs(): Millis | undefined {
    return this.#sample?.sinceMs;
  }

  /** Whether there are changes that have not been sent. */
  get hasChanges(): boolean {
    return this.#pushedId !== this.shared.table.lastUpdateId;
  }

  get isWalking(): boolean {
    return this.#walk !== undefined;
  }

  /** Whether an entry's last local change is not known to have arrived. */
  isUnacked(entry: StickEntry): boolean {
    const id = this.shared.table.updateId(entry);
    if (id === undefined) return false;
    const { ackedId } = this.#position;
    return ackedId === undefined || isAfter(id, ackedId);
  }

  /** Sends live changes; how many entries were looked at. */
  push(countMax: number, hasRoom: HasRoom, send: SendUpdate, nowMs: Millis): number {
    const { table } = this.shared;
    if (!this.hasChanges) return 0;
    this.#sample ??= { id: table.lastUpdateId, sinceMs: nowMs };
    if (countMax === 0 || !hasRoom()) return 0;
    // An id that has not been given yet stands before everything.
    const fromId = this.#pushedId ?? (table.lastUpdateId + 1) >>> 0;
    let count = 0;
    for (const entry of table.updatesSince(fromId)) {
      const id = table.updateId(entry);
      assert(id !== undefined, "A listed change has an update id");
      this.#pushedId = id;
      send(this, entry, id);
      count += 1;
      if (count === countMax || !hasRoom()) return count;
    }
    this.#pushedId = table.lastUpdateId;
    this.#settle();
    return count;
  }

  /** Begins a lesson, also when one is under way. */
  startWalk(): void {
    const { table } = this.shared;
    this.#pushedId = table.lastUpdateId;
    this.#walk = table.entries();
    this.#lesson = { startId: this.#pushedId, ackedId: undefined };
  }

  /** Sends entries of the lesson; how many were looked at. */
  walk(countMax: number, hasRoom: HasRoom, send: SendUpdate): number {
    let count = 0;
    while (this.#walk !== undefined && count < countMax && hasRoom()) {
      const next = this.#walk.next();
      if (next.done === true) this.#walk = undefined;
      else {
        send(this, next.value, this.#pushedId ?? 0);
        count += 1;
      }
    }
    return count;
  }

  /** Notes what has been sent. */
  onSent(updateId: number): void {
    this.#outstandingId = updateId;
  }

  /** The peer has confirmed the lesson. */
  confirm(): void {
    if (this.#lesson === undefined || this.#walk !== undefined) return;
    const { startId, ackedId } = this.#lesson;
    this.#lesson = undefined;
    this.#moveTo(startId);
    // Not every program acknowledges what belongs to a lesson.
    if (this.#outstandingId === startId) this.#outstandingId = undefined;
    if (ackedId !== undefined) this.acknowledge(ackedId);
    if (!this.hasChanges) this.#settle();
  }

  /** Takes an acknowledgement; one that cannot be is ignored, since some programs garble them. */
  acknowledge(id: number): void {
    if (this.#pushedId === undefined || isAfter(id, this.#pushedId)) return;
    if (this.#lesson !== undefined) {
      this.#lesson.ackedId = id;
      return;
    }
    const { ackedId } = this.#position;
    if (ackedId !== undefined && !isAfter(id, ackedId) && id !== this.#outstandingId) return;
    const hasAll = id === this.#outstandingId;
    if (hasAll) this.#outstandingId = undefined;
    this.#moveTo(hasAll ? this.#pushedId : id);
  }

  /** Everything has been sent: without anything outstanding the peer has it. */
  #settle(): void {
    if (this.#outstandingId !== undefined || this.#lesson !== undefined) return;
    this.#moveTo(this.#pushedId);
  }

  #moveTo(ackedId: number | undefined): void {
    this.#position.ackedId = ackedId;
    if (ackedId === undefined || this.#sample === undefined) return;
    if (!isAfter(this.#sample.id, ackedId)) this.#sample = undefined;
  }
}
