// Patterns of ACLs and maps: what a sample is compared with (haproxy configuration §7.1.1-§7.1.6).
import { byteString, byteStringOfText } from "./bytes.ts";
import type { MatchMethod } from "./ast.ts";
import type { SampleType } from "./definition.ts";
import { type IpBytes, maskIp, parseIp, parseMask, toIpv4, toIpv6 } from "../base/ip.ts";
import { compileRegex } from "./regex.ts";
import type { Sample } from "./sample.ts";

/** How patterns are compared. */
export interface PatternOptions {
  readonly method: MatchMethod;
  readonly ignoreCase: boolean;
}

/** Whether a sample, already cast to the method's type, matches. */
export type PatternTest = (sample: Sample) => boolean;

/** A compiled pattern, or HAProxy's complaint. */
export type PatternResult =
  | { readonly ok: true; readonly test: PatternTest }
  | { readonly ok: false; readonly message: string };

/** The type that a method compares, `undefined` for any. */
export function methodType(method: MatchMethod): SampleType | undefined {
  switch (method) {
    case "found":
      return undefined;
    case "bool":
    case "int":
    case "ip":
    case "bin":
      return method;
    default:
      return "str";
  }
}

function matching(test: PatternTest): PatternResult {
  return { ok: true, test };
}

/** Compiles one pattern. `int` and `len` patterns are numbers, ranges or `<operator> <number>`. */
export function compilePattern(pattern: string, options: PatternOptions): PatternResult {
  switch (options.method) {
    case "found":
      return matching(() => true);
    case "bool":
      return matching((sample) => sample.value === true);
    case "int":
      return numeric(pattern, (sample) => (sample.type === "int" ? sample.value : undefined));
    case "len":
      return numeric(pattern, (sample) =>
        sample.type === "str" ? sample.value.length : undefined,
      );
    case "ip":
      return network(pattern);
    case "bin":
      return binary(pattern);
    case "reg":
      return regular(pattern, options.ignoreCase);
    default:
      return text(options.method, pattern, options.ignoreCase);
  }
}

function text(
  method: "str" | "sub" | "beg" | "end" | "dir" | "dom",
  given: string,
  ignoreCase: boolean,
): PatternResult {
  const fold = ignoreCase ? (value: string) => value.toLowerCase() : (value: string) => value;
  const pattern = fold(byteStringOfText(given));
  const test = TEXT_TESTS[method](pattern);
  return matching((sample) => sample.type === "str" && test(fold(sample.value)));
}

type TextTest = (pattern: string) => (value: string) => boolean;

const TEXT_TESTS: Readonly<Record<"str" | "sub" | "beg" | "end" | "dir" | "dom", TextTest>> = {
  str: (pattern) => (value) => value === pattern,
  sub: (pattern) => (value) => value.includes(pattern),
  beg: (pattern) => (value) => value.startsWith(pattern),
  end: (pattern) => (value) => value.endsWith(pattern),
  dir: (pattern) => delimited(pattern, "/?"),
  dom: (pattern) => delimited(pattern, "/?.:"),
};

/** Whether the pattern, its own delimiters aside, stands in the value between delimiters or ends. */
function delimited(given: string, delimiters: string): (value: string) => boolean {
  let start = 0;
  let end = given.length;
  while (start < end && delimiters.includes(given[start]!)) start += 1;
  while (end > start && delimiters.includes(given[end - 1]!)) end -= 1;
  const pattern = given.slice(start, end);
  const isEdge = (char: string | undefined): boolean =>
    char === undefined || delimiters.includes(char);
  return (value) => {
    if (pattern === "") return false;
    for (let at = value.indexOf(pattern); at >= 0; at = value.indexOf(pattern, at + 1)) {
      if (isEdge(value[at - 1]) && isEdge(value[at + pattern.length])) return true;
    }
    return false;
  };
}

function regular(given: string, ignoreCase: boolean): PatternResult {
  const compiled = compileRegex(byteStringOfText(given), ignoreCase ? "i" : "");
  if (!compiled.ok) return compiled;
  const { regex } = compiled;
  return matching((sample) => sample.type === "str" && regex.test(sample.value));
}

