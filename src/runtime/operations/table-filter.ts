// Which entries of a stick table a command means: `data.<type> <operator> <value>`, up to four of
// them (haproxy management §9.3 `show table`, `clear table`).
import type { Millis } from "../../base/units.ts";
import { dataTypeByName } from "../../stick/data-types.ts";
import type { StickEntry } from "../../stick/entry.ts";
import type { StickTable } from "../../stick/table.ts";
import { readInteger64 } from "./numbers.ts";

const FILTERS_MAX = 4;

type Comparison = (a: number, b: number) => boolean;

const OPERATORS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["eq", (a, b) => a === b],
  ["ne", (a, b) => a !== b],
  ["le", (a, b) => a <= b],
  ["ge", (a, b) => a >= b],
  ["lt", (a, b) => a < b],
  ["gt", (a, b) => a > b],
]);

/** Conditions that must all hold; those of an empty filter do. */
export interface TableFilter {
  matches(entry: StickEntry, nowMs: Millis): boolean;
}

/** A filter, or what is wrong with the words. */
export type ReadFilter =
  | { readonly ok: true; readonly filter: TableFilter }
  | { readonly ok: false; readonly problem: string };

interface Condition {
  readonly type: string;
  readonly compare: Comparison;
  readonly value: number;
}

/** Reads the words from the first `data.` on; `wordsBefore` of the command stand before them. */
export function readTableFilter(
  table: StickTable,
  words: readonly string[],
  wordsBefore: number,
): ReadFilter {
  const conditions: Condition[] = [];
  let at = 0;
  while (at < words.length && conditions.length < FILTERS_MAX) {
    const condition = readCondition(table, words.slice(at, at + 3));
    if (typeof condition === "string") {
      return problem(`Filter entry #${conditions.length + 1}: ${condition}`);
    }
    conditions.push(condition);
    at += 3;
  }
  if (at < words.length) {
    return problem(
      `Detected extra data in filter, ${wordsBefore + at + 1}th word of input, ` +
        `after '${words[at - 1]!}'`,
    );
  }
  return { ok: true, filter: filterOf(table, conditions) };
}

function problem(text: string): ReadFilter {
  return { ok: false, problem: text };
}

function readCondition(table: StickTable, words: readonly string[]): Condition | string {
  const [word, operator, valueWord] = words;
  const type = word?.startsWith("data.") === true ? word.slice("data.".length) : "";
  if (dataTypeByName(type) === undefined) return "Unknown data type";
  if (!table.types.some((stored) => stored.type.name === type)) {
    return "Data type not stored in this table";
  }
  const compare = OPERATORS.get(operator ?? "");
  if (compare === undefined) {
    return 'Require and operator among "eq", "ne", "le", "ge", "lt", "gt"';
  }
  const value = readInteger64(valueWord ?? "");
  if (value === undefined) return "Require a valid integer value to compare against";
  return { type, compare, value: Number(value) };
}

function filterOf(table: StickTable, conditions: readonly Condition[]): TableFilter {
  return {
    matches: (entry, nowMs) =>
      conditions.every(({ type, compare, value }) =>
        compare(table.read(entry, type, 0, nowMs) ?? 0, value),
      ),
  };
}
