// A stick table (haproxy configuration §4.2 `stick-table`).
//
// Theory of operation: an entry is a slot number; everything known of it stands in columns at that
// slot, outside of JavaScript's heap. Three structures order the slots: an index by key, queues by
// the instant of expiry, and a list by update id for replication.
import { assert } from "../base/assert.ts";
import type { RateState } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { StickTableSpec } from "../config/model/stick.ts";
import { STICK_ENTRIES_MAX } from "../limits.ts";
import type { DeleteOutcome, StickEntry, TouchOrigin } from "./entry.ts";
import { EntrySlots } from "./entry-slots.ts";
import type { StickKey } from "./key.ts";
import { keyBytes } from "./key-index.ts";
import { Lifetimes } from "./lifetimes.ts";
import { TableData, type StoredType } from "./table-data.ts";
import { UpdateList } from "./update-list.ts";

/** A table that empties keeps the memory of so many slots. */
const SMALL_SLOTS = 1_024;

/** Entries that one creation may evict, so that a table whose size was lowered shrinks little by little. */
const EVICTIONS_PER_CREATION_MAX = 2;

/** Whether a table can take another definition and keep its entries. */
export function isCompatible(a: StickTableSpec, b: StickTableSpec): boolean {
  return a.keyType === b.keyType && a.keyLengthMax === b.keyLengthMax;
}

/** Entries by key, with expiry, eviction, data and an order of changes. */
export class StickTable {
  #spec: StickTableSpec;
  readonly #slots = new EntrySlots();
  readonly #lifetimes: Lifetimes;
  readonly #updates: UpdateList;
  readonly #data: TableData;
  readonly #shortage = { refusedCount: 0, displacedCount: 0 };
  /** Called after each local change, while peers want to know of them. */
  onLocalChange: (() => void) | undefined;

  /** `lastUpdateId`: where the ids of changes go on from. */
  constructor(spec: StickTableSpec, lastUpdateId = 0) {
    this.#spec = spec;
    this.#lifetimes = new Lifetimes(this.expireMs);
    this.#updates = new UpdateList(lastUpdateId);
    this.#data = new TableData(spec.store);
  }

  get spec(): StickTableSpec {
    return this.#spec;
  }

  /** Entries, including those that are due and have not been collected yet. */
  get usedCount(): number {
    return this.#slots.usedCount;
  }

  /** Keys that have found no room, and entries that made room before they expired, so far. */
  get shortage(): Readonly<Record<"refusedCount" | "displacedCount", number>> {
    return this.#shortage;
  }

  /** The most entries that this table may hold. */
  get size(): number {
    return Math.min(this.#spec.size, STICK_ENTRIES_MAX);
  }

  /** How long an untouched entry lives; `undefined` for ever, which is also what `expire 0` means. */
  get expireMs(): Millis | undefined {
    return this.#spec.expireMs === 0 ? undefined : this.#spec.expireMs;
  }

  /** What entries store, by ascending number. */
  get types(): readonly StoredType[] {
    return this.#data.types;
  }

  /** The entry of this key, never an expired one. */
  lookup(key: StickKey, nowMs: Millis): StickEntry | undefined {
    return this.lookupBytes(keyBytes(key), 0, key.length, nowMs);
  }

  /** As `lookup`, by the key's bytes from `start` to `end`. */
  lookupBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    nowMs: Millis,
  ): StickEntry | undefined {
    const slot = this.#slots.find(bytes, start, end);
    if (slot < 0) return undefined;
    if (!this.#lifetimes.isExpired(slot, nowMs)) return this.#slots.entryAt(slot);
    this.#remove(slot);
    return undefined;
  }

  /**
   * Finds or creates. When the table is full, the entry that would expire first makes room, unless
   * `nopurge` is set or all are in use; then there is none.
   */
  getOrCreate(key: StickKey, nowMs: Millis): StickEntry | undefined {
    const bytes = keyBytes(key);
    return (
      this.lookupBytes(bytes, 0, key.length, nowMs) ?? this.createBytes(bytes, 0, key.length, nowMs)
    );
  }

  /** Creates the entry of a key that has just been looked up in vain, as `getOrCreate` does. */
  createBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    nowMs: Millis,
  ): StickEntry | undefined {
    if (this.usedCount >= this.size && !this.#makeRoom(nowMs)) {
      this.#shortage.refusedCount += 1;
      return undefined;
    }
    const slot = this.#slots.create(bytes, start, end);
    this.#lifetimes.add(slot, nowMs + (this.expireMs ?? 0));
    return this.#slots.entryAt(slot);
  }

  /** The length in bytes of an entry's key; the entry must exist. */
  keyLength(entry: StickEntry): number {
    return this.#slots.keyLength(entry.slot);
  }

