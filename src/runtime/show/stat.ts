// show stat [{<iid>|<proxy>} <type> <sid>] [desc|json|no-maint|typed|up]* (haproxy management §9.3)
import { describeColumn } from "../../stats/column-descriptions.ts";
import type { RowKind, StatsRow } from "../../stats/columns.ts";
import { csvHeader, csvLine } from "../../stats/csv.ts";
import { jsonRow, typedLines } from "../../stats/json.ts";
import { ALL_ROWS, eachStatsRow, hasOwnColumns } from "../../stats/rows.ts";
import {
  type Answer,
  type CommandCall,
  isAllowed,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";

/** The command. */
export const SHOW_STAT: RuntimeCommand = {
  words: ["show", "stat"],
  usage: "show stat [desc|json|no-maint|typed|up]*",
  help: "report counters for each proxy and server",
  level: "user",
  run: showStat,
};

/** The bit of a kind in `<type>`. */
const TYPE_BITS: Readonly<Record<RowKind, number>> = {
  frontend: 1,
  backend: 2,
  server: 4,
  listener: 8,
};

/** Kinds of rows that have an id of their own. */
const NUMBERED: ReadonlySet<RowKind> = new Set(["server", "listener"]);

function showStat({ args, level, nowMs }: CommandCall, context: RuntimeContext): Answer {
  const isFiltered = args.length >= 3;
  const accepts = isFiltered ? rowFilter(args, context) : () => true;
  if (accepts === undefined) return refuse("No such proxy.");
  const flags = new Set(isFiltered ? args.slice(3) : args);
  const selection = {
    ...ALL_ROWS,
    hideDown: flags.has("up"),
    hideMaintenance: flags.has("no-maint"),
    // Addresses and algorithms are for those who may change something.
    legends: isAllowed(level, "operator"),
  };
  const rows = accepted(eachStatsRow(context.stats, selection, nowMs), accepts);
  if (flags.has("json")) return { kind: "output", pieces: jsonPieces(rows) };
  if (flags.has("typed")) {
    return { kind: "output", pieces: typedPieces(rows, flags.has("desc")) };
  }
  return { kind: "output", pieces: csvPieces(rows, hasOwnColumns(context.stats)) };
}

/** Looks at three words: a proxy by id or name, kinds of rows as bits, the id of a server or listener; -1 is any. */
function rowFilter(
  [proxy = "", type = "", server = ""]: readonly string[],
  { stats }: RuntimeContext,
): ((row: StatsRow) => boolean) | undefined {
  const isNumber = /^-?\d+$/.test(proxy);
  const named = stats.proxies.find(({ name }) => name === proxy);
  if (!isNumber && named === undefined) return undefined;
  const proxyId = isNumber ? Number(proxy) : named!.id;
  const bits = leadingNumber(type);
  const serverId = leadingNumber(server);
  return (row) =>
    (proxyId === -1 || row.proxyId === proxyId) &&
    (bits === -1 || (bits & TYPE_BITS[row.kind]) !== 0) &&
    (serverId === -1 || row.serverId === serverId || !NUMBERED.has(row.kind));
}

/** Digits with their sign at the beginning; 0 without any, as `atoi`. */
function leadingNumber(text: string): number {
  return Number(/^[+-]?\d+/.exec(text)?.[0] ?? 0);
}

function* accepted(
  rows: Iterable<StatsRow>,
  accepts: (row: StatsRow) => boolean,
): Generator<StatsRow, void> {
  for (const row of rows) if (accepts(row)) yield row;
}

function* csvPieces(rows: Iterable<StatsRow>, hasOwn: boolean): Generator<string, void> {
  yield `${csvHeader(hasOwn)}\n`;
  for (const row of rows) yield `${csvLine(row, hasOwn)}\n`;
}

function* typedPieces(rows: Iterable<StatsRow>, isDescribed: boolean): Generator<string, void> {
  const describe = isDescribed ? describeColumn : undefined;
  for (const row of rows) yield typedLines(row, describe);
}

function* jsonPieces(rows: Iterable<StatsRow>): Generator<string, void> {
  let before = "[";
  for (const row of rows) {
    yield before + jsonRow(row);
    before = ",";
  }
  yield before === "[" ? "[]\n" : "]\n";
}
