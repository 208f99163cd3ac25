// The arguments of a fetch or converter: what stands between the parentheses, with quotes and
// escapes of its own below those of the line (haproxy configuration §2.2).
import type { ArgumentSpec } from "./definition.ts";
import { parseIpv4, parseIpv6, parseMask } from "../base/ip.ts";

/** Arguments and the offset behind the closing parenthesis, or HAProxy's complaint. */
export type SplitArguments =
  | { readonly ok: true; readonly args: readonly string[]; readonly end: number }
  | { readonly ok: false; readonly message: string; readonly argument: number };

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "'": "'",
  " ": " ",
};

/**
 * Reads the arguments of a call whose name ends at `start` in `text`; without a parenthesis there
 * are none. Outside single quotes a backslash escapes quotes, itself, a blank and `n r t`, and is
 * kept before anything else, so that regular expressions need not double theirs.
 */
export function splitArguments(
  text: string,
  start: number,
  specs: readonly ArgumentSpec[],
): SplitArguments {
  const args: string[] = [];
  let end = start;
  if (text[start] === "(") {
    let at = start + 1;
    if (text[at] === ")") end = at + 1;
    else {
      for (;;) {
        if (args.length === specs.length) {
          const rest = text.slice(args.length === 0 ? at : at - 1);
          return failure(`expected ')' before '${rest}'`, args.length);
        }
        const word = readArgument(text, at);
        if (word === undefined) return failure("expected ')'", args.length);
        args.push(word.value);
        at = word.end + 1;
        if (text[word.end] === ")") break;
      }
      end = at;
    }
  }
  return checkArguments(args, specs, end);
}

function failure(message: string, argument: number): SplitArguments {
  return { ok: false, message, argument };
}

function readArgument(text: string, start: number): { value: string; end: number } | undefined {
  let value = "";
  let quote = "";
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) quote = "";
    else if (quote === "" && (char === '"' || char === "'")) quote = char;
    else if (char === "\\" && quote !== "'" && at + 1 < text.length) {
      at += 1;
      value += ESCAPES[text[at]!] ?? (endsUnquoted(text[at]!, quote) ? "\\" : `\\${text[at]!}`);
      if (endsUnquoted(text[at]!, quote)) at -= 1;
    } else if (quote === "" && (char === "," || char === ")")) return { value, end: at };
    else value += char;
  }
  return undefined;
}

function endsUnquoted(char: string, quote: string): boolean {
  return quote === "" && (char === "," || char === ")");
}

function checkArguments(
  args: readonly string[],
  specs: readonly ArgumentSpec[],
  end: number,
): SplitArguments {
  const countMin = specs.filter((spec) => spec.optional !== true).length;
  if (args.length < countMin) {
    const spec = specs[args.length]!;
    return args.length === 0
      ? failure(`expected type '${spec.type}' at position 1, but got nothing`, 0)
      : failure(
          `missing arguments (got ${args.length}/${countMin}), type '${spec.type}' expected`,
          args.length,
        );
  }
  for (const [i, arg] of args.entries()) {
    const spec = specs[i]!;
    if (arg === "" && spec.optional === true) continue;
    if (!isOfType(arg, spec)) {
      return failure(`failed to parse '${arg}' as type '${spec.type}' at position ${i + 1}`, i);
    }
  }
  return { ok: true, args, end };
}

function isOfType(arg: string, spec: ArgumentSpec): boolean {
  switch (spec.type) {
    case "integer":
      return /^[+-]?\d+$/.test(arg);
    case "IPv4 address":
      return parseIpv4(arg) !== undefined;
    case "IPv6 address":
      return parseIpv6(arg) !== undefined;
    case "IPv4 mask":
      return parseMask(arg, 4) !== undefined;
    case "IPv6 mask":
      return parseMask(arg, 6) !== undefined;
    case "frontend":
    case "backend":
    case "server":
    case "table":
    case "variable":
      return arg !== "";
    default:
      return true;
  }
}

/** One argument as it has to be written inside the parentheses. */
export function printArgument(arg: string): string {
  if (/^[^\s,()'"\\#$]*$/.test(arg)) return arg;
  const escaped = arg.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
  return `"${escaped.replace(/\t/g, "\\t")}"`;
}
