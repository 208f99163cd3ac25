// Which slots of a table are in use, by which keys, and the handles of their entries.
import type { StickEntry } from "./entry.ts";
import type { StickKey } from "./key.ts";
import { KeyIndex } from "./key-index.ts";
import { Column } from "./column.ts";

const SERIAL_MAX = 0x7fff_ffff;

/** Slots with their keys. A slot that has been given back is used again first. */
export class EntrySlots {
  readonly #index = new KeyIndex();
  /** Of a slot in use: tells it from its former uses. Of a free one: the negated next free one, plus two. */
  readonly #serials = new Column(Int32Array);
  #slotCount = 0;
  #lastSerial = 0;
  /** A free slot, plus one; 0 when there is none. */
  #free = 0;

  /** Slots in use. */
  get usedCount(): number {
    return this.#index.size;
  }

  /** Slots that have ever been in use since `clear`: all numbers are below. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** The slot of a key; -1 when there is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#index.find(bytes, start, end);
  }

  /** A slot for a key that has none. */
  create(bytes: Uint8Array, start: number, end: number): number {
    let slot = this.#free - 1;
    if (slot >= 0) this.#free = -this.#serials.get(slot) - 1;
    else {
      slot = this.#slotCount;
      this.#slotCount += 1;
    }
    this.#lastSerial = this.#lastSerial === SERIAL_MAX ? 1 : this.#lastSerial + 1;
    this.#serials.set(slot, this.#lastSerial);
    this.#index.add(slot, bytes, start, end);
    return slot;
  }

  /** Gives a slot in use back. */
  remove(slot: number): void {
    this.#index.remove(slot);
    this.#serials.set(slot, -this.#free - 1);
    this.#free = slot + 1;
  }

  /** Whether a slot is in use. */
  isUsed(slot: number): boolean {
    return this.#serials.get(slot) > 0;
  }

  /** Whether the handle's entry still exists. */
  isLive(entry: StickEntry): boolean {
    return this.#serials.get(entry.slot) === entry.serial;
  }

  /** The handle of a slot in use. */
  entryAt(slot: number): StickEntry {
    return new EntryHandle(this, slot, this.#serials.get(slot));
  }

  /** The key of a slot in use. */
  keyAt(slot: number): StickKey {
    return this.#index.keyText(slot);
  }

  /** The length in bytes of the key of a slot in use. */
  keyLength(slot: number): number {
    return this.#index.keyLength(slot);
  }

  /** Copies the key of a slot in use; there must be room. */
  copyKey(slot: number, target: Uint8Array, targetStart: number): void {
    this.#index.copyKey(slot, target, targetStart);
  }

  /** Gives the memory back. Only when no slot is in use; handles of former uses stay dead. */
  clear(): void {
    this.#index.clear();
    this.#serials.clear();
    this.#slotCount = 0;
    this.#free = 0;
  }
}

/** Makes its key's text when it is asked for, which most uses of an entry do not. */
class EntryHandle implements StickEntry {
  readonly #slots: EntrySlots;
  readonly slot: number;
  readonly serial: number;

  constructor(slots: EntrySlots, slot: number, serial: number) {
    this.#slots = slots;
    this.slot = slot;
    this.serial = serial;
  }

  get key(): StickKey {
    return this.#slots.isLive(this) ? this.#slots.keyAt(this.slot) : "";
  }
}
