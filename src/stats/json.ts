// The JSON and the typed form: cells with their position, origin, nature, scope and type
// (haproxy management §9.2, §9.3 `show stat`).
import {
  type Column,
  type ColumnName,
  COLUMNS,
  type RowKind,
  type StatsRow,
  tagsOf,
} from "./columns.ts";

const OBJECTS: Readonly<Record<RowKind, string>> = {
  frontend: "Frontend",
  backend: "Backend",
  server: "Server",
  listener: "Listener",
};

const ORIGINS: Readonly<Record<string, string>> = {
  M: "Metric",
  S: "Status",
  K: "Key",
  C: "Config",
  P: "Product",
};

const NATURES: Readonly<Record<string, string>> = {
  A: "Age",
  a: "Avg",
  C: "Counter",
  D: "Duration",
  G: "Gauge",
  L: "Limit",
  M: "Max",
  N: "Name",
  O: "Output",
  R: "Rate",
};

const SCOPES: Readonly<Record<string, string>> = { P: "Process", S: "Service" };

/** The only process there is, as HAProxy numbers it. */
export const PROCESS_NUMBER = 1;

/** An array with an array of cells for each row; empty cells are left out. */
export function formatJson(rows: readonly StatsRow[]): string {
  return `[${rows.map(jsonRow).join(",")}]\n`;
}

/** A row's array of cells. */
export function jsonRow(row: StatsRow): string {
  const cells = filledColumns(row).map(({ column, position, value }) => {
    return {
      objType: OBJECTS[row.kind],
      proxyId: row.proxyId,
      id: row.serverId,
      field: { pos: position, name: column.name },
      processNum: PROCESS_NUMBER,
      tags: describeTags(tagsOf(column, row.kind)),
      value: { type: column.type, value },
    };
  });
  return JSON.stringify(cells);
}

/** Three letters in words. */
export function describeTags(tags: string): unknown {
  const [origin, nature, scope] = tags;
  return { origin: ORIGINS[origin!], nature: NATURES[nature!], scope: SCOPES[scope!] };
}

/** A line for each cell that is not empty. */
export function formatTyped(rows: readonly StatsRow[]): string {
  return rows.map((row) => typedLines(row)).join("");
}

/** The lines of a row; `describe` adds what a column means. */
export function typedLines(row: StatsRow, describe?: (column: ColumnName) => string): string {
  const object = `${OBJECTS[row.kind][0]!}.${row.proxyId}.${row.serverId}`;
  return filledColumns(row)
    .map(({ column, position, value }) => {
      const field = `${position}.${column.name}.${PROCESS_NUMBER}`;
      const end = describe === undefined ? "" : `:"${describe(column.name)}"`;
      return `${object}.${field}:${tagsOf(column, row.kind)}:${column.type}:${value}${end}\n`;
    })
    .join("");
}

interface Filled {
  readonly column: Column;
  readonly position: number;
  readonly value: string | number;
}

function filledColumns({ cells }: StatsRow): Filled[] {
  return COLUMNS.flatMap((column, position) => {
    const value = cells[column.name];
    return value === undefined ? [] : [{ column, position, value }];
  });
}
