// The text of a log-format, split into nodes (haproxy configuration §8.2.4).
//
//   %<variable>  %{<flags>}<variable>  %[<sample>]  %{<flags>}[<sample>]  %{<flags>}o  %%
//
// Flags are `+Q`, `-X` and so on, separated by commas. `%{...}o` sets them for all that follows.
// A run of blanks is one separator. A name in parentheses, `%(name)b`, is skipped (HAProxy 3.0).
import type { VariableFlags } from "./variables.ts";

/** One piece of a log-format. */
export type FormatNode =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "separator" }
  | { readonly kind: "variable"; readonly name: string; readonly flags: VariableFlags }
  | { readonly kind: "sample"; readonly expression: string; readonly flags: VariableFlags };

/** The nodes of a format, or what is wrong with it in HAProxy's words. */
export type FormatParse =
  | { readonly ok: true; readonly nodes: readonly FormatNode[] }
  | { readonly ok: false; readonly message: string };

const NO_FLAGS: VariableFlags = { quote: false, hex: false, escape: false };
const NAME = /[A-Za-z][A-Za-z0-9]*/y;
const LITERAL = /[^% ]+/y;
const SEPARATOR = / +/y;
const CUSTOM_NAME = /\([^)]*\)/y;
const VERBATIM_HINT = "If you wanted to emit the '%' character verbatim, you need to use '%%'.";

type Step =
  | { readonly next: number; readonly node?: FormatNode; readonly flags?: VariableFlags }
  | { readonly message: string };

/** Splits a format into nodes. Whether variables and samples exist is for the compiler to say. */
export function parseLogFormat(format: string): FormatParse {
  const nodes: FormatNode[] = [];
  let flags = NO_FLAGS;
  let index = 0;
  while (index < format.length) {
    const step = parseNode(format, index, flags);
    if ("message" in step) return { ok: false, message: step.message };
    if (step.node !== undefined) nodes.push(step.node);
    flags = step.flags ?? flags;
    index = step.next;
  }
  return { ok: true, nodes };
}

function parseNode(format: string, index: number, flags: VariableFlags): Step {
  const blanks = matchAt(SEPARATOR, format, index);
  if (blanks !== undefined) return { next: index + blanks.length, node: { kind: "separator" } };
  const text = matchAt(LITERAL, format, index);
  if (text !== undefined) return { next: index + text.length, node: { kind: "literal", text } };
  if (format[index + 1] === "%") return { next: index + 2, node: { kind: "literal", text: "%" } };
  return parsePercent(format, index, flags);
}

/** `index` is at a `%` that is not doubled. */
function parsePercent(format: string, start: number, inherited: VariableFlags): Step {
  let index = start + 1;
  index += matchAt(CUSTOM_NAME, format, index)?.length ?? 0;
  let flags = inherited;
  if (format[index] === "{") {
    const end = format.indexOf("}", index);
    if (end < 0) return { message: `truncated line after '${format.slice(index + 1)}'` };
    flags = applyFlags(inherited, format.slice(index + 1, end));
    index = end + 1;
    if (format[index] !== "[" && matchAt(NAME, format, index) === undefined) {
      const near = format.slice(start, index);
      return { message: `parse argument modifier without variable name near '${near}'` };
    }
  }
  if (format[index] === "[") return parseSample(format, index, flags);
  if (index >= format.length) return { message: "truncated line after '%'" };
  const name = matchAt(NAME, format, index);
  if (name === undefined) {
    return { message: `no such format variable '${format[index]!}'. ${VERBATIM_HINT}` };
  }
  const next = index + name.length;
  if (name === "o") return { next, flags };
  return { next, node: { kind: "variable", name, flags } };
}

/** `index` is at the `[`. Brackets inside parentheses or quotes belong to the sample's arguments. */
function parseSample(format: string, index: number, flags: VariableFlags): Step {
  let depth = 0;
  let quote: string | undefined;
  for (let at = index + 1; at < format.length; at++) {
    const char = format[at]!;
    if (char === "\\" && quote !== "'") at++;
    else if (quote !== undefined) quote = char === quote ? undefined : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "]" && depth <= 0) {
      const expression = format.slice(index + 1, at).trim();
      return { next: at + 1, node: { kind: "sample", expression, flags } };
    }
  }
  return { message: `missing ']' after '${format.slice(index + 1)}'` };
}

/**
 * QUIRK: HAProxy ignores words that are not flags, so `{Q}` and `{+QX}` change nothing, and of
 * several signs without a comma between them only the last counts: `{+Q+X}` is `{+X}`.
 */
function applyFlags(flags: VariableFlags, text: string): VariableFlags {
  let { quote, hex, escape } = flags;
  for (const word of text.split(",")) {
    const [, sign, flag] = /([+-])([^+-]*)$/.exec(word) ?? [];
    const on = sign === "+";
    if (flag === "Q") quote = on;
    else if (flag === "X") hex = on;
    else if (flag === "E") escape = on;
  }
  return { quote, hex, escape };
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** The error for a variable that does not exist. */
export function unknownVariable(name: string): string {
  return `no such format variable '${name}'. ${VERBATIM_HINT}`;
}
