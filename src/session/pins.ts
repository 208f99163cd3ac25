// The table entries that a connection keeps alive: while it lives they neither expire nor are
// evicted, so a device that stays connected for weeks still finds its broker after a failover.
import { withOneMore } from "../base/lists.ts";
import type { Millis } from "../base/units.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";

/** An entry and its table. */
export interface PinnedEntry {
  readonly table: StickTable;
  readonly entry: StickEntry;
}

/** What most sessions pin. */
export const NONE_PINNED: readonly PinnedEntry[] = [];

/** Pins entries; one that is among `pinned` already stays pinned once. All that are pinned now. */
export function pinMore(
  pinned: readonly PinnedEntry[],
  entries: readonly PinnedEntry[],
): readonly PinnedEntry[] {
  let all = pinned;
  for (const pin of entries) {
    const isKnown = all.some(
      ({ table, entry }) => table === pin.table && entry.serial === pin.entry.serial,
    );
    if (isKnown) continue;
    pin.table.pin(pin.entry);
    all = withOneMore(all, pin);
  }
  return all;
}

/** Lets entries go; their expiry starts again. */
export function unpin(pinned: readonly PinnedEntry[], nowMs: Millis): void {
  for (const { table, entry } of pinned) table.unpin(entry, nowMs);
}
