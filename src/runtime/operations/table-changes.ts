// Entries of stick tables by word of an operator (haproxy management §9.3 `set table`, `clear
// table`). What is set is sent to peers as any other change of this node.
import type { Millis } from "../../base/units.ts";
import { RUNTIME_ENTRIES_PER_PIECE_MAX } from "../limits.ts";
import { dataTypeByName } from "../../stick/data-types.ts";
import { keyFromText, type StickKey } from "../../stick/key.ts";
import type { StickTable } from "../../stick/table.ts";
import { type Answer, done, refuse } from "../command.ts";
import { readInteger64 } from "./numbers.ts";
import { readTableFilter, type TableFilter } from "./table-filter.ts";

const CLEAR_USAGE =
  'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>';
const SET_USAGE = "Required arguments: <table> key <key> [data.<store_data_type> <value>]*";

/** A value to be stored. */
interface Assignment {
  readonly type: string;
  readonly value: number;
}

/** `key <k> [data.<type> <value>]*`: creates the entry if need be. */
export function setTableEntry(
  table: StickTable | undefined,
  args: readonly string[],
  nowMs: Millis,
): Answer {
  if (args[0] === undefined) return refuse(SET_USAGE);
  if (table === undefined) return refuse("No such table");
  const [, keyword, keyWord] = args;
  if (keyword === undefined) return done();
  if (keyword.startsWith("data.")) {
    return refuse('content-based lookup is only supported with the "show" and "clear" actions');
  }
  if (keyword !== "key") return refuse(SET_USAGE);
  const key = readKey(table, keyWord, "Inserting keys into");
  if (typeof key !== "string") return key.answer;
  const assignments = readAssignments(table, args.slice(3));
  if (typeof assignments === "string") return refuse(assignments);
  const entry = table.getOrCreate(key, nowMs);
  if (entry === undefined) return refuse("Unable to allocate a new entry");
  for (const { type, value } of assignments) table.write(entry, type, 0, value, nowMs);
  table.touch(entry, nowMs, "local");
  return done();
}

/** Reads a key, or says why not. */
function readKey(
  table: StickTable,
  word: string | undefined,
  doing: string,
): StickKey | { readonly answer: Answer } {
  if (word === undefined || word === "") return { answer: refuse("Key value expected") };
  if (table.spec.keyType === "binary") {
    const text = `${doing} tables of type other than ip, ipv6, string and integer is not supported`;
    return { answer: refuse(text) };
  }
  return keyFromText(table.spec, word) ?? { answer: refuse("Invalid key") };
}

function readAssignments(table: StickTable, words: readonly string[]): Assignment[] | string {
  const assignments: Assignment[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at]!;
    if (!word.startsWith("data.")) return '"data.<type>" followed by a value expected';
    const name = word.slice("data.".length);
    const type = dataTypeByName(name);
    if (type === undefined) return "Unknown data type";
    if (!table.types.some((stored) => stored.type.name === name)) {
      return "Data type not stored in this table";
    }
    const value = readInteger64(words[at + 1] ?? "");
    if (value === undefined || type.kind === "dict")
      return "Require a valid integer value to store";
    assignments.push({ type: name, value: storable(value, type.kind) });
  }
  return assignments;
}

/** The number in the width of its type, which wraps as in HAProxy. */
function storable(value: bigint, kind: "sint" | "uint" | "ull" | "rate"): number {
  if (kind === "ull") return Number(BigInt.asUintN(64, value));
  return Number(kind === "sint" ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value));
}

/** Removes one entry by key, those that a filter means, or all; entries in use stay. */
export function clearTable(
  table: StickTable | undefined,
  args: readonly string[],
  nowMs: Millis,
): Answer {
  if (args[0] === undefined) return refuse(CLEAR_USAGE);
  if (table === undefined) return refuse("No such table");
  const [, keyword, keyWord] = args;
  if (keyword === undefined) return clearEntries(table, undefined, nowMs);
  if (keyword === "key") {
    const key = readKey(table, keyWord, "Removing keys from");
    if (typeof key !== "string") return key.answer;
    return table.delete(key) === "in-use"
      ? refuse("Entry currently in use, cannot remove")
      : done();
  }
  if (!keyword.startsWith("data.")) return refuse(CLEAR_USAGE);
  const read = readTableFilter(table, args.slice(1), 3);
  if (!read.ok) return refuse(read.problem);
  return clearEntries(table, read.filter, nowMs);
}

function clearEntries(table: StickTable, filter: TableFilter | undefined, nowMs: Millis): Answer {
  return { kind: "output", pieces: clearingSteps(table, filter, nowMs) };
}

/** A large table takes many turns; each piece is one, and prints nothing. */
function* clearingSteps(
  table: StickTable,
  filter: TableFilter | undefined,
  nowMs: Millis,
): Iterable<string> {
  let seenCount = 0;
  for (const entry of table.entries()) {
    if (filter === undefined || filter.matches(entry, nowMs)) table.delete(entry.key);
    seenCount += 1;
    if (seenCount % RUNTIME_ENTRIES_PER_PIECE_MAX === 0) yield "";
  }
}
