// `tcp-request connection|session|content <action>` and `tcp-response content <action>`
// (haproxy configuration §4.2). Each action's grammar stands above its parser.
import type { Position } from "../base/diagnostic.ts";
import type { TcpAction, TcpRule } from "../config/model/rules.ts";
import type { SampleExpression } from "./ast.ts";
import { expressionSource } from "./needs.ts";
import { parseCondition, printCondition } from "./parse-condition.ts";
import { parseSampleExpression, printSampleExpression } from "./parse-sample.ts";
import { parsed, type Parsed, refused } from "./parsed.ts";
import { suggest } from "../base/suggest.ts";
import { checkVariableName } from "./variable.ts";

/** Which list a rule belongs to; `response` is `tcp-response content`. */
export type RuleSet = "connection" | "session" | "content" | "response";

/** How many entries one connection may track, as HAProxy's MAX_SESS_STKCTR. */
const TRACKED_COUNTERS = 3;

/** Elements of `gpc` and `gpt` arrays, as HAProxy's STKTABLE_MAX_DT_ARRAY_SIZE. */
const ARRAY_ELEMENTS = 100;

type ActionParser = (line: ActionLine) => Parsed<TcpAction>;

interface ActionLine {
  readonly words: readonly string[];
  /** Index of the first word behind the action's own. */
  readonly next: number;
  readonly index: number;
  /** What stands in the parentheses of the action's word. */
  readonly argument: string | undefined;
  readonly ruleSet: RuleSet;
  /** `tcp-request connection track-sc0`, for messages. */
  readonly title: string;
}

interface ActionDefinition {
  readonly ruleSets: readonly RuleSet[];
  /** As HAProxy lists it. */
  readonly listed: string;
  readonly parse: ActionParser;
}

const REQUEST: readonly RuleSet[] = ["connection", "session", "content"];
const EVERY: readonly RuleSet[] = [...REQUEST, "response"];

function plain(kind: "accept" | "reject" | "silent-drop" | "close"): ActionParser {
  return ({ next }) => parsed({ kind }, next);
}

const ACTIONS: Readonly<Record<string, ActionDefinition>> = {
  accept: { ruleSets: EVERY, listed: "accept", parse: plain("accept") },
  reject: { ruleSets: EVERY, listed: "reject", parse: plain("reject") },
  close: { ruleSets: ["response"], listed: "close", parse: plain("close") },
  capture: { ruleSets: REQUEST, listed: "capture", parse: parseCapture },
  "expect-proxy": { ruleSets: REQUEST, listed: "expect-proxy", parse: parseExpectProxy },
  "track-sc": { ruleSets: REQUEST, listed: "track-sc0' ... 'track-sc2", parse: parseTrack },
  "sc-inc-gpc": { ruleSets: EVERY, listed: "sc-inc-gpc(*)", parse: parseIncrement },
  "sc-inc-gpc0": { ruleSets: EVERY, listed: "sc-inc-gpc0(*)", parse: parseIncrementScalar(0) },
  "sc-inc-gpc1": { ruleSets: EVERY, listed: "sc-inc-gpc1(*)", parse: parseIncrementScalar(1) },
  "sc-set-gpt": { ruleSets: EVERY, listed: "sc-set-gpt(*)", parse: parseSetTag },
  "sc-set-gpt0": { ruleSets: EVERY, listed: "sc-set-gpt0(*)", parse: parseSetTagScalar },
  "set-var": { ruleSets: EVERY, listed: "set-var(*)", parse: parseSetVar },
  "unset-var": { ruleSets: EVERY, listed: "unset-var(*)", parse: parseUnsetVar },
  "set-dst": { ruleSets: REQUEST, listed: "set-dst", parse: parseSetAddress("set-dst") },
  "set-src": { ruleSets: REQUEST, listed: "set-src", parse: parseSetAddress("set-src") },
  "silent-drop": { ruleSets: EVERY, listed: "silent-drop", parse: plain("silent-drop") },
};

