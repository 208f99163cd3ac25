// { tcp-check | http-check } expect [min-recv <int>] [comment <msg>] [ok-status <st>]
//     [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [!] <match> <pattern>
import type { Mutable } from "../draft.ts";
import type { Line } from "../line.ts";
import type { CheckExpectCommon } from "../model/check.ts";
import { parseSafeRegex } from "./check-pattern.ts";

/** An expectation whose match is one of `Match`. */
export type Expectation<Match extends string> = CheckExpectCommon & {
  readonly match: Match;
  readonly pattern: string;
};

const STATUS_WORDS: ReadonlyMap<string, keyof CheckExpectCommon> = new Map([
  ["comment", "comment"],
  ["ok-status", "okStatus"],
  ["error-status", "errorStatus"],
  ["tout-status", "timeoutStatus"],
  ["on-success", "onSuccess"],
  ["on-error", "onError"],
]);

/** Takes the words after `expect`; `keyword` is `tcp-check` or `http-check`. */
export function takeCheckExpect<Match extends string>(
  line: Line,
  keyword: string,
  matches: readonly Match[],
): Expectation<Match> | undefined {
  const label = `'${keyword} expect' : `;
  const common: Mutable<CheckExpectCommon> = {
    kind: "expect",
    negated: false,
    position: line.position(0),
  };
  for (let word = line.take(); word !== undefined; word = line.take()) {
    const at = line.index - 1;
    const field = STATUS_WORDS.get(word);
    if (word === "!") common.negated = true;
    else if (word === "min-recv") {
      const value = line.take() ?? "";
      if (!/^(-1|\d{1,9})$/.test(value)) {
        line.alert(`${label}'min-recv' expects -1 or a positive integer as argument.`);
        return undefined;
      }
      common.bytesMin = Number(value);
    } else if (field !== undefined) {
      const value = line.takeWord(`${label}'${word}' expects an argument.`);
      if (value === undefined) return undefined;
      Object.assign(common, { [field]: value });
    } else {
      const name = word.startsWith("!") ? word.slice(1) : word;
      if (word.startsWith("!")) common.negated = true;
      return takeMatch(line, common, { name, at, label, matches });
    }
  }
  line.alert(`${label}expects at least a matching pattern as arguments.`, { word: 0 });
  return undefined;
}

/** Takes the match and its pattern, then the end of the line. */
function takeMatch<Match extends string>(
  line: Line,
  common: CheckExpectCommon,
  given: {
    readonly name: string;
    readonly at: number;
    readonly label: string;
    readonly matches: readonly Match[];
  },
): Expectation<Match> | undefined {
  const { name, at, label, matches } = given;
  const match = matches.find((known) => known === name);
  if (match === undefined) {
    const list = matches.map((known) => `'[!]${known}'`).join(", ");
    const near = line.didYouMean(name, matches);
    line.alert(
      `${label}only supports min-recv, ${list} or comment but got '${name}' as argument` +
        (near === "" ? "." : near),
      { word: at },
    );
    return undefined;
  }
  const parts = [line.takeWord(`${label}'${name}' expects a <pattern> as argument.`)];
  if (match === "hdr" || match === "fhdr") parts.push(...line.takeRest());
  const pattern = parts.filter((part) => part !== undefined).join(" ");
  if (parts[0] === undefined) return undefined;
  const problem = patternProblem(match, pattern);
  if (problem !== undefined) {
    line.alert(`${label}${problem}`);
    return undefined;
  }
  return line.expectEnd(label.slice(1, -4)) ? { ...common, match, pattern } : undefined;
}

/** What is wrong with a pattern of this match; `undefined` for a good one. */
function patternProblem(match: string, pattern: string): string | undefined {
  switch (match) {
    case "binary":
      return isHex(pattern)
        ? undefined
        : `'${pattern}' invalid binary string (an even number of hex digit is expected).`;
    case "rstring":
    case "rbinary":
    case "rstatus":
      return parseSafeRegex(pattern);
    case "status":
      return statusProblem(pattern);
    default:
      return undefined;
  }
}

/** Whether a word is an even number of hex digits. */
export function isHex(word: string): boolean {
  return /^([0-9A-Fa-f]{2})+$/.test(word);
}

function statusProblem(pattern: string): string | undefined {
  if (/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/.test(pattern)) return undefined;
  const bad = /[^\d,-]/.exec(pattern)?.[0];
  return bad === undefined
    ? `invalid list of status codes '${pattern}'.`
    : `invalid character '${bad}' in the list of status codes.`;
}
