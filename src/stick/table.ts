// A stick table (haproxy configuration §4.2 `stick-table`).
//
// Theory of operation: an entry is a slot number; everything known of it stands in columns at that
// slot, so a million entries are a few dozen arrays. Three structures order the slots: an index by
// key, a queue by the instant of expiry, and a list by update id for replication. An entry that is
// pinned (its connection lives) or held (it is tracked) waits in a second queue instead: it neither
// expires nor is evicted, and that queue tells when it has to be touched again for other nodes.
import { assert } from "../base/assert.ts";
import type { RateState } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { StickTableSpec } from "../config/model/stick.ts";
import { COLUMN_BLOCK_SLOTS, STICK_ENTRIES_MAX } from "../limits.ts";
import { Column } from "./column.ts";
import { DueColumns, DueQueue } from "./due-queue.ts";
import type { DeleteOutcome, StickEntry, TouchOrigin } from "./entry.ts";
import { flatCopy, type StickKey } from "./key.ts";
import { KeyIndex } from "./key-index.ts";
import { TableData, type StoredType } from "./table-data.ts";
import { UpdateList } from "./update-list.ts";

/** A pinned entry is touched again when it has lost this part of its time: a third. */
const RETOUCH_DIVISOR = 3;

/** Entries that one creation may evict, so that a table whose size was lowered shrinks little by little. */
const EVICTIONS_PER_CREATION_MAX = 2;

/** Whether a table can take another definition and keep its entries. */
export function isCompatible(a: StickTableSpec, b: StickTableSpec): boolean {
  return a.keyType === b.keyType && a.keyLengthMax === b.keyLengthMax;
}

/** Entries by key, with expiry, eviction, data and an order of changes. */
export class StickTable {
  #spec: StickTableSpec;
  readonly #index = new KeyIndex();
  readonly #keys: (StickKey | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /** Changes with every use of a slot; 0 for an unused one. */
  readonly #serials = new Column(Uint32Array);
  readonly #pins = new Column(Uint32Array);
  readonly #holds = new Column(Uint32Array);
  readonly #due = new DueColumns();
  readonly #expiring = new DueQueue(this.#due);
  readonly #pinned = new DueQueue(this.#due);
  readonly #updates: UpdateList;
  readonly #data: TableData;
  #usedCount = 0;
  readonly #shortage = { refusedCount: 0, displacedCount: 0 };
  #lastSerial = 0;
  /** Called after each local change, while peers want to know of them. */
  onLocalChange: (() => void) | undefined;

  /** `lastUpdateId`: where the ids of changes go on from. */
  constructor(spec: StickTableSpec, lastUpdateId = 0) {
    this.#spec = spec;
    this.#updates = new UpdateList(lastUpdateId);
    this.#data = new TableData(spec.store);
  }

  get spec(): StickTableSpec {
    return this.#spec;
  }