/** Actions that HAProxy knows and that are not served. */
const UNSERVED: readonly string[] = [
  "do-resolve",
  "expect-netscaler-cip",
  "ot-group",
  "sc-add-gpc",
  "send-spoe-group",
  "set-bandwidth-limit",
  "set-bc-mark",
  "set-bc-tos",
  "set-dst-port",
  "set-fc-mark",
  "set-fc-tos",
  "set-log-level",
  "set-mark",
  "set-nice",
  "set-priority-class",
  "set-priority-offset",
  "set-src-port",
  "set-tos",
  "set-var-fmt",
  "switch-mode",
  "use-service",
];

function ruleSetTitle(ruleSet: RuleSet): string {
  return ruleSet === "response" ? "tcp-response content" : `tcp-request ${ruleSet}`;
}

/** Parses a rule from its action on, its condition included. */
export function parseTcpRule(
  words: readonly string[],
  index: number,
  ruleSet: RuleSet,
  position: Position,
): Parsed<TcpRule> {
  const word = words[index] ?? "";
  const match = /^([^(]*)(?:\((.*)\))?$/s.exec(word);
  const name = match?.[1] ?? word;
  const key = /^track-sc\d*$/.test(name) ? "track-sc" : name;
  const definition = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
  if (definition === undefined || !definition.ruleSets.includes(ruleSet)) {
    return refuseAction(word, name, ruleSet, index);
  }
  const title = `${ruleSetTitle(ruleSet)} ${name}`;
  const action = definition.parse({
    words,
    index,
    next: index + 1,
    argument: match?.[2],
    ruleSet,
    title,
  });
  if (!action.ok) return action;
  if (action.next >= words.length) return parsed({ action: action.value, position }, action.next);
  const keyword = words[action.next]!;
  if (keyword !== "if" && keyword !== "unless") {
    return refused(`'${title}' only accepts 'if' or 'unless' (got '${keyword}')`, action.next);
  }
  const condition = parseCondition(words, action.next, position);
  if (!condition.ok) {
    const place = `'${title}' : error detected while parsing '${keyword}' condition`;
    return { ...condition, message: `${place} : ${condition.message}` };
  }
  return parsed({ action: action.value, condition: condition.value, position }, condition.next);
}

function refuseAction(
  word: string,
  name: string,
  ruleSet: RuleSet,
  index: number,
): Parsed<TcpRule> {
  const title = ruleSetTitle(ruleSet);
  if (UNSERVED.includes(name)) {
    return refused(`'${title} ${name}' is not served here`, index);
  }
  const usable = Object.entries(ACTIONS).filter(([, { ruleSets }]) => ruleSets.includes(ruleSet));
  const list = usable.map(([, { listed }]) => `'${listed}'`).join(", ");
  const nearest = suggest(
    name,
    usable.map(([known]) => known),
  );
  const message = `'${title}' expects ${list} (got '${word}').`;
  return refused(message, index, nearest && `did you mean '${nearest}' maybe ?`);
}

/** Parses an expression that must be available where the rule is evaluated. */
function parseKey(line: ActionLine): Parsed<SampleExpression> {
  const expression = parseSampleExpression(line.words, line.next);
  if (!expression.ok) {
    return { ...expression, message: `'${line.title}' : ${expression.message}` };
  }
  const source = expressionSource(expression.value);
  const missing = unavailable(source, line.ruleSet);
  if (missing === undefined) return expression;
  const name = expression.value.fetch.name;
  const what = `extracts information from '${missing}', none of which is available here`;
  return refused(`'${line.title}' : fetch method '${name}' ${what}`, line.next);
}

function unavailable(source: string, ruleSet: RuleSet): string | undefined {
  const isEarly = ruleSet === "connection" || ruleSet === "session";
  if (source === "request" && isEarly) return "request buffer";
  if (source === "response" && ruleSet !== "response") return "response buffer";
  if (source === "tls" && ruleSet === "connection") return "layer 5 info about the client";
  return undefined;
}

/** `track-sc<0..2> <key> [table <name>]` */
function parseTrack(line: ActionLine): Parsed<TcpAction> {
  const number = /(\d*)$/.exec(line.title)![1]!;
  const counter = number === "" ? 0 : Number(number);
  if (counter >= TRACKED_COUNTERS) {
    const bound = `exceeding ${TRACKED_COUNTERS - 1} (MAX_SESS_STKCTR-1) value`;
    return refused(`'${line.title}' : ${counter} track-sc number ${bound}`, line.index);
  }
  const key = parseKey(line);
  if (!key.ok) return key;
  if (line.words[key.next] !== "table") {
    return parsed({ kind: "track-sc", counter, key: key.value }, key.next);
  }
  const table = line.words[key.next + 1];
  if (table === undefined) return refused(`'${line.title}' : missing table name`, key.next);
  return parsed({ kind: "track-sc", counter, key: key.value, table }, key.next + 2);
}

/** `capture <expression> len <bytes>` */
function parseCapture(line: ActionLine): Parsed<TcpAction> {
  if (line.ruleSet !== "content") {
    const what = `capture ${line.words[line.next] ?? ""}`;
    const title = ruleSetTitle(line.ruleSet);
    return refused(`'${what}' is not allowed in '${title}' rules`, line.index);
  }
  const value = parseKey(line);
  if (!value.ok) return value;
  if (line.words[value.next] !== "len") {
    return refused(`'${line.title}' : a positive 'len' argument is mandatory`, value.next);
  }
  const lengthMax = Number(line.words[value.next + 1] ?? "0");
  if (!Number.isInteger(lengthMax) || lengthMax <= 0) {
    return refused(`'${line.title}' : length must be > 0`, value.next + 1);
  }
  return parsed({ kind: "capture", value: value.value, lengthMax }, value.next + 2);
}

/** `expect-proxy layer4` */
function parseExpectProxy(line: ActionLine): Parsed<TcpAction> {
  const layer = line.words[line.next] ?? "";
  if (layer !== "layer4") {
    return refused(`'${line.title}' only supports 'layer4' (got '${layer}')`, line.next);
  }
  if (line.ruleSet !== "connection") {
    const title = ruleSetTitle(line.ruleSet);
    return refused(`'expect-proxy layer4' is not allowed in '${title}' rules`, line.index);
  }
  return parsed({ kind: "expect-proxy" }, line.next + 1);
}

/** The one or two numbers in the parentheses; HAProxy takes absent parentheses for counter 0. */
function parseIndexes(line: ActionLine, count: 1 | 2): Parsed<readonly number[]> {
  const name = line.words[line.index]!.replace(/\(.*$/s, "");
  const parts = line.argument === undefined ? [] : line.argument.split(",");
  if (parts.length < count && !(count === 1 && parts.length === 0)) {
    const kind = name.includes("gpt") ? "gpt" : "gpc";
    const expects = `Expects ${name}(<${kind.toUpperCase()} ID>,<Track ID>)`;
    return refused(`Missing ${kind} ID '${line.words[line.index]!}'. ${expects}`, line.index);
  }
  const numbers = parts.length === 0 ? [0] : parts.map((part) => Number(part.trim()));
  const odd = numbers.findIndex((value) => !Number.isInteger(value) || value < 0);
  if (odd >= 0 || numbers.length > count) {
    return refused(`invalid stick table track ID '${line.argument ?? ""}'`, line.index);
  }
  if (numbers.at(-1)! >= TRACKED_COUNTERS) {
    const bound = `The max allowed ID is ${TRACKED_COUNTERS - 1}`;
    return refused(`invalid stick table track ID. ${bound}`, line.index);
  }
  if (count === 2 && numbers[0]! >= ARRAY_ELEMENTS) {
    return refused(`invalid array index. The max allowed is ${ARRAY_ELEMENTS - 1}`, line.index);
  }
  return parsed(numbers, line.next);
}

/** `sc-inc-gpc(<index>,<counter>)` */
function parseIncrement(line: ActionLine): Parsed<TcpAction> {
  const indexes = parseIndexes(line, 2);
  if (!indexes.ok) return indexes;
  const [index = 0, counter = 0] = indexes.value;
  return parsed({ kind: "sc-inc-gpc", index, counter }, line.next);
}

/** `sc-inc-gpc0(<counter>)`, `sc-inc-gpc1(<counter>)` */
function parseIncrementScalar(index: number): ActionParser {
  return (line) => {
    const indexes = parseIndexes(line, 1);
    if (!indexes.ok) return indexes;
    return parsed({ kind: "sc-inc-gpc", index, counter: indexes.value[0] ?? 0 }, line.next);
  };
}

/** `sc-set-gpt(<index>,<counter>) { <integer> | <expression> }` */
function parseSetTag(line: ActionLine): Parsed<TcpAction> {
  const indexes = parseIndexes(line, 2);
  if (!indexes.ok) return indexes;
  const [index = 0, counter = 0] = indexes.value;
  return parseTagValue(line, index, counter);
}

/** `sc-set-gpt0(<counter>) { <integer> | <expression> }` */
function parseSetTagScalar(line: ActionLine): Parsed<TcpAction> {
  const indexes = parseIndexes(line, 1);
  return indexes.ok ? parseTagValue(line, 0, indexes.value[0] ?? 0) : indexes;
}

function parseTagValue(line: ActionLine, index: number, counter: number): Parsed<TcpAction> {
  const word = line.words[line.next] ?? "";
  if (/^\d+$/.test(word)) {
    const value = Number(word);
    if (value > 0xffff_ffff) return refused(`'${word}' is more than 32 bits`, line.next);
    return parsed({ kind: "sc-set-gpt", index, counter, value }, line.next + 1);
  }
  const value = parseKey(line);
  if (!value.ok) return value;
  return parsed({ kind: "sc-set-gpt", index, counter, value: value.value }, value.next);
}

/** `set-src <expression>`, `set-dst <expression>` */
function parseSetAddress(kind: "set-src" | "set-dst"): ActionParser {
  return (line) => {
    const value = parseKey(line);
    return value.ok ? parsed({ kind, value: value.value }, value.next) : value;
  };
}

/** `set-var(<name>) <expression>` */
function parseSetVar(line: ActionLine): Parsed<TcpAction> {
  const name = parseVariable(line);
  if (!name.ok) return name;
  const value = parseKey(line);
  if (!value.ok) return value;
  return parsed({ kind: "set-var", name: name.value, value: value.value }, value.next);
}

/** `unset-var(<name>)` */
function parseUnsetVar(line: ActionLine): Parsed<TcpAction> {
  const name = parseVariable(line);
  return name.ok ? parsed({ kind: "unset-var", name: name.value }, line.next) : name;
}

function parseVariable(line: ActionLine): Parsed<string> {
  if (line.argument === undefined) {
    const action = line.words[line.index]!;
    const expects = "Expects 'set-var(<var-name>)' or 'unset-var(<var-name>)'";
    return refused(`invalid or incomplete action '${action}'. ${expects}`, line.index);
  }
  const complaint = checkVariableName(line.argument);
  return complaint === undefined
    ? parsed(line.argument, line.next)
    : refused(complaint, line.index);
}

/** The rule as it stands behind `tcp-request connection` and the like. */
export function printTcpRule(rule: TcpRule): string {
  const action = printAction(rule.action);
  return rule.condition === undefined ? action : `${action} ${printCondition(rule.condition)}`;
}

function printAction(action: TcpAction): string {
  switch (action.kind) {
    case "expect-proxy":
      return "expect-proxy layer4";
    case "track-sc": {
      const table = action.table === undefined ? "" : ` table ${action.table}`;
      return `track-sc${action.counter} ${printSampleExpression(action.key)}${table}`;
    }
    case "sc-inc-gpc":
      return printIncrement(action.index, action.counter);
    case "sc-set-gpt": {
      const { value } = action;
      const text = typeof value === "number" ? String(value) : printSampleExpression(value);
      const place = action.index === 0 ? `0(` : `(${action.index},`;
      return `sc-set-gpt${place}${action.counter}) ${text}`;
    }
    case "set-src":
    case "set-dst":
      return `${action.kind} ${printSampleExpression(action.value)}`;
    case "set-var":
      return `set-var(${action.name}) ${printSampleExpression(action.value)}`;
    case "unset-var":
      return `unset-var(${action.name})`;
    case "capture":
      return `capture ${printSampleExpression(action.value)} len ${action.lengthMax}`;
    default:
      return action.kind;
  }
}

function printIncrement(index: number, counter: number): string {
  return index < 2 ? `sc-inc-gpc${index}(${counter})` : `sc-inc-gpc(${index},${counter})`;
}
