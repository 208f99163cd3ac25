// Tables as `show table` of the runtime API prints them (haproxy management §9.3).
import type { Millis } from "../base/units.ts";
import type { StickEntry } from "./entry.ts";
import { formatKey } from "./key.ts";
import type { StickTable } from "./table.ts";
import type { StoredType } from "./table-data.ts";

/** The line about a table itself. */
export function printTable(table: StickTable): string {
  const { name, keyType, size } = table.spec;
  return `# table: ${name}, type: ${keyType}, size:${size}, used:${table.usedCount}`;
}

/** The line about an entry, without the address in memory that HAProxy puts before it. */
export function printEntry(table: StickTable, entry: StickEntry, nowMs: Millis): string {
  const words = [
    `key=${formatKey(table.spec, entry.key)}`,
    `use=${table.holdCount(entry)}`,
    `exp=${Math.floor(table.expiresInMs(entry, nowMs))}`,
    printEntryData(table, entry, nowMs),
  ];
  return words.filter((word) => word !== "").join(" ");
}

/** What an entry stores, without its key; empty when that is nothing. */
export function printEntryData(table: StickTable, entry: StickEntry, nowMs: Millis): string {
  const words: string[] = [];
  for (const stored of table.types) {
    for (let index = 0; index < stored.count; index += 1) {
      words.push(`${labelOf(stored, index)}=${valueOf(table, entry, stored, index, nowMs)}`);
    }
  }
  return words.join(" ");
}

/** Elements of arrays go by number, rates with their period: `gpc1_rate(10000)`. */
function labelOf({ type, periodMs }: StoredType, index: number): string {
  const name = type.isArray ? type.name.replace(/^gp[ct]/, `$&${index}`) : type.name;
  return type.kind === "rate" ? `${name}(${periodMs})` : name;
}

function valueOf(
  table: StickTable,
  entry: StickEntry,
  { type }: StoredType,
  index: number,
  nowMs: Millis,
): string {
  if (type.kind === "dict") return table.serverKey(entry) ?? "-";
  return String(table.read(entry, type.name, index, nowMs) ?? 0);
}
