// `map_<match>_<output>(<file>[,<default>])`: the value beside the pattern that matches (haproxy
// configuration §7.3.1). The first line that matches wins; of networks, the narrowest one.
import type { MatchMethod } from "../ast.ts";
import { byteStringOfText } from "../bytes.ts";
import { castSample } from "../convert.ts";
import type { CompileEnvironment, ConverterDefinition } from "../definition.ts";
import { compilePattern, methodType, parseNetwork, type PatternTest } from "../pattern.ts";
import { patternLines } from "../pattern-list.ts";
import type { Fetched, Sample } from "../sample.ts";

const MATCHES: readonly MatchMethod[] = [
  "str",
  "beg",
  "sub",
  "dir",
  "dom",
  "end",
  "reg",
  "int",
  "ip",
];

type Output = "str" | "int" | "ip";

interface MapEntry {
  readonly test: PatternTest;
  readonly value: Sample | undefined;
}

/** Splits a line of a map file into its key and its value. */
function splitLine(line: string): readonly [key: string, value: string] {
  const match = /^(\S+)[ \t]+(.*?)[ \t]*$/.exec(line);
  return match === null ? [line, ""] : [match[1]!, match[2]!];
}

function outputValue(text: string, output: Output): Sample | undefined {
  return castSample({ type: "str", value: byteStringOfText(text) }, output);
}

function narrowness(key: string): number {
  const network = parseNetwork(key);
  if (network === undefined) return 0;
  return network.bitCount + (network.address.length === 4 ? 96 : 0);
}

function loadEntries(
  path: string,
  method: MatchMethod,
  output: Output,
  environment: CompileEnvironment,
): readonly MapEntry[] {
  const lines = patternLines(environment.readFile?.(path) ?? []).map(splitLine);
  if (method === "ip") lines.sort(([a], [b]) => narrowness(b) - narrowness(a));
  return lines.flatMap(([key, text]) => {
    const pattern = compilePattern(key, { method, ignoreCase: false });
    return pattern.ok ? [{ test: pattern.test, value: outputValue(text, output) }] : [];
  });
}

/** Exact texts are found by their key rather than one after another. */
function loadIndex(
  path: string,
  output: Output,
  environment: CompileEnvironment,
): ReadonlyMap<string, Sample | undefined> {
  const index = new Map<string, Sample | undefined>();
  for (const line of patternLines(environment.readFile?.(path) ?? [])) {
    const [key, text] = splitLine(line);
    const name = byteStringOfText(key);
    if (!index.has(name)) index.set(name, outputValue(text, output));
  }
  return index;
}

function mapConverter(
  names: readonly string[],
  method: MatchMethod,
  output: Output,
): ConverterDefinition {
  const input = methodType(method) ?? "str";
  return {
    names,
    args: [
      { name: "file", type: "string" },
      { name: "default", type: "string", optional: true },
    ],
    input,
    output,
    description: `The ${output} beside the ${method} pattern of a map file that matches.`,
    make: ([path, fallback], environment) => {
      const absent = fallback === undefined ? undefined : outputValue(fallback, output);
      const answer = (value: Sample | undefined): Fetched => value ?? absent ?? "none";
      if (method === "str") {
        const index = loadIndex(path!, output, environment);
        return (sample) => answer(sample.type === "str" ? index.get(sample.value) : undefined);
      }
      const entries = loadEntries(path!, method, output, environment);
      return (sample) => answer(entries.find((entry) => entry.test(sample))?.value);
    },
  };
}

/** All map converters. */
export const MAP_CONVERTERS: readonly ConverterDefinition[] = MATCHES.flatMap((method) => [
  mapConverter(
    method === "str" ? ["map", "map_str", "map_str_str"] : [`map_${method}`, `map_${method}_str`],
    method,
    "str",
  ),
  mapConverter([`map_${method}_int`], method, "int"),
  mapConverter([`map_${method}_ip`], method, "ip"),
]);