function binary(pattern: string): PatternResult {
  if (/[^0-9a-fA-F]/.test(pattern)) {
    return { ok: false, message: `expect hex sequence, found '${pattern}'` };
  }
  if (pattern.length % 2 !== 0) {
    return { ok: false, message: "expect binary value in hex, even number of digits" };
  }
  const wanted = Buffer.from(pattern, "hex").toString("latin1");
  return matching((sample) => sample.type === "bin" && byteString(sample.value) === wanted);
}

/** The comparison operators of integer patterns. */
export const INT_OPERATORS: readonly string[] = ["eq", "ge", "gt", "le", "lt"];

interface Range {
  readonly min: number;
  readonly max: number;
}

function numeric(pattern: string, read: (sample: Sample) => number | undefined): PatternResult {
  const operator = /^(eq|ge|gt|le|lt) /.exec(pattern)?.[1] ?? "eq";
  const range = parseRange(pattern.replace(/^(eq|ge|gt|le|lt) /, ""), operator);
  if (typeof range === "string") return { ok: false, message: range };
  return matching((sample) => {
    const value = read(sample);
    return value !== undefined && value >= range.min && value <= range.max;
  });
}

function parseRange(text: string, operator: string): Range | string {
  const match = /^(-?\d+(?:\.\d+)?)?(:?)(-?\d+(?:\.\d+)?)?$/.exec(text);
  const low = match?.[1];
  const high = match?.[3];
  if (match === null || (low === undefined && high === undefined)) {
    return `'${text}' is not a number`;
  }
  const isRange = match[2] === ":";
  if (isRange && operator !== "eq" && low !== undefined && high !== undefined) {
    return `integer range '${text}' must be unbounded on one side with operator '${operator}'`;
  }
  const min = low === undefined ? -Infinity : patternNumber(low);
  const max = high === undefined ? (isRange ? Infinity : min) : patternNumber(high);
  if (min > max) return `'${text}' is not a valid number range`;
  switch (operator) {
    case "gt":
      return { min: min + 1, max: Infinity };
    case "ge":
      return { min, max: Infinity };
    case "lt":
      return { min: -Infinity, max: max - 1 };
    case "le":
      return { min: -Infinity, max };
    default:
      return { min, max };
  }
}

/** A number, or a dotted version such as 3.1 for 3 * 65536 + 1 (`req.ssl_ver`). */
function patternNumber(text: string): number {
  const [major = "", minor] = text.split(".");
  return minor === undefined ? Number(major) : Number(major) * 65_536 + Number(minor);
}

/** An address or network of an `ip` pattern: `bitCount` leading bits of `address` count. */
export interface Network {
  readonly address: IpBytes;
  readonly bitCount: number;
}

/**
 * Reads `a.b.c.d[/mask]` or `x::y[/bits]`. Short forms are refused: HAProxy loads `10/8` but matches
 * 0.0.0.0/8 with it, which nobody means.
 */
export function parseNetwork(pattern: string): Network | undefined {
  const slash = pattern.indexOf("/");
  const host = slash < 0 ? pattern : pattern.slice(0, slash);
  const address = parseIp(host);
  if (address === undefined) return undefined;
  const bitsMax = address.length * 8;
  if (slash < 0) return { address, bitCount: bitsMax };
  const mask = parseMask(pattern.slice(slash + 1), address.length === 4 ? 4 : 6);
  const bitCount = mask && prefixLength(mask);
  if (bitCount === undefined) return undefined;
  return { address: maskIp(address, bitCount), bitCount };
}

/** Leading one bits of a mask; `undefined` when ones follow a zero. */
function prefixLength(mask: IpBytes): number | undefined {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const match = /^(1*)0*$/.exec(bits);
  return match?.[1]?.length;
}

/** Whether an address lies in a network; IPv4 and its mapped IPv6 form are the same address. */
export function isInNetwork(address: IpBytes, network: Network): boolean {
  const isSame = address.length === network.address.length;
  const own = isSame ? address : network.address.length === 4 ? toIpv4(address) : toIpv6(address);
  if (own === undefined) return false;
  const masked = maskIp(own, network.bitCount);
  return masked.every((byte, i) => byte === network.address[i]);
}

function network(pattern: string): PatternResult {
  const parsedNetwork = parseNetwork(pattern);
  if (parsedNetwork === undefined) {
    return { ok: false, message: `'${pattern}' is not a valid IPv4 or IPv6 address` };
  }
  return matching((sample) => sample.type === "ip" && isInNetwork(sample.value, parsedNetwork));
}
