// `~SEQ(var,start,step,end) rest` and `~LST(var,a,b) rest` (keepalived.conf(5), "Sequence blocks",
// "List blocks"): the rest of the line once for each value.
import { CONFIG_EXPANDED_LINES_MAX } from "../limits.ts";

/** One value for each of a few names. */
export type Assignment = readonly (readonly [name: string, value: string])[];

/** What a line that starts with `~` says. */
export type Sequence =
  | { readonly kind: "values"; readonly assignments: Iterable<Assignment>; readonly rest: string }
  | { readonly kind: "malformed"; readonly message: string };

const HEAD = /^~(SEQx?|LST)\(([^()]*)\)(.*)$/s;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NUMBER = /^[-+]?(?:0x[0-9a-f]{1,8}|\d{1,9})$/i;

/** Reads a line that starts with `~SEQ` or `~LST`; `undefined` for other lines. */
export function parseSequence(line: string): Sequence | undefined {
  const kind = /^~(SEQ|LST)/.exec(line)?.[1];
  if (kind === undefined) return undefined;
  const head = HEAD.exec(line);
  if (head === null) return { kind: "malformed", message: `Invalid ~${kind} specification` };
  const rest = head[3]!.trim();
  if (kind === "LST") return parseList(head[2]!, rest);
  const [name = "", ...texts] = head[2]!.split(",").map((part) => part.trim());
  if (!NAME.test(name) || texts.length < 1 || texts.length > 3 || !texts.every(isNumber)) {
    return { kind: "malformed", message: "Invalid ~SEQ definition" };
  }
  return parseNumbers(name, texts.map(toNumber), head[1] === "SEQx", rest);
}

function parseNumbers(
  name: string,
  numbers: readonly number[],
  isHex: boolean,
  rest: string,
): Sequence {
  const end = numbers.at(-1)!;
  const start = numbers.length > 1 ? numbers[0]! : end > 0 ? 1 : -1;
  const step = numbers.length === 3 ? numbers[1]! : end >= start ? 1 : -1;
  if (step === 0 || (end - start) * step < 0) {
    return { kind: "malformed", message: "Invalid ~SEQ values" };
  }
  if (Math.abs((end - start) / step) >= CONFIG_EXPANDED_LINES_MAX) {
    return { kind: "malformed", message: `~SEQ of more than ${CONFIG_EXPANDED_LINES_MAX} values` };
  }
  return { kind: "values", assignments: count(name, start, step, end, isHex), rest };
}

function* count(
  name: string,
  start: number,
  step: number,
  end: number,
  isHex: boolean,
): Generator<Assignment> {
  for (let value = start; step > 0 ? value <= end : value >= end; value += step) {
    yield [[name, value.toString(isHex ? 16 : 10)]];
  }
}

/** `var,a,b` or `{v1,v2},{a,b},{c,d}`; values of one bracket belong together. */
function parseList(text: string, rest: string): Sequence {
  const items = text.match(/\{[^{}]*\}|[^,{}]+/g)?.map(splitItem) ?? [];
  const [names = [], ...values] = items;
  const isWhole = names.length > 0 && values.length > 0 && names.every((name) => NAME.test(name));
  if (!isWhole || values.some((value) => value.length > names.length)) {
    return { kind: "malformed", message: "Invalid ~LST specification" };
  }
  const assignments = values.map((value) =>
    names.map((name, i): readonly [string, string] => [name, value[i] ?? ""]),
  );
  return { kind: "values", assignments, rest };
}

function splitItem(text: string): string[] {
  return text
    .replace(/^\{|\}$/g, "")
    .split(",")
    .map((part) => part.trim());
}

function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

function toNumber(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  return sign * Number(text.replace(/^[-+]/, ""));
}