  /** Copies an entry's key to where there is room; the entry must exist. */
  copyKey(entry: StickEntry, target: Uint8Array, targetStart: number): void {
    this.#slots.copyKey(entry.slot, target, targetStart);
  }

  /** Whether the handle's entry still exists. */
  isLive(entry: StickEntry): boolean {
    return this.#slots.isLive(entry);
  }

  /** Whether the handle's entry still exists and would be found by its key. */
  has(entry: StickEntry, nowMs: Millis): boolean {
    return this.isLive(entry) && !this.#lifetimes.isExpired(entry.slot, nowMs);
  }

  /** Restarts expiry; a local change also gets the next update id, so that it is sent to peers. */
  touch(entry: StickEntry, nowMs: Millis, origin: TouchOrigin): void {
    this.touchUntil(entry, nowMs + (this.expireMs ?? 0), origin);
  }

  /** As `touch`, with an expiry that a peer or a file says. */
  touchUntil(entry: StickEntry, dueMs: Millis, origin: TouchOrigin): void {
    if (!this.isLive(entry)) return;
    this.#lifetimes.setDue(entry.slot, dueMs);
    if (origin !== "local") return;
    this.#updates.renew(entry.slot);
    this.onLocalChange?.();
  }

  /** Keeps the entry from expiring and from eviction until as many `unpin`s: its connection lives. */
  pin(entry: StickEntry): void {
    if (this.isLive(entry)) this.#lifetimes.pin(entry.slot);
  }

  /** Undoes one `pin` and restarts expiry. Peers are not told: their copy is no older than a third. */
  unpin(entry: StickEntry, nowMs: Millis): void {
    if (!this.isLive(entry)) return;
    this.#lifetimes.unpin(entry.slot);
    this.touch(entry, nowMs, "peer");
  }

  /** As `pin`, and also refuses removal on request, as HAProxy does for tracked entries. */
  hold(entry: StickEntry): void {
    if (this.isLive(entry)) this.#lifetimes.hold(entry.slot);
  }

  /** Undoes one `hold` and restarts expiry. */
  release(entry: StickEntry, nowMs: Millis): void {
    if (!this.isLive(entry)) return;
    this.#lifetimes.release(entry.slot);
    this.touch(entry, nowMs, "peer");
  }

  /** How often the entry is tracked: `use=` of `show table`. */
  holdCount(entry: StickEntry): number {
    return this.isLive(entry) ? this.#lifetimes.holdCount(entry.slot) : 0;
  }

