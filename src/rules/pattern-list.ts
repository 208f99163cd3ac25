// A list of patterns of one ACL. Long lists of exact texts and of networks are indexed, so that a
// file of many thousand entries costs a lookup and not a walk.
import { byteString, byteStringOfText } from "./bytes.ts";
import { castSample } from "./convert.ts";
import { maskIp, toIpv6 } from "../base/ip.ts";
import {
  compilePattern,
  methodType,
  type Network,
  parseNetwork,
  type PatternOptions,
  type PatternTest,
} from "./pattern.ts";
import type { Sample } from "./sample.ts";

/** Compiles a list into one test that casts the sample first; patterns that do not parse never match. */
export function compilePatternList(
  patterns: readonly string[],
  options: PatternOptions,
): PatternTest {
  const type = methodType(options.method);
  const test = compileTests(patterns, options);
  if (type === undefined) return test;
  return (sample) => {
    const cast = castSample(sample, type);
    return cast !== undefined && test(cast);
  };
}

function compileTests(patterns: readonly string[], options: PatternOptions): PatternTest {
  const { method } = options;
  if (method === "found") return () => true;
  if (method === "bool") return (sample) => sample.value === true;
  if (method === "str") return exactTexts(patterns, options.ignoreCase);
  if (method === "ip") return networks(patterns);
  const tests: PatternTest[] = [];
  for (const pattern of patterns) {
    const compiled = compilePattern(pattern, options);
    if (compiled.ok) tests.push(compiled.test);
  }
  return (sample) => tests.some((test) => test(sample));
}

function exactTexts(patterns: readonly string[], ignoreCase: boolean): PatternTest {
  const fold = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const known = new Set(patterns.map((pattern) => fold(byteStringOfText(pattern))));
  return (sample) => sample.type === "str" && known.has(fold(sample.value));
}

/** The bits by which IPv4 prefixes grow when they are looked up as mapped IPv6 addresses. */
const MAPPED_BITS = 96;

function networks(patterns: readonly string[]): PatternTest {
  const byLength = new Map<number, Set<string>>();
  const add = (network: Network): void => {
    const shift = network.address.length === 4 ? MAPPED_BITS : 0;
    const bitCount = network.bitCount + shift;
    const keys = byLength.get(bitCount) ?? new Set();
    keys.add(byteString(maskIp(toIpv6(network.address), bitCount)));
    byLength.set(bitCount, keys);
  };
  for (const pattern of patterns) {
    const network = parseNetwork(pattern);
    if (network !== undefined) add(network);
  }
  return (sample: Sample) => {
    if (sample.type !== "ip") return false;
    const address = toIpv6(sample.value);
    for (const [bitCount, keys] of byLength) {
      if (keys.has(byteString(maskIp(address, bitCount)))) return true;
    }
    return false;
  };
}

/** The patterns of a file's lines: blank lines and those that begin with `#` are skipped. */
export function patternLines(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => line.replace(/^[ \t]+|[\r\n]+$/g, ""))
    .filter((line) => line !== "" && !line.startsWith("#"));
}
