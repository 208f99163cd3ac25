// ACLs and the conditions made of them (haproxy configuration §7.1, §7.2).
//
//   acl <name> <expression> [-i] [-n] [-m <method>] [-f <file>] [-u <id>] [--] [<pattern>...]
//   if|unless [!]<name> | [!]{ <the same without a name> } ...   with `or` or `||` between groups
import type { Position } from "../base/diagnostic.ts";
import type { AclDefinition, AclTerm, Condition, MatchMethod } from "./ast.ts";
import { isCastable } from "./convert.ts";
import { expressionOutput, parseOneWordExpression, printSampleExpression } from "./parse-sample.ts";
import { parsed, type Parsed, type ParseFailure, refused } from "./parsed.ts";
import { compilePattern, INT_OPERATORS, methodType } from "./pattern.ts";
import { printWord } from "./print-word.ts";
import { suggest } from "../base/suggest.ts";

const METHODS: readonly MatchMethod[] = [
  "found",
  "bool",
  "int",
  "ip",
  "bin",
  "len",
  "str",
  "sub",
  "reg",
  "beg",
  "end",
  "dir",
  "dom",
];

/** Fetch names that carry a method of their own. */
const SUFFIXED: Readonly<Record<string, MatchMethod>> = {
  ssl_fc_sni_end: "end",
  ssl_fc_sni_reg: "reg",
};

/** Parses an `acl` line from its name on; the name must not be `or` nor hold odd characters. */
export function parseAcl(
  words: readonly string[],
  index: number,
  position: Position,
): Parsed<AclDefinition> {
  const name = words[index];
  if (name === undefined) return refused("missing acl name", index);
  const odd = /[^A-Za-z0-9_.:-]/.exec(name);
  if (odd !== null) {
    return refused(`character '${odd[0]}' is not permitted in acl name '${name}'.`, index);
  }
  if (name.toLowerCase() === "or") {
    const why = "'or' is used to express a logical disjunction within a condition.";
    return refused(`acl name '${name}' will never match. ${why}`, index);
  }
  const body = parseAclBody(words, index + 1, words.length, position);
  if (body.ok) return parsed({ name, ...body.value }, words.length);
  const message = `error detected while parsing ACL '${name}' : ${body.message}.`;
  return { ...body, message };
}

/** Parses what follows an ACL's name, up to the word at `end`. */
function parseAclBody(
  words: readonly string[],
  index: number,
  end: number,
  position: Position,
): Parsed<AclDefinition> {
  const given = index < end ? words[index]! : "";
  const suffixed = Object.hasOwn(SUFFIXED, given) ? SUFFIXED[given] : undefined;
  const text = suffixed === undefined ? given : given.slice(0, given.lastIndexOf("_"));
  const expression = parseOneWordExpression([text], 0);
  if (!expression.ok) {
    const message = `${expression.message} in ACL expression '${given}'`;
    return { ...expression, message, word: index };
  }
  const flags = parseFlags(words, index + 1, end);
  if (!flags.ok) return flags;
  const output = expressionOutput(expression.value);
  const fetchName = expression.value.fetch.name;
  const method = flags.value.method ?? suffixed ?? defaultMethod(output);
  const type = method === undefined ? undefined : methodType(method);
  if (type !== undefined && output !== "any" && !isCastable(output, type)) {
    const message = `matching method '${method}' cannot be used with fetch keyword '${fetchName}'`;
    return refused(message, index);
  }
  if (method === undefined) {
    const must = "matching method must be specified first (using '-m')";
    const message = `${must} when using a sample fetch of this type ('${fetchName}')`;
    return refused(message, index, "add '-m str', '-m found' or the like before the patterns");
  }
  const { ignoreCase, noResolve, files } = flags.value;
  const patterns = parsePatterns(words.slice(flags.next, end), method, ignoreCase, flags.next);
  if (!patterns.ok) return patterns;
  return parsed(
    {
      expression: expression.value,
      method,
      ignoreCase,
      noResolve,
      files,
      patterns: patterns.value,
      position,
    },
    end,
  );
}

function defaultMethod(output: string): MatchMethod | undefined {
  return output === "bool" || output === "int" || output === "ip" || output === "str"
    ? output
    : undefined;
}

interface AclFlags {
  readonly method?: MatchMethod;
  readonly ignoreCase: boolean;
  readonly noResolve: boolean;
  readonly files: readonly string[];
}

function parseFlags(words: readonly string[], index: number, end: number): Parsed<AclFlags> {
  let flags: AclFlags = { ignoreCase: false, noResolve: false, files: [] };
  let at = index;
  for (; at < end; at++) {
    const word = words[at]!;
    if (!word.startsWith("-") || word === "-") break;
    const value = at + 1 < end ? words[at + 1]! : "";
    if (word === "--") return parsed(flags, at + 1);
    if (word === "-i") flags = { ...flags, ignoreCase: true };
    else if (word === "-n") flags = { ...flags, noResolve: true };
    else if (word === "-f" || word === "-m" || word === "-u") {
      const option = parseOption(word, value, at, flags);
      if (!option.ok) return option;
      flags = option.value;
      at += 1;
    } else if (word === "-M") {
      return refused("'-M' (an ACL from a map file) is not served here", at, "use '-f'");
    } else {
      const advice = "Please use '--' before any pattern beginning with a '-'";
      return refused(`'${word}' is not a valid ACL option. ${advice}`, at);
    }
  }
  return parsed(flags, at);
}

