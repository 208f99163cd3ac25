// Which of two values of an entry is the newer one.
//
// The protocol has no answer: the update that arrives last overwrites, so that two nodes that change
// an entry at the same time swap their values and stay apart. Tandem nodes append a version to each
// update. It is the wall clock's instant of the change, but always after the version that the change
// has replaced, and ends with the rank of the node: no two changes of an entry have the same one, a
// change that knew of another one is after it whatever the clocks say, and all nodes keep the same.
import type { Millis } from "../base/units.ts";
import { Column } from "../stick/column.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";

/** Nodes that have a rank of their own. */
const RANK_COUNT = 256;

/** The place of a node in the order of names, which all nodes of a group know alike. */
export function rankOf(name: string, names: readonly string[]): number {
  const rank = [...names].sort().indexOf(name);
  return Math.min(Math.max(0, rank), RANK_COUNT - 1);
}

/** Versions of one table's entries, 16 bytes each. */
export class EntryVersions {
  readonly #table: StickTable;
  readonly #rank: number;
  readonly #wallOffsetMs: number;
  readonly #versions = new Column(Float64Array);
  /** The update id that the version belongs to: another one means a local change since. */
  readonly #updateIds = new Column(Uint32Array);
  readonly #serials = new Column(Uint32Array);

  /** `wallOffsetMs`: ms since 1970 less monotonic ms. */
  constructor(table: StickTable, rank: number, wallOffsetMs: number) {
    this.#table = table;
    this.#rank = rank;
    this.#wallOffsetMs = wallOffsetMs;
  }

  /** The version of an entry as it is now. */
  of(entry: StickEntry, nowMs: Millis): number {
    const { slot } = entry;
    const byTime = this.at(this.#touchedMs(entry, nowMs));
    if (this.#serials.get(slot) !== entry.serial) return byTime;
    const known = this.#versions.get(slot);
    const isSame = this.#updateIds.get(slot) === (this.#table.updateId(entry) ?? 0);
    return isSame ? known : Math.max(byTime, this.after(known));
  }

  /** As `of`, and remembered: what is sent must not be judged anew later. */
  stamp(entry: StickEntry, nowMs: Millis): number {
    const version = this.of(entry, nowMs);
    this.set(entry, version);
    return version;
  }

  /** Notes the version of a value that has been learned. */
  set(entry: StickEntry, version: number): void {
    this.#versions.set(entry.slot, version);
    this.#updateIds.set(entry.slot, this.#table.updateId(entry) ?? 0);
    this.#serials.set(entry.slot, entry.serial);
  }

  /** The version of a change at this instant. */
  at(changedMs: Millis): number {
    return Math.max(0, Math.floor(changedMs + this.#wallOffsetMs)) * RANK_COUNT + this.#rank;
  }

  /** The least version of this node after another one. */
  after(version: number): number {
    return (Math.floor(version / RANK_COUNT) + 1) * RANK_COUNT + this.#rank;
  }

  /** When the entry was touched last, as its expiry tells. */
  #touchedMs(entry: StickEntry, nowMs: Millis): Millis {
    const { expireMs } = this.#table;
    const touchedMs =
      expireMs === undefined
        ? nowMs + this.#table.savedTimeLeftMs(entry, nowMs)
        : nowMs - expireMs + this.#table.expiresInMs(entry, nowMs);
    return Math.min(nowMs, touchedMs);
  }
}
