// Stick tables as `tandem table` lists and clears them.
import type { Millis } from "../base/units.ts";
import { TABLE_ENTRIES_LISTED_MAX } from "./limits.ts";
import { RUNTIME_ENTRIES_PER_PIECE_MAX } from "../runtime/limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import { formatKey } from "../stick/key.ts";
import type { StickTable } from "../stick/table.ts";
import { globMatcher } from "./glob.ts";

/** A table as a whole. */
export interface TableRow {
  readonly name: string;
  /** `ip`, `ipv6`, `integer`, `string`, `binary`. */
  readonly type: string;
  readonly entryCount: number;
  readonly entriesMax: number;
  /** How long an untouched entry lives; `null`: for ever. */
  readonly expireMs: Millis | null;
  /** The `peers` section that shares it. */
  readonly peers: string | null;
}

/** One entry. */
export interface EntryRow {
  /** As `show table` prints it: hostile characters are escaped. */
  readonly key: string;
  /** Sessions that hold it. */
  readonly useCount: number;
  /** `null`: never. */
  readonly expiresInMs: Millis | null;
  /** The server that it leads to. */
  readonly server: string | null;
  /** The other values, by the names of `store`; elements of arrays by number, as `gpc0`. */
  readonly data: Readonly<Record<string, number>>;
}

/** The entries that were asked for. */
export interface EntryList {
  readonly matchCount: number;
  /** The first ones, in no order. */
  readonly entries: readonly EntryRow[];
}

/** A table's own line. */
export function tableRow(table: StickTable): TableRow {
  const { name, keyType, peers } = table.spec;
  return {
    name,
    type: keyType,
    entryCount: table.usedCount,
    entriesMax: table.size,
    expireMs: table.expireMs ?? null,
    peers: peers ?? null,
  };
}

/** Finds entries whose key matches a pattern (glob.ts; `null`: all), a bounded number of them a step. */
export function* listEntries(
  table: StickTable,
  pattern: string | null,
  limit: number,
  nowMs: () => Millis,
): Generator<undefined, EntryList> {
  const rows: EntryRow[] = [];
  const rowsMax = Math.max(0, Math.min(limit, TABLE_ENTRIES_LISTED_MAX));
  let matchCount = 0;
  for (const entry of matching(table, pattern, nowMs)) {
    if (entry === undefined) {
      yield;
      continue;
    }
    matchCount += 1;
    if (rows.length < rowsMax) rows.push(entryRow(table, entry, nowMs()));
  }
  return { matchCount, entries: rows };
}

/** Removes such entries, but none that a session holds. */
export function* clearEntries(
  table: StickTable,
  pattern: string | null,
  nowMs: () => Millis,
): Generator<undefined, { readonly clearedCount: number; readonly inUseCount: number }> {
  let clearedCount = 0;
  let inUseCount = 0;
  for (const entry of matching(table, pattern, nowMs)) {
    if (entry === undefined) {
      yield;
      continue;
    }
    if (table.delete(entry.key) === "deleted") clearedCount += 1;
    else inUseCount += 1;
  }
  return { clearedCount, inUseCount };
}

/** Entries that live and match, and `undefined` whenever enough work was done for one turn. */
function* matching(
  table: StickTable,
  pattern: string | null,
  nowMs: () => Millis,
): Generator<StickEntry | undefined, void> {
  const isMeant = pattern === null ? undefined : globMatcher(pattern);
  let lookedCount = 0;
  for (const entry of table.entries()) {
    lookedCount += 1;
    if (lookedCount % RUNTIME_ENTRIES_PER_PIECE_MAX === 0) yield undefined;
    if (table.expireMs !== undefined && table.expiresInMs(entry, nowMs()) === 0) continue;
    if (isMeant?.(formatKey(table.spec, entry.key)) !== false) yield entry;
  }
}

function entryRow(table: StickTable, entry: StickEntry, nowMs: Millis): EntryRow {
  const data: Record<string, number> = {};
  for (const { type, count } of table.types) {
    if (type.kind === "dict") continue;
    for (let index = 0; index < count; index += 1) {
      const name = type.isArray ? type.name.replace(/^gp[ct]/, `$&${index}`) : type.name;
      data[name] = table.read(entry, type.name, index, nowMs) ?? 0;
    }
  }
  return {
    key: formatKey(table.spec, entry.key),
    useCount: table.holdCount(entry),
    expiresInMs: table.expireMs === undefined ? null : Math.floor(table.expiresInMs(entry, nowMs)),
    server: table.serverKey(entry) ?? null,
    data,
  };
}
