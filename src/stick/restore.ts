// Puts what a snapshot holds back into a table that may hold entries already.
import type { RateState } from "../base/rate.ts";
import type { SnapshotClock } from "./snapshot.ts";
import type { SnapshotEntry, SnapshotHeader, SnapshotValue } from "./snapshot-reader.ts";
import type { StickEntry } from "./entry.ts";
import type { StickTable } from "./table.ts";
import type { StoredType } from "./table-data.ts";

/** What became of the entries of one frame. */
export interface RestoreCounts {
  readonly restoredCount: number;
  /** Expired meanwhile, older than what the table holds, or without room. */
  readonly skippedCount: number;
}

/** Whether a snapshot fits a table: the same kind of keys. The data may differ. */
export function isRestorable(table: StickTable, header: SnapshotHeader): boolean {
  const { keyType, keyLengthMax } = table.spec;
  return header.keyType === keyType && header.keyLengthMax === keyLengthMax;
}

/**
 * Merges entries. Of two with the same key the one that would live longer wins. Nothing is evicted
 * for them, and they are not sent on as changes: a peer that lacks them asks for all.
 */
export function restoreEntries(
  table: StickTable,
  header: SnapshotHeader,
  entries: readonly SnapshotEntry[],
  clock: SnapshotClock,
): RestoreCounts {
  // A wall clock that went back says nothing about the time spent off.
  const offMs = Math.max(0, clock.wallMs - header.wallMs);
  let restoredCount = 0;
  for (const saved of entries) {
    const leftMs = Math.min(saved.timeLeftMs - offMs, table.expireMs ?? 0);
    const entry = slotFor(table, saved.key, leftMs, clock.nowMs);
    if (entry === undefined) continue;
    table.touchUntil(entry, clock.nowMs + leftMs, "peer");
    let at = 0;
    for (const stored of header.types) {
      for (let index = 0; index < stored.count; index += 1) {
        setValue(table, entry, stored, index, saved.values[at++]!, clock.nowMs - offMs);
      }
    }
    restoredCount += 1;
  }
  return { restoredCount, skippedCount: entries.length - restoredCount };
}

function slotFor(
  table: StickTable,
  key: string,
  leftMs: number,
  nowMs: number,
): StickEntry | undefined {
  const known = table.lookup(key, nowMs);
  if (table.expireMs === undefined) {
    if (known !== undefined) return undefined;
  } else {
    if (leftMs <= 0) return undefined;
    if (known !== undefined) return table.expiresInMs(known, nowMs) < leftMs ? known : undefined;
  }
  return table.usedCount >= table.size ? undefined : table.getOrCreate(key, nowMs);
}

/** `savedMs`: the instant of the snapshot on this process's clock, perhaps before its start. */
function setValue(
  table: StickTable,
  entry: StickEntry,
  { type, periodMs }: StoredType,
  index: number,
  value: SnapshotValue,
  savedMs: number,
): void {
  // What was open on this node when it stopped is not open any more.
  if (type.isLocal) return;
  if (typeof value === "string") {
    table.setServerKey(entry, value === "" ? undefined : value);
  } else if (typeof value === "number") {
    table.write(entry, type.name, index, value, savedMs);
  } else if (table.storedType(type.name, index)?.periodMs === periodMs) {
    table.setRateState(entry, type.name, index, atInstant(value, savedMs));
  }
}

function atInstant(rate: RateState, savedMs: number): RateState {
  return { ...rate, startMs: Math.floor(savedMs + rate.startMs) };
}
