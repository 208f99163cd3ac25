// The CSV form (haproxy management §9.1): every cell is followed by a comma, the last one too.
import { COLUMNS, FIRST_MODULE_COLUMN, type StatsRow } from "./columns.ts";

/** The header line without its line feed. */
export const CSV_HEADER: string = `# ${headerNames()
  .map((name) => `${name},`)
  .join("")}`;

/** The header and a line for each row. */
export function formatCsv(rows: readonly StatsRow[]): string {
  return [CSV_HEADER, ...rows.map(csvLine), ""].join("\n");
}

function headerNames(): string[] {
  const names: string[] = COLUMNS.map(({ name }) => name);
  names.splice(FIRST_MODULE_COLUMN, 0, "-");
  return names;
}

/** The line of a row without its line feed. */
export function csvLine({ cells }: StatsRow): string {
  let line = "";
  for (const [index, { name }] of COLUMNS.entries()) {
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
