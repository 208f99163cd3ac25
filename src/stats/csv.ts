// The CSV form (haproxy management §9.1): every cell is followed by a comma, the last one too. Who uses
// nothing of ours gets HAProxy's columns and no others.
import { COLUMNS, FIRST_MODULE_COLUMN, FIRST_OWN_COLUMN, type StatsRow } from "./columns.ts";

const HEADERS: Readonly<Record<"own" | "plain", string>> = {
  own: header(COLUMNS.length),
  plain: header(FIRST_OWN_COLUMN),
};

/** The header line without its line feed. */
export function csvHeader(hasOwnColumns: boolean): string {
  return HEADERS[hasOwnColumns ? "own" : "plain"];
}

/** The header and a line for each row. */
export function formatCsv(rows: readonly StatsRow[], hasOwnColumns: boolean): string {
  const lines = rows.map((row) => csvLine(row, hasOwnColumns));
  return [csvHeader(hasOwnColumns), ...lines, ""].join("\n");
}

function header(columnCount: number): string {
  const names: string[] = COLUMNS.slice(0, columnCount).map(({ name }) => name);
  names.splice(FIRST_MODULE_COLUMN, 0, "-");
  return `# ${names.map((name) => `${name},`).join("")}`;
}

/** The line of a row without its line feed. */
export function csvLine({ cells }: StatsRow, hasOwnColumns: boolean): string {
  let line = "";
  for (const [index, { name }] of COLUMNS.entries()) {
    if (index === FIRST_OWN_COLUMN && !hasOwnColumns) break;
    if (index === FIRST_MODULE_COLUMN) line += "-,";
    const value = cells[name];
    line += value === undefined ? "," : `${quote(String(value))},`;
  }
  return line;
}

/** Quotes what would end a cell or a line (RFC 4180). */
function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