  /** Removes an entry on request, also a pinned one; a tracked one stays. */
  delete(key: StickKey): DeleteOutcome {
    const slot = this.#slots.find(keyBytes(key), 0, key.length);
    if (slot < 0) return "missing";
    if (this.#lifetimes.holdCount(slot) > 0) return "in-use";
    this.#remove(slot);
    return "deleted";
  }

  /** Removes every entry that is not tracked; their number. */
  clear(): number {
    let count = 0;
    for (const entry of this.entries()) if (this.delete(entry.key) === "deleted") count += 1;
    return count;
  }

  /** Removes expired entries, at most `countMax` of them; their number. */
  expire(nowMs: Millis, countMax: number): number {
    let count = 0;
    for (; count < countMax; count += 1) {
      const slot = this.#lifetimes.firstExpiring();
      if (slot === undefined || !this.#lifetimes.isExpired(slot, nowMs)) break;
      this.#remove(slot);
    }
    return count;
  }

  /** When the next entry expires or the next pinned one has to be touched again. */
  nextTimeout(): Millis | undefined {
    return this.#lifetimes.nextTimeout();
  }

  /**
   * Touches the pinned entries whose expiry has run down by a third, at most `countMax`:
   * they become local changes, so that peers keep them as long as their connections live.
   */
  retouchPinned(nowMs: Millis, countMax: number): readonly StickEntry[] {
    const touched: StickEntry[] = [];
    while (touched.length < countMax) {
      const slot = this.#lifetimes.firstToRetouch(nowMs);
      if (slot === undefined) break;
      const entry = this.#slots.entryAt(slot);
      this.touch(entry, nowMs, "local");
      touched.push(entry);
    }
    return touched;
  }

  /** Time left, ms; 0 without `expire`. A pinned entry has run down from its last touch only. */
  expiresInMs(entry: StickEntry, nowMs: Millis): Millis {
    if (!this.isLive(entry) || this.expireMs === undefined) return 0;
    return Math.max(0, this.#lifetimes.dueMs(entry.slot) - nowMs);
  }

  /** Time left as a file keeps it: all of it for an entry in use, the age, negated, without `expire`. */
  savedTimeLeftMs(entry: StickEntry, nowMs: Millis): Millis {
    const expireMs = this.expireMs;
    if (expireMs !== undefined && this.#lifetimes.isInUse(entry.slot)) return expireMs;
    return this.#lifetimes.dueMs(entry.slot) - nowMs;
  }

  /** A stored number, a rate over its period; `undefined` if the table does not store it. */
  read(entry: StickEntry, type: string, index: number, nowMs: Millis): number | undefined {
    return this.isLive(entry) ? this.#data.read(entry.slot, type, index, nowMs) : undefined;
  }

  /** Sets a number; does not touch the entry. `false` if the table does not store it. */
  write(entry: StickEntry, type: string, index: number, value: number, nowMs: Millis): boolean {
    return this.isLive(entry) && this.#data.write(entry.slot, type, index, value, nowMs);
  }

  /** Adds to a number or a rate; does not touch the entry. */
  add(entry: StickEntry, type: string, index: number, amount: number, nowMs: Millis): void {
    if (this.isLive(entry)) this.#data.add(entry.slot, type, index, amount, nowMs);
  }

  rateState(entry: StickEntry, type: string, index: number): RateState | undefined {
    return this.isLive(entry) ? this.#data.rateState(entry.slot, type, index) : undefined;
  }

  setRateState(entry: StickEntry, type: string, index: number, state: RateState): boolean {
    return this.isLive(entry) && this.#data.setRateState(entry.slot, type, index, state);
  }

  /** The server's name or address that the entry sticks to. */
  serverKey(entry: StickEntry): string | undefined {
    return this.isLive(entry) ? this.#data.serverKey(entry.slot) : undefined;
  }

  /** Sets it; does not touch the entry. `false` if the table does not store it. */
  setServerKey(entry: StickEntry, text: string | undefined): boolean {
    return this.isLive(entry) && this.#data.setServerKey(entry.slot, text);
  }

  /** The stored type that a name means, also by its fallback (`gpc0` for `gpc`). */
  storedType(name: string, index = 0): StoredType | undefined {
    return this.#data.stored(name, index);
  }

  /**
   * All entries, or those from a slot on. The table may change meanwhile: what is there all the time
   * comes exactly once.
   */
  *entries(fromSlot = 0): IterableIterator<StickEntry> {
    for (let slot = fromSlot; slot < this.#slots.slotCount; slot += 1) {
      if (this.#slots.isUsed(slot)) yield this.#slots.entryAt(slot);
    }
  }

  /** The id of the last local change, u32; it wraps. */
  get lastUpdateId(): number {
    return this.#updates.lastId;
  }

  /** The id of an entry's last local change; `undefined` if it has only been learned. */
  updateId(entry: StickEntry): number | undefined {
    return this.isLive(entry) ? this.#updates.idOf(entry.slot) : undefined;
  }

  /** Local changes after `id`, in their order, the latest of each entry only. The table may change meanwhile. */
  *updatesSince(id: number): IterableIterator<StickEntry> {
    let slot = this.#updates.firstAfter(id);
    while (slot !== undefined) {
      const readId = this.#updates.idOf(slot)!;
      yield this.#slots.entryAt(slot);
      slot = this.#updates.firstAfter(readId);
    }
  }

  /** Takes another definition of the same key; entries stay, with the values of types that stay. */
  reconfigure(spec: StickTableSpec): void {
    assert(isCompatible(this.#spec, spec), `Table ${spec.name} keeps its key type and length`);
    this.#spec = spec;
    this.#lifetimes.expireMs = this.expireMs;
    this.#data.reconfigure(spec.store, this.#usedSlots());
  }

  *#usedSlots(): IterableIterator<number> {
    for (const entry of this.entries()) yield entry.slot;
  }

  #makeRoom(nowMs: Millis): boolean {
    let evictedCount = 0;
    while (evictedCount < EVICTIONS_PER_CREATION_MAX && this.usedCount >= this.size) {
      const slot = this.#lifetimes.firstExpiring();
      if (slot === undefined) break;
      const isAlive = !this.#lifetimes.isExpired(slot, nowMs);
      if (this.#spec.noPurge && isAlive) break;
      if (isAlive) this.#shortage.displacedCount += 1;
      this.#remove(slot);
      evictedCount += 1;
    }
    return evictedCount > 0;
  }

  #remove(slot: number): void {
    assert(
      this.#slots.isUsed(slot),
      `Slot ${slot} of table ${this.#spec.name} is in use when removed`,
    );
    assert(
      this.#lifetimes.holdCount(slot) === 0,
      `Key of table ${this.#spec.name} is not tracked when removed`,
    );
    this.#lifetimes.remove(slot);
    this.#updates.remove(slot);
    this.#data.clearSlot(slot);
    this.#slots.remove(slot);
    if (this.usedCount === 0 && this.#slots.slotCount > SMALL_SLOTS) {
      this.#giveBackMemory();
    }
  }

  #giveBackMemory(): void {
    this.#slots.clear();
    this.#lifetimes.clear();
    this.#updates.reset();
    this.#data.reset();
  }
}