function parseOption(
  option: "-f" | "-m" | "-u",
  value: string,
  at: number,
  flags: AclFlags,
): Parsed<AclFlags> {
  if (option === "-f") {
    if (value === "") return refused("missing file name after '-f'", at);
    return parsed({ ...flags, files: [...flags.files, value] }, at + 2);
  }
  if (option === "-u") {
    // The id names an ACL to the runtime API; it does not change what matches.
    return /^\d+$/.test(value)
      ? parsed(flags, at + 2)
      : refused("the argument of -u must be an integer", at);
  }
  const method = METHODS.find((known) => known === value);
  if (method !== undefined) return parsed({ ...flags, method }, at + 2);
  const nearest = suggest(value, METHODS);
  return refused(
    `unknown matching method '${value}' when parsing ACL expression`,
    at,
    nearest === undefined ? undefined : `did you mean '${nearest}' ?`,
  );
}

/** Operators of `int` and `len` patterns stay in force for the patterns behind them. */
function parsePatterns(
  words: readonly string[],
  method: MatchMethod,
  ignoreCase: boolean,
  firstWord: number,
): Parsed<readonly string[]> {
  const isNumeric = method === "int" || method === "len";
  const patterns: string[] = [];
  let operator = "";
  for (const [i, word] of words.entries()) {
    if (isNumeric && INT_OPERATORS.includes(word)) {
      operator = `${word} `;
      continue;
    }
    const pattern = operator + word;
    const compiled = compilePattern(pattern, { method, ignoreCase });
    if (!compiled.ok) {
      const hint = method === "ip" ? "host names are not resolved in patterns" : undefined;
      return refused(compiled.message, firstWord + i, hint);
    }
    patterns.push(pattern);
  }
  return parsed(patterns, firstWord + words.length);
}

/** Parses a condition from its `if` or `unless` to the end of the line. */
export function parseCondition(
  words: readonly string[],
  index: number,
  position: Position,
): Parsed<Condition> {
  const kind = words[index];
  if (kind !== "if" && kind !== "unless") {
    return refused(`expects 'if' or 'unless' (got '${kind ?? ""}')`, index);
  }
  const groups: AclTerm[][] = [[]];
  let at = index + 1;
  let negated = false;
  while (at < words.length) {
    let word = words[at]!;
    while (word.startsWith("!")) {
      negated = !negated;
      word = word.slice(1);
    }
    if (word === "") at += 1;
    else if (isOr(word)) {
      groups.push([]);
      negated = false;
      at += 1;
    } else {
      const operand = parseOperand(words, at, word, position);
      if (!operand.ok) return operand;
      groups.at(-1)!.push({ negated, acl: operand.value });
      negated = false;
      at = operand.next;
    }
  }
  return parsed({ kind, anyOf: groups.filter((group) => group.length > 0) }, words.length);
}

function isOr(word: string): boolean {
  return word === "||" || word.toLowerCase() === "or";
}

function parseOperand(
  words: readonly string[],
  at: number,
  word: string,
  position: Position,
): Parsed<string | AclDefinition> {
  if (word !== "{") return parsed(word, at + 1);
  const close = words.indexOf("}", at + 1);
  if (close < 0) return missingBrace(at);
  const body = parseAclBody(words, at + 1, close, position);
  return body.ok ? parsed(body.value, close + 1) : body;
}

function missingBrace(at: number): ParseFailure {
  const hint = "braces have to stand alone, with blanks around them";
  return refused("missing closing '}' in condition", at, hint);
}

/** The `acl` line of a named ACL without the word `acl`, or the inside of an anonymous one. */
export function printAcl(acl: AclDefinition): string {
  const flags: string[] = [];
  if (acl.method !== defaultMethod(expressionOutput(acl.expression))) {
    flags.push("-m", acl.method);
  }
  if (acl.ignoreCase) flags.push("-i");
  if (acl.noResolve) flags.push("-n");
  for (const file of acl.files) flags.push("-f", printWord(file));
  if (acl.patterns[0]?.startsWith("-") === true) flags.push("--");
  const isNumeric = acl.method === "int" || acl.method === "len";
  const patterns = isNumeric ? acl.patterns : acl.patterns.map(printWord);
  const name = acl.name === undefined ? [] : [acl.name];
  return [...name, printSampleExpression(acl.expression), ...flags, ...patterns].join(" ");
}

/** The condition as it stands at the end of a line. */
export function printCondition(condition: Condition): string {
  const groups = condition.anyOf.map((terms) => terms.map(printTerm).join(" "));
  return groups.length === 0 ? condition.kind : `${condition.kind} ${groups.join(" or ")}`;
}

function printTerm({ negated, acl }: AclTerm): string {
  const operand = typeof acl === "string" ? acl : `{ ${printAcl(acl)} }`;
  return negated ? `!${operand}` : operand;
}
