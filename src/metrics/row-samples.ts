// From rows of the statistics to the lines of samples. A large configuration has tens of thousands of
// them, so they are put together from texts that are made once.
import type { StatsRow } from "../stats/columns.ts";
import { formatLabels, formatLine } from "./exposition.ts";
import type { RowFamily } from "./row-families.ts";

/** A row as samples need it; what many families share is found once. */
export interface LabelledRow {
  readonly row: StatsRow;
  /** As text: `proxy="be",server="b1"`. */
  readonly labels: string;
  readonly state: string;
  /** Without the mark of a check that runs; `undefined` for what is not checked. */
  readonly checkResult: string | undefined;
  /** Of a backend: its servers. HAProxy sums up nothing where there is none. */
  readonly servers: readonly LabelledRow[];
}

/** The scopes that have rows. */
export type RowScope = "frontend" | "listener" | "backend" | "server";

const STATES: Readonly<Record<RowScope, readonly string[]>> = {
  frontend: ["DOWN", "UP"],
  listener: ["WAITING", "OPEN", "FULL"],
  backend: ["DOWN", "UP"],
  server: ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"],
};

/** Results of checks in HAProxy's order; those of programs do not occur, and are 0. */
const CHECK_STATES = [
  "HANA",
  "SOCKERR",
  "L4OK",
  "L4TOUT",
  "L4CON",
  "L6OK",
  "L6TOUT",
  "L6RSP",
  "L7TOUT",
  "L7RSP",
  "L7OK",
  "L7OKC",
  "L7STS",
  "PROCERR",
  "PROCTOUT",
  "PROCOK",
];

const RESPONSE_CLASSES = [
  ["1xx", "hrsp_1xx"],
  ["2xx", "hrsp_2xx"],
  ["3xx", "hrsp_3xx"],
  ["4xx", "hrsp_4xx"],
  ["5xx", "hrsp_5xx"],
  ["other", "hrsp_other"],
] as const;

/** A row with its labels; `servers` are those of a backend. */
export function labelRow(
  scope: RowScope,
  row: StatsRow,
  servers: readonly LabelledRow[] = [],
): LabelledRow {
  const { pxname, svname, check_status: result } = row.cells;
  const names: [string, string][] = [["proxy", String(pxname)]];
  if (scope === "server" || scope === "listener") names.push([scope, String(svname)]);
  return {
    row,
    labels: formatLabels(names),
    state: stateOf(scope, row),
    checkResult: result === undefined ? undefined : String(result).replace(/^\* /, ""),
    servers,
  };
}

/** The lines of a family's samples for a row; empty where the family does not apply. */
export function formatRow(
  { column, value: kind }: RowFamily,
  name: string,
  scope: RowScope,
  { row, labels, state, checkResult, servers }: LabelledRow,
): string {
  const { cells } = row;
  const value = cells[column];
  switch (kind) {
    case "plain":
      return formatLine(name, labels, value);
    case "seconds":
      return formatLine(name, labels, secondsOf(value));
    case "present":
      return value === undefined ? "" : formatLine(name, labels, value);
    case "http":
      return cells.mode === "http" ? formatLine(name, labels, value ?? 0) : "";
    case "responses":
      if (cells.mode !== "http") return "";
      return RESPONSE_CLASSES.map(([code, each]) =>
        formatLine(name, `${labels},code="${code}"`, cells[each] ?? 0),
      ).join("");
    case "state":
      return eachState(name, labels, STATES[scope], (each) => Number(each === state));
    case "check-state":
      if (checkResult === undefined) return "";
      return eachState(name, labels, CHECK_STATES, (each) => Number(each === checkResult));
    case "check-code":
      return checkResult === undefined ? "" : formatLine(name, labels, value ?? 0);
    case "check-seconds":
      return checkResult === undefined ? "" : formatLine(name, labels, secondsOf(value ?? 0));
    case "server-states":
      if (servers.length === 0) return "";
      return eachState(name, labels, STATES.server, counted(servers.map((each) => each.state)));
    case "check-states":
      if (servers.length === 0) return "";
      return eachState(
        name,
        labels,
        CHECK_STATES,
        counted(servers.map((each) => each.checkResult)),
      );
  }
}

function eachState(
  name: string,
  labels: string,
  states: readonly string[],
  valueOf: (state: string) => number,
): string {
  let lines = "";
  for (const state of states) lines += `${name}{${labels},state="${state}"} ${valueOf(state)}\n`;
  return lines;
}

function counted(values: readonly (string | undefined)[]): (state: string) => number {
  return (state) => values.filter((value) => value === state).length;
}

/** The state that a status stands for: `UP 1/3` is up, and so is `no check`. */
function stateOf(scope: RowScope, { cells }: StatsRow): string {
  const status = String(cells.status ?? "");
  if (scope === "listener") return status;
  // A frontend that an operator has paused counts as up in HAProxy, too.
  if (scope === "frontend") return status === "STOP" ? "DOWN" : "UP";
  const word = status.split(" ", 1)[0]!;
  return word === "no" ? "UP" : word;
}

function secondsOf(ms: string | number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms === 0 ? "0.000000" : (Number(ms) / 1000).toFixed(6);
}
