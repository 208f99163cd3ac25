// Text: case, parts, trimming, joining (haproxy configuration §7.3.1).
import { byteStringOfText } from "../bytes.ts";
import { sampleText } from "../convert.ts";
import type { ConverterDefinition } from "../definition.ts";
import type { Fetched, Sample } from "../sample.ts";
import { checkVariableName } from "../variable.ts";

function textOf(sample: Sample): string {
  return sample.type === "str" ? sample.value : "";
}

function str(value: string): Sample {
  return { type: "str", value };
}

function upper(text: string): string {
  return text.replace(/[a-z]+/g, (run) => run.toUpperCase());
}

function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

function simple(
  name: string,
  description: string,
  convert: (text: string) => string,
): ConverterDefinition {
  return {
    names: [name],
    args: [],
    input: "str",
    output: "str",
    description,
    make: () => (sample) => str(convert(textOf(sample))),
  };
}

/** A run of text between delimiters: offsets of its first character and behind its last. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/** Parts between single delimiters, empty ones included. */
export function splitFields(text: string, delimiters: string): readonly Part[] {
  const parts: Part[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !delimiters.includes(text[at]!)) continue;
    parts.push({ start, end: at });
    start = at + 1;
  }
  return parts;
}

/**
 * The `index`th part (negative: from the end) joined with the next ones up to `count` of them, 0
 * for all; from the end they are joined with those before it. `undefined` when there is none.
 */
function pickParts(
  text: string,
  parts: readonly Part[],
  index: number,
  count: number,
  edges: { readonly start: number; readonly end: number },
): string | undefined {
  const at = index > 0 ? index - 1 : parts.length + index;
  const part = parts[at];
  if (part === undefined) return undefined;
  if (index > 0) {
    const last = parts[at + count - 1];
    return text.slice(part.start, count === 0 || last === undefined ? edges.end : last.end);
  }
  const first = parts[at - count + 1];
  return text.slice(count === 0 || first === undefined ? edges.start : first.start, part.end);
}

function partConverter(
  name: "field" | "word",
  description: string,
  pick: (text: string, index: number, delimiters: string, count: number) => string | undefined,
): ConverterDefinition {
  return {
    names: [name],
    args: [
      { name: "index", type: "integer" },
      { name: "delimiters", type: "string" },
      { name: "count", type: "integer", optional: true },
    ],
    input: "str",
    output: "str",
    description,
    check: ([index, delimiters]) => {
      if (Number(index) === 0) return "Unexpected value 0 for index";
      return delimiters === "" ? "Empty separators list" : undefined;
    },
    make: ([index, delimiters, count]) => {
      const given = count === undefined || count === "" ? 1 : Number(count);
      const separators = byteStringOfText(delimiters!);
      return (sample): Fetched => {
        const value = pick(textOf(sample), Number(index), separators, given);
        return value === undefined ? "none" : str(value);
      };
    },
  };
}

function pickField(
  text: string,
  index: number,
  delimiters: string,
  count: number,
): string | undefined {
  const edges = { start: 0, end: text.length };
  return pickParts(text, splitFields(text, delimiters), index, count, edges);
}

/** Words are fields that are not empty; one that does not exist is an empty text. */
function pickWord(text: string, index: number, delimiters: string, count: number): string {
  const words = splitFields(text, delimiters).filter((part) => part.end > part.start);
  return pickParts(text, words, index, count, { start: 0, end: text.length }) ?? "";
}

function trimStart(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text[start]!)) start += 1;
  return text.slice(start);
}

function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

function trimConverter(
  name: string,
  description: string,
  trim: (text: string, characters: string) => string,
): ConverterDefinition {
  return {
    names: [name],
    args: [{ name: "characters", type: "string" }],
    input: "str",
    output: "str",
    description,
    make: ([characters]) => {
      const set = byteStringOfText(characters!);
      return (sample) => str(trim(textOf(sample), set));
    },
  };
}

/** Text converters. */
export const TEXT_CONVERTERS: readonly ConverterDefinition[] = [
  simple("lower", "ASCII letters in lower case.", lower),
  simple("upper", "ASCII letters in upper case.", upper),
  partConverter(
    "field",
    "The field at an index between delimiters; negative counts from the end.",
    pickField,
  ),
  partConverter("word", "As field, but empty fields do not count.", pickWord),
  trimConverter("ltrim", "Without the characters given at its start.", trimStart),
  trimConverter("rtrim", "Without the characters given at its end.", trimEnd),
  {
    names: ["length"],
    args: [],
    input: "str",
    output: "int",
    description: "Its length in bytes.",
    make: () => (sample) => ({ type: "int", value: textOf(sample).length }),
  },
  {
    names: ["concat"],
    args: [
      { name: "start", type: "string", optional: true },
      { name: "variable", type: "string", optional: true },
      { name: "end", type: "string", optional: true },
    ],
    input: "str",
    output: "str",
    description: "Followed by a text, a variable's value and another text.",
    check: ([, name]) => (name === undefined || name === "" ? undefined : checkVariableName(name)),
    make: ([start = "", name = "", end = ""]) => {
      const head = byteStringOfText(start);
      const tail = byteStringOfText(end);
      return (sample, context) => {
        const variable = context.variables.get(name);
        const middle = variable === undefined ? "" : sampleText(variable);
        return str(textOf(sample) + head + middle + tail);
      };
    },
  },
];
