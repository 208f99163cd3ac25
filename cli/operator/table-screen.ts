// The lists of `tandem table`.
import type { EntryList, EntryRow, TableRow } from "../../src/operator/table-list.ts";
import { type Line, piece } from "../status/line.ts";
import { type Column, tableLines } from "../status/table.ts";
import { durationText } from "../../src/base/duration-text.ts";
import { countWords, plural, printable } from "../status/words.ts";

const TABLE_COLUMNS: readonly Column[] = [
  { title: "table", widthMin: 8 },
  { title: "type" },
  { title: "entries", isRight: true },
  { title: "size", isRight: true },
  { title: "full", isRight: true },
  { title: "expire", isRight: true },
  { title: "shared by peers", widthMin: 4 },
];

const ENTRY_COLUMNS: readonly Column[] = [
  { title: "key", widthMin: 16 },
  { title: "server", widthMin: 6 },
  { title: "held by", isRight: true },
  { title: "expires in", isRight: true },
  { title: "data", widthMin: 8 },
];

/** All tables. */
export function tableListLines(tables: readonly TableRow[], width: number): Line[] {
  if (tables.length === 0) return [[piece("there are no stick tables")]];
  const rows = tables.map(({ name, type, entryCount, entriesMax, expireMs, peers }) =>
    [
      printable(name),
      type,
      countWords(entryCount),
      countWords(entriesMax),
      `${Math.floor((100 * entryCount) / Math.max(1, entriesMax))} %`,
      expireMs === null ? "never" : durationText(expireMs),
      peers === null ? "-" : printable(peers),
    ].map((text) => piece(text)),
  );
  return tableLines(TABLE_COLUMNS, rows, "", width);
}

/** Entries of one table; keys are escaped. */
export function entryLines({ entries, matchCount }: EntryList, width: number): Line[] {
  if (entries.length === 0) return [[piece("no entry matches")]];
  const rows = entries.map((entry) => entryCells(entry).map((text) => piece(text)));
  const lines = tableLines(ENTRY_COLUMNS, rows, "", width);
  if (entries.length === matchCount) return lines;
  const total = plural(matchCount, "entry", "entries");
  return [...lines, [piece(`the first ${entries.length} of ${total}; --limit shows more`, "dim")]];
}

function entryCells({ key, useCount, expiresInMs, server, data }: EntryRow): string[] {
  return [
    printable(key),
    server === null ? "-" : printable(server),
    countWords(useCount),
    expiresInMs === null ? "never" : durationText(expiresInMs),
    Object.entries(data)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  ];
}