  /** Entries, including those that are due and have not been collected yet. */
  get usedCount(): number {
    return this.#usedCount;
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
    const slot = this.#index.get(key);
    if (slot === undefined) return undefined;
    if (!this.#isExpired(slot, nowMs)) return this.#entryAt(slot);
    this.#remove(slot);
    return undefined;
  }

  /**
   * Finds or creates. When the table is full, the entry that would expire first makes room, unless
   * `nopurge` is set or all are in use; then there is none.
   */
  getOrCreate(key: StickKey, nowMs: Millis): StickEntry | undefined {
    const known = this.lookup(key, nowMs);
    if (known !== undefined) return known;
    if (this.#usedCount >= this.size && !this.#makeRoom(nowMs)) {
      this.#shortage.refusedCount += 1;
      return undefined;
    }
    const slot = this.#freeSlots.pop() ?? this.#keys.length;
    this.#lastSerial = this.#lastSerial === 0xffff_ffff ? 1 : this.#lastSerial + 1;
    const flat = flatCopy(key);
    this.#keys[slot] = flat;
    this.#index.set(flat, slot);
    this.#serials.set(slot, this.#lastSerial);
    this.#usedCount += 1;
    this.#due.dueMs.set(slot, nowMs + (this.expireMs ?? 0));
    this.#expiring.insert(slot);
    return this.#entryAt(slot);
  }

  /** Whether the handle's entry still exists. */
  isLive(entry: StickEntry): boolean {
    return this.#serials.get(entry.slot) === entry.serial;
  }

  /** Restarts expiry; a local change also gets the next update id, so that it is sent to peers. */
  touch(entry: StickEntry, nowMs: Millis, origin: TouchOrigin): void {
    this.touchUntil(entry, nowMs + (this.expireMs ?? 0), origin);
  }

  /** As `touch`, with an expiry that a peer or a file says. */
  touchUntil(entry: StickEntry, dueMs: Millis, origin: TouchOrigin): void {
    if (!this.isLive(entry)) return;
    this.#setDue(entry.slot, dueMs);
    if (origin !== "local") return;
    this.#updates.renew(entry.slot);
    this.onLocalChange?.();
  }

  /** Keeps the entry from expiring and from eviction until as many `unpin`s: its connection lives. */
  pin(entry: StickEntry): void {
    if (this.isLive(entry)) this.#use(entry.slot, this.#pins, 1);
  }

  /** Undoes one `pin` and restarts expiry. Peers are not told: their copy is no older than a third. */
  unpin(entry: StickEntry, nowMs: Millis): void {
    this.#endUse(entry, nowMs, this.#pins);
  }

  /** As `pin`, and also refuses removal on request, as HAProxy does for tracked entries. */
  hold(entry: StickEntry): void {
    if (this.isLive(entry)) this.#use(entry.slot, this.#holds, 1);
  }

  /** Undoes one `hold` and restarts expiry. */
  release(entry: StickEntry, nowMs: Millis): void {
    this.#endUse(entry, nowMs, this.#holds);
  }

  /** How often the entry is tracked: `use=` of `show table`. */
  holdCount(entry: StickEntry): number {
    return this.isLive(entry) ? this.#holds.get(entry.slot) : 0;
  }

  /** Removes an entry on request, also a pinned one; a tracked one stays. */
  delete(key: StickKey): DeleteOutcome {
    const slot = this.#index.get(key);
    if (slot === undefined) return "missing";
    if (this.#holds.get(slot) > 0) return "in-use";
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
      const slot = this.#expiring.first();
      if (slot === undefined || !this.#isExpired(slot, nowMs)) break;
      this.#remove(slot);
    }
    return count;
  }

  /** When the next entry expires or the next pinned one has to be touched again. */
  nextTimeout(): Millis | undefined {
    const expireMs = this.expireMs;
    if (expireMs === undefined) return undefined;
    const expiring = this.#expiring.first();
    const pinned = this.#pinned.first();
    const expiryMs = expiring === undefined ? Infinity : this.#due.dueMs.get(expiring);
    const retouchMs = pinned === undefined ? Infinity : this.#retouchAt(pinned, expireMs);
    const nextMs = Math.min(expiryMs, retouchMs);
    return nextMs === Infinity ? undefined : nextMs;
  }

  /**
   * Touches the pinned entries whose expiry has run down by a third, at most `countMax`:
   * they become local changes, so that peers keep them as long as their connections live.
   */
  retouchPinned(nowMs: Millis, countMax: number): readonly StickEntry[] {
    const expireMs = this.expireMs;
    const touched: StickEntry[] = [];
    while (expireMs !== undefined && touched.length < countMax) {
      const slot = this.#pinned.first();
      if (slot === undefined || this.#retouchAt(slot, expireMs) > nowMs) break;
      const entry = this.#entryAt(slot);
      this.touch(entry, nowMs, "local");
      touched.push(entry);
    }
    return touched;
  }

  /** Time left, ms; 0 without `expire`. A pinned entry has run down from its last touch only. */
  expiresInMs(entry: StickEntry, nowMs: Millis): Millis {
    if (!this.isLive(entry) || this.expireMs === undefined) return 0;
    return Math.max(0, this.#due.dueMs.get(entry.slot) - nowMs);
  }

  /** Time left as a file keeps it: all of it for an entry in use, the age, negated, without `expire`. */
  savedTimeLeftMs(entry: StickEntry, nowMs: Millis): Millis {
    const expireMs = this.expireMs;
    if (expireMs !== undefined && this.#isInUse(entry.slot)) return expireMs;
    return this.#due.dueMs.get(entry.slot) - nowMs;
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

  /** All entries. The table may change meanwhile: what is there all the time comes exactly once. */
  *entries(): IterableIterator<StickEntry> {
    for (let slot = 0; slot < this.#keys.length; slot += 1) {
      if (this.#keys[slot] !== undefined) yield this.#entryAt(slot);
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
      yield this.#entryAt(slot);
      slot = this.#updates.firstAfter(readId);
    }
  }

  /** Takes another definition of the same key; entries stay, with the values of types that stay. */
  reconfigure(spec: StickTableSpec): void {
    assert(isCompatible(this.#spec, spec), `Table ${spec.name} keeps its key type and length`);
    this.#spec = spec;
    this.#data.reconfigure(spec.store, this.#usedSlots());
  }

  #entryAt(slot: number): StickEntry {
    return { key: this.#keys[slot]!, slot, serial: this.#serials.get(slot) };
  }

  *#usedSlots(): IterableIterator<number> {
    for (const entry of this.entries()) yield entry.slot;
  }

  #retouchAt(slot: number, expireMs: Millis): Millis {
    return this.#due.dueMs.get(slot) - expireMs + expireMs / RETOUCH_DIVISOR;
  }

  #isInUse(slot: number): boolean {
    return this.#pins.get(slot) > 0 || this.#holds.get(slot) > 0;
  }

  #isExpired(slot: number, nowMs: Millis): boolean {
    if (this.expireMs === undefined || this.#isInUse(slot)) return false;
    return this.#due.dueMs.get(slot) <= nowMs;
  }

  #queueOf(slot: number): DueQueue {
    return this.#isInUse(slot) ? this.#pinned : this.#expiring;
  }

  #setDue(slot: number, dueMs: Millis): void {
    const queue = this.#queueOf(slot);
    queue.remove(slot);
    this.#due.dueMs.set(slot, dueMs);
    queue.insert(slot);
  }

  #use(slot: number, counts: Column<Uint32Array>, change: 1 | -1): void {
    const from = this.#queueOf(slot);
    counts.set(slot, counts.get(slot) + change);
    const to = this.#queueOf(slot);
    if (from === to) return;
    from.remove(slot);
    to.insert(slot);
  }

  #endUse(entry: StickEntry, nowMs: Millis, counts: Column<Uint32Array>): void {
    if (!this.isLive(entry)) return;
    assert(counts.get(entry.slot) > 0, `Entry of table ${this.#spec.name} is in use when released`);
    this.#use(entry.slot, counts, -1);
    this.touch(entry, nowMs, "peer");
  }

  #makeRoom(nowMs: Millis): boolean {
    let evictedCount = 0;
    while (evictedCount < EVICTIONS_PER_CREATION_MAX && this.#usedCount >= this.size) {
      const slot = this.#expiring.first();
      if (slot === undefined) break;
      const isAlive = !this.#isExpired(slot, nowMs);
      if (this.#spec.noPurge && isAlive) break;
      if (isAlive) this.#shortage.displacedCount += 1;
      this.#remove(slot);
      evictedCount += 1;
    }
    return evictedCount > 0;
  }

  #remove(slot: number): void {
    const key = this.#keys[slot];
    assert(key !== undefined, `Slot ${slot} of table ${this.#spec.name} is in use when removed`);
    assert(
      this.#holds.get(slot) === 0,
      `Key of table ${this.#spec.name} is not tracked when removed`,
    );
    this.#queueOf(slot).remove(slot);
    this.#updates.remove(slot);
    this.#index.delete(key);
    this.#data.clearSlot(slot);
    this.#keys[slot] = undefined;
    this.#serials.set(slot, 0);
    this.#pins.set(slot, 0);
    this.#usedCount -= 1;
    this.#freeSlots.push(slot);
    if (this.#usedCount === 0 && this.#keys.length > COLUMN_BLOCK_SLOTS) this.#giveBackMemory();
  }

  #giveBackMemory(): void {
    this.#keys.length = 0;
    this.#freeSlots.length = 0;
    this.#serials.clear();
    this.#pins.clear();
    this.#holds.clear();
    this.#due.clear();
    this.#updates.reset();
    this.#data.reset();
  }
}
