// The table entries that a connection keeps alive: while it lives they neither expire nor are
// evicted, so a device that stays connected for weeks still finds its broker after a failover.
import type { Millis } from "../base/units.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";

/** An entry and its table. */
export interface PinnedEntry {
  readonly table: StickTable;
  readonly entry: StickEntry;
}

const NONE: readonly PinnedEntry[] = [];

/** The entries pinned by one session, each once. */
export class Pins {
  #pinned: readonly PinnedEntry[] = NONE;

  /** Pins entries; one that is pinned already stays so once. */
  add(entries: readonly PinnedEntry[]): void {
    for (const pin of entries) {
      const isKnown = this.#pinned.some(
        ({ table, entry }) => table === pin.table && entry.serial === pin.entry.serial,
      );
      if (isKnown) continue;
      pin.table.pin(pin.entry);
      this.#pinned = [...this.#pinned, pin];
    }
  }

  /** Lets all of them go; their expiry starts again. */
  release(nowMs: Millis): void {
    const pinned = this.#pinned;
    this.#pinned = NONE;
    for (const { table, entry } of pinned) table.unpin(entry, nowMs);
  }
}
