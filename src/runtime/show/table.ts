// show table [<table> [data.<type> <operator> <value>]* | [key <key>]] (haproxy management §9.3)
import type { Millis } from "../../base/units.ts";
import { RUNTIME_ENTRIES_PER_PIECE_MAX } from "../limits.ts";
import type { StickEntry } from "../../stick/entry.ts";
import { keyFromText } from "../../stick/key.ts";
import { printEntry, printTable } from "../../stick/print.ts";
import type { StickTable } from "../../stick/table.ts";
import {
  type Answer,
  type CommandCall,
  DENIED,
  isAllowed,
  output,
  refuse,
  type RuntimeCommand,
  type RuntimeContext,
} from "../command.ts";
import { readTableFilter, type TableFilter } from "../operations/table-filter.ts";

/** The command. */
export const SHOW_TABLE: RuntimeCommand = {
  words: ["show", "table"],
  usage: "show table <table> [<filter>]*",
  help: "report table usage stats or dump this table's contents (filter: data/key)",
  level: "user",
  run: showTable,
};

const USAGE =
  'Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>';

/** To users, as HAProxy says it. */
const UNREADABLE = "# contents not dumped due to insufficient privileges";

/** Bytes that a line's address pretends an entry to take: programs want one number for each entry. */
const ADDRESS_STEP = 0x40;

function showTable({ args, level, nowMs }: CommandCall, context: RuntimeContext): Answer {
  const { tables } = context.world;
  const [name, keyword, keyWord] = args;
  if (name === undefined) {
    return output([...tables.values()].map((table) => `${printTable(table)}\n`).join(""));
  }
  const table = tables.get(name);
  if (table === undefined) return refuse("No such table");
  const clock = (): Millis => Math.max(nowMs, context.world.nowMs);
  // Keys are names and addresses of devices.
  const mayRead = isAllowed(level, "operator");
  if (keyword === "key") return showKey(table, keyWord, mayRead, nowMs);
  let filter: TableFilter | undefined;
  if (keyword !== undefined) {
    if (!keyword.startsWith("data.")) return refuse(USAGE);
    const read = readTableFilter(table, args.slice(1), 3);
    if (!read.ok) return refuse(read.problem);
    ({ filter } = read);
  }
  if (!mayRead) return output(`${printTable(table)}\n${UNREADABLE}\n`);
  return { kind: "output", pieces: dump(table, filter, clock) };
}

function showKey(
  table: StickTable,
  word: string | undefined,
  mayRead: boolean,
  nowMs: Millis,
): Answer {
  if (word === undefined || word === "") return refuse("Key value expected");
  if (!mayRead) return DENIED;
  if (table.spec.keyType === "binary") {
    const kinds = "ip, ipv6, string and integer";
    return refuse(`Showing keys from tables of type other than ${kinds} is not supported`);
  }
  const key = keyFromText(table.spec, word);
  if (key === undefined) return refuse("Invalid key");
  const entry = table.lookup(key, nowMs);
  if (entry === undefined) return output("");
  return output(`${printTable(table)}\n${entryLine(table, entry, nowMs)}`);
}

/** One line a piece, and an empty piece now and then while none is found. */
function* dump(
  table: StickTable,
  filter: TableFilter | undefined,
  clock: () => Millis,
): Generator<string, void> {
  yield `${printTable(table)}\n`;
  let skippedCount = 0;
  for (const entry of table.entries()) {
    const nowMs = clock();
    if (isOver(table, entry, nowMs) || filter?.matches(entry, nowMs) === false) {
      skippedCount += 1;
      if (skippedCount % RUNTIME_ENTRIES_PER_PIECE_MAX === 0) yield "";
    } else yield entryLine(table, entry, nowMs);
  }
}

/** Whether its time has run out; a table collects such entries little by little. */
function isOver(table: StickTable, entry: StickEntry, nowMs: Millis): boolean {
  return table.expireMs !== undefined && table.expiresInMs(entry, nowMs) === 0;
}

function entryLine(table: StickTable, entry: StickEntry, nowMs: Millis): string {
  const address = ((entry.slot + 1) * ADDRESS_STEP).toString(16);
  return `0x${address}: ${printEntry(table, entry, nowMs)}\n`;
}
