// Turns the trees of the rules language into functions, once at start. A function is then called
// for each connection, and again as first bytes arrive.
//
// A test has three answers. A sample that matches is true at once. One that does not match, or
// does not exist, is false only if no further byte can change it; until then the rule waits. This
// is why `req.len gt 10` waits with 5 bytes in hand, and why `mqtt_is_valid` on something else than
// MQTT does not. Conditions behind the inspection (`use_backend`, `use-server`, `stick`) wait for the
// first packet and for values that are not there yet, but not for a value to become another one.
import { assert } from "../base/assert.ts";
import type { AclDefinition, AclTerm, Condition, SampleExpression } from "./ast.ts";
import type { RuleContext } from "./context.ts";
import { findConverter } from "./converter/catalogue.ts";
import { castSample } from "./convert.ts";
import type { CompileEnvironment, ConvertFunction, SampleType } from "./definition.ts";
import { findFetch } from "./fetch/catalogue.ts";
import { compilePatternList, patternLines } from "./pattern-list.ts";
import type { Fetched } from "./sample.ts";

/** Evaluates a sample expression; `wait` only while the view it reads is not final. */
export type CompiledSample = (context: RuleContext) => Fetched;

/** What a condition says; `wait` means: ask again with more bytes or a final view. */
export type Verdict = boolean | "wait";

/** Evaluates a condition. */
export type CompiledCondition = (context: RuleContext) => Verdict;

/** Gives the lines of a pattern or map file, `undefined` when it cannot be read. */
export type ReadPatternFile = (path: string) => readonly string[] | undefined;

type Step = (fetched: Exclude<Fetched, string>, context: RuleContext) => Fetched;

/** Compiles a parsed (hence valid) expression. */
export function compileSample(
  expression: SampleExpression,
  readFile?: ReadPatternFile,
): CompiledSample {
  const definition = findFetch(expression.fetch.name);
  assert(definition !== undefined, `fetch ${expression.fetch.name} was parsed`);
  const fetch = definition.make(expression.fetch.args);
  const environment: CompileEnvironment = readFile === undefined ? {} : { readFile };
  const steps = expression.converters.map((call): Step => {
    const converter = findConverter(call.name);
    assert(converter !== undefined, `converter ${call.name} was parsed`);
    return castingStep(converter.input, converter.make(call.args, environment));
  });
  const isFinal = finality(expression);
  return (context) => {
    let value: Fetched = fetch(context);
    for (const step of steps) {
      if (typeof value === "string") break;
      value = step(value, context);
    }
    // A converter does not know whether more bytes may come.
    return value === "wait" && isFinal(context) ? "none" : value;
  };
}

function castingStep(input: SampleType | "any", convert: ConvertFunction): Step {
  if (input === "any") return convert;
  return (sample, context) => {
    const cast = castSample(sample, input);
    return cast === undefined ? "none" : convert(cast, context);
  };
}

/** Whether what an expression reads can still grow. */
function finality(expression: SampleExpression): (context: RuleContext) => boolean {
  switch (findFetch(expression.fetch.name)?.source) {
    case "request":
      return (context) => context.request.final;
    case "response":
      return (context) => context.response?.final ?? true;
    default:
      return () => true;
  }
}

/** Whether rules no longer wait for a value that is there to become another one. */
function isJudgedAsItIs({ isInspected, request }: RuleContext): boolean {
  return isInspected === true && request.bytes.length > 0;
}

/** Whether a value that is there may yet become another one. */
function isOpenEnded(expression: SampleExpression): boolean {
  const { fetch, converters } = expression;
  if (findFetch(fetch.name)?.openEnded?.(fetch.args) !== true) return false;
  return !converters.some((call) => findConverter(call.name)?.settles === true);
}

function compileAcl(acl: AclDefinition, readFile: ReadPatternFile | undefined): CompiledCondition {
  const sample = compileSample(acl.expression, readFile);
  const fromFiles = acl.files.flatMap((file) => patternLines(readFile?.(file) ?? []));
  const test = compilePatternList([...acl.patterns, ...fromFiles], acl);
  const isFinal = finality(acl.expression);
  const mayChange = isOpenEnded(acl.expression);
  return (context) => {
    const value = sample(context);
    if (value === "wait") return "wait";
    if (value === "none") return false;
    if (test(value)) return true;
    return mayChange && !isFinal(context) && !isJudgedAsItIs(context) ? "wait" : false;
  };
}

/**
 * Compiles a condition. Names that `acls` lacks are the predefined ACLs or, failing that, never
 * true: the reader of the configuration refuses them. Files that `readFile` lacks hold nothing.
 */
export function compileCondition(
  condition: Condition,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
  readFile?: ReadPatternFile,
): CompiledCondition {
  const anyOf = condition.anyOf.map((terms) =>
    allOf(terms.map((term) => compileTerm(term, acls, readFile))),
  );
  const matches = firstOf(anyOf);
  if (condition.kind === "if") return matches;
  return (context) => negate(matches(context));
}

function compileTerm(
  term: AclTerm,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
  readFile: ReadPatternFile | undefined,
): CompiledCondition {
  const definitions = resolveAcl(term.acl, acls) ?? [];
  const matches = firstOf(definitions.map((acl) => compileAcl(acl, readFile)));
  return term.negated ? (context) => negate(matches(context)) : matches;
}

function negate(verdict: Verdict): Verdict {
  return verdict === "wait" ? "wait" : !verdict;
}

/** True at the first that is; else `wait` if any waits. */
function firstOf(tests: readonly CompiledCondition[]): CompiledCondition {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (context) => {
    let verdict: Verdict = false;
    for (const test of tests) {
      const one = test(context);
      if (one === true) return true;
      if (one === "wait") verdict = "wait";
    }
    return verdict;
  };
}

/** The first that is not true decides, so that later terms see what earlier ones waited for. */
function allOf(tests: readonly CompiledCondition[]): CompiledCondition {
  return (context) => {
    for (const test of tests) {
      const one = test(context);
      if (one !== true) return one;
    }
    return true;
  };
}

/** The definitions behind an operand: itself, those of its name, or a predefined ACL. */
export function resolveAcl(
  acl: string | AclDefinition,
  acls: ReadonlyMap<string, readonly AclDefinition[]>,
): readonly AclDefinition[] | undefined {
  if (typeof acl !== "string") return [acl];
  return acls.get(acl) ?? predefinedAcl(acl);
}

const PREDEFINED: Readonly<
  Record<string, Pick<AclDefinition, "method" | "patterns"> & { fetch: string }>
> = {
  TRUE: { fetch: "always_true", method: "bool", patterns: [] },
  FALSE: { fetch: "always_false", method: "bool", patterns: [] },
  LOCALHOST: { fetch: "src", method: "ip", patterns: ["127.0.0.1/8", "::1"] },
  REQ_CONTENT: { fetch: "req.len", method: "int", patterns: ["gt 0"] },
  WAIT_END: { fetch: "wait_end", method: "bool", patterns: [] },
};

/** A predefined ACL of TCP (haproxy configuration §7.4), or `undefined`. */
export function predefinedAcl(name: string): readonly AclDefinition[] | undefined {
  if (!Object.hasOwn(PREDEFINED, name)) return undefined;
  const { fetch, method, patterns } = PREDEFINED[name]!;
  return [
    {
      name,
      expression: { fetch: { name: fetch, args: [] }, converters: [] },
      method,
      ignoreCase: false,
      noResolve: false,
      files: [],
      patterns,
      position: { file: "", line: 0 },
    },
  ];
}
