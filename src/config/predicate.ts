// The conditions of `.if` and `.elif`: predicates joined by `&&` and `||`, negated by `!`, grouped
// by parentheses (haproxy configuration §2.4).
import { splitArguments } from "./predicate-arguments.ts";
import type { PredicateArguments } from "./predicate-arguments.ts";

/** What predicates may ask for. */
export interface PredicateContext {
  readonly isDefined: (name: string) => boolean;
  readonly hasFeature: (name: string) => boolean;
  /** Of the HAProxy that we stand in for, such as `2.6.12`. */
  readonly version: string;
}

/** The truth of a condition, or what is wrong with it and where (0-based). */
export type PredicateResult =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly message: string; readonly at: number };

interface Predicate {
  readonly arity: number;
  readonly holds: (args: readonly string[], context: PredicateContext) => boolean;
}

const PREDICATES: ReadonlyMap<string, Predicate> = new Map<string, Predicate>([
  ["defined", { arity: 1, holds: ([name = ""], context) => context.isDefined(name) }],
  ["feature", { arity: 1, holds: ([name = ""], context) => context.hasFeature(name) }],
  ["streq", { arity: 2, holds: ([a, b]) => a === b }],
  ["strneq", { arity: 2, holds: ([a, b]) => a !== b }],
  [
    "version_atleast",
    { arity: 1, holds: ([v = ""], context) => compareVersions(context.version, v) >= 0 },
  ],
  [
    "version_before",
    { arity: 1, holds: ([v = ""], context) => compareVersions(context.version, v) < 0 },
  ],
]);

/** Whether a text is a valid condition and true; nesting is bounded by the text's own length bound. */
export function evaluatePredicates(text: string, context: PredicateContext): PredicateResult {
  const reader = new PredicateReader(text, context);
  const value = reader.readOr(0);
  reader.skipBlanks();
  if (reader.problem === undefined && reader.at < text.length) {
    reader.fail(
      `unexpected character '${text[reader.at] ?? ""}' at the end of ` +
        `conditional expression '${text}'`,
      reader.at,
    );
  }
  return reader.problem === undefined ? { ok: true, value } : { ok: false, ...reader.problem };
}

/** Compares dotted versions; a missing part counts as zero, a `-dev1` ending as older. */
export function compareVersions(a: string, b: string): number {
  const left = versionParts(a);
  const right = versionParts(b);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Number(b.includes("-dev")) - Number(a.includes("-dev"));
}

function versionParts(version: string): readonly number[] {
  return (version.split("-")[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
}

const DEPTH_MAX = 100;

/** Reads a condition from left to right, evaluating as it goes. */
class PredicateReader {
  at = 0;
  problem: { readonly message: string; readonly at: number } | undefined;
  readonly #text: string;
  readonly #context: PredicateContext;

  constructor(text: string, context: PredicateContext) {
    this.#text = text;
    this.#context = context;
  }

  fail(message: string, at: number): false {
    this.problem ??= { message, at };
    return false;
  }

  skipBlanks(): void {
    while (this.#text[this.at] === " " || this.#text[this.at] === "\t") this.at++;
  }

  readOr(depth: number): boolean {
    let value = this.#readAnd(depth);
    while (this.problem === undefined && this.#takeOperator("||")) {
      const right = this.#readAnd(depth);
      value ||= right;
    }
    return value;
  }

  #readAnd(depth: number): boolean {
    let value = this.#readTerm(depth);
    while (this.problem === undefined && this.#takeOperator("&&")) {
      const right = this.#readTerm(depth);
      value &&= right;
    }
    return value;
  }

  #takeOperator(operator: string): boolean {
    this.skipBlanks();
    if (!this.#text.startsWith(operator, this.at)) return false;
    this.at += operator.length;
    return true;
  }

  #readTerm(depth: number): boolean {
    this.skipBlanks();
    if (depth > DEPTH_MAX) return this.fail("conditional expression is too deep", this.at);
    if (this.#takeOperator("!")) return !this.#readTerm(depth + 1);
    if (!this.#takeOperator("(")) return this.#readPredicate();
    const value = this.readOr(depth + 1);
    if (this.problem === undefined && !this.#takeOperator(")")) {
      return this.fail(`missing closing parenthesis in conditional expression`, this.at);
    }
    return value;
  }

  #readPredicate(): boolean {
    const start = this.at;
    const number = /^\d+/.exec(this.#text.slice(start));
    if (number !== null) {
      this.at += number[0].length;
      return Number(number[0]) !== 0;
    }
    const name = /^[a-z_]+/.exec(this.#text.slice(start))?.[0] ?? "";
    const predicate = PREDICATES.get(name);
    if (predicate === undefined || this.#text[start + name.length] !== "(") {
      const rest = this.#text.slice(start);
      return this.fail(`unparsable conditional expression '${rest}'`, start);
    }
    const split: PredicateArguments = splitArguments(this.#text, start + name.length + 1);
    const used = `of predicate '${name}' used in conditional expression`;
    if (split.kind === "unclosed") {
      return this.fail(`expected ')' in argument ${split.args.length} ${used}`, this.#text.length);
    }
    if (split.args.length !== predicate.arity) {
      const got = `got ${split.args.length}/${predicate.arity}`;
      return split.args.length < predicate.arity
        ? this.fail(
            `missing arguments (${got}), type 'string' expected in ` +
              `argument ${split.args.length} ${used}`,
            split.next - 1,
          )
        : this.fail(`too many arguments (${got}) ${used}`, split.next - 1);
    }
    this.at = split.next;
    return predicate.holds(split.args, this.#context);
  }
}
