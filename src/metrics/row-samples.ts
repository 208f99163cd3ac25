// From rows of the statistics to samples.
import type { StatsRow } from "../stats/columns.ts";
import type { Labels, MetricSample } from "./exposition.ts";
import type { RowFamily } from "./row-families.ts";

/** A row with the labels that its samples begin with. */
export interface LabelledRow {
  readonly row: StatsRow;
  readonly labels: Labels;
  /** Of a backend: the rows of its servers; HAProxy sums up nothing where there is none. */
  readonly servers: readonly StatsRow[];
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

/** The samples of a family that a row has; none where the family does not apply. */
export function samplesOf(
  family: RowFamily,
  scope: RowScope,
  { row, labels, servers }: LabelledRow,
): readonly MetricSample[] {
  const { cells } = row;
  const value = cells[family.column];
  const one = (sample: MetricSample["value"]): readonly MetricSample[] => [
    { labels, value: sample },
  ];
  switch (family.value) {
    case "plain":
      return one(value);
    case "seconds":
      return one(secondsOf(value));
    case "present":
      return value === undefined ? [] : one(value);
    case "http":
      return cells.mode === "http" ? one(value ?? 0) : [];
    case "responses":
      if (cells.mode !== "http") return [];
      return RESPONSE_CLASSES.map(([code, column]) => ({
        labels: [...labels, ["code", code]],
        value: cells[column] ?? 0,
      }));
    case "state":
      return eachState(labels, STATES[scope], (state) => Number(state === stateOf(scope, row)));
    case "check-state": {
      const result = checkResultOf(row);
      if (result === undefined) return [];
      return eachState(labels, CHECK_STATES, (state) => Number(state === result));
    }
    case "check-code":
      return cells.check_status === undefined ? [] : one(value ?? 0);
    case "check-seconds":
      return cells.check_status === undefined ? [] : one(secondsOf(value ?? 0));
    case "server-states":
      if (servers.length === 0) return [];
      return eachState(labels, STATES.server, counted(servers.map((s) => stateOf("server", s))));
    case "check-states":
      if (servers.length === 0) return [];
      return eachState(labels, CHECK_STATES, counted(servers.map(checkResultOf)));
  }
}

function eachState(
  labels: Labels,
  states: readonly string[],
  valueOf: (state: string) => number,
): MetricSample[] {
  return states.map((state) => ({ labels: [...labels, ["state", state]], value: valueOf(state) }));
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

/** Without the mark of a check that runs. */
function checkResultOf({ cells }: StatsRow): string | undefined {
  return cells.check_status === undefined
    ? undefined
    : String(cells.check_status).replace(/^\* /, "");
}

function secondsOf(ms: string | number | undefined): string | undefined {
  return ms === undefined ? undefined : (Number(ms) / 1000).toFixed(6);
}
