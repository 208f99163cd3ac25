// Sample expressions: `fetch(args),converter(args),...`. Converters may also stand as words of
// their own behind the fetch, as in `track-sc0 src ipmask(24)`; the first word that is no
// converter ends the expression (haproxy configuration §7.3).
import { printArgument, splitArguments } from "./arguments.ts";
import type { SampleCall, SampleExpression } from "./ast.ts";
import { findConverter, listConverters } from "./converter/catalogue.ts";
import { isCastable } from "./convert.ts";
import type { ConverterDefinition, FetchDefinition, SampleType } from "./definition.ts";
import { findFetch, listFetches } from "./fetch/catalogue.ts";
import { isUnservedConverter, isUnservedFetch } from "./not-served.ts";
import { parsed, type Parsed, refused } from "./parsed.ts";
import { printWord } from "./print-word.ts";
import { suggest } from "../base/suggest.ts";

/**
 * Parses the expression that starts at `words[index]`. Messages are HAProxy's, without the
 * `in ACL expression '...'` that `parseAcl` adds.
 */
export function parseSampleExpression(
  words: readonly string[],
  index: number,
): Parsed<SampleExpression> {
  return parseExpression(words, index, true);
}

/** As `parseSampleExpression`, but the first word holds all of the expression, as in ACLs. */
export function parseOneWordExpression(
  words: readonly string[],
  index: number,
): Parsed<SampleExpression> {
  return parseExpression(words, index, false);
}

function parseExpression(
  words: readonly string[],
  index: number,
  mayContinue: boolean,
): Parsed<SampleExpression> {
  const first = words[index];
  if (first === undefined || first === "") return refused("missing fetch method", index);
  const fetch = parseFetch(first, index);
  if (!fetch.ok) return fetch;
  const converters: SampleCall[] = [];
  let output = fetch.value.definition.output;
  let word = index;
  let at = fetch.next;
  let previous = `fetch keyword '${fetch.value.call.name}'`;
  for (;;) {
    const text = words[word]!;
    if (at < text.length && text[at] !== ",") {
      return refused(`missing comma after ${previous}`, word);
    }
    while (text[at] === ",") at += 1;
    if (at >= text.length) {
      const name = mayContinue ? /^[^(,]*/.exec(words[word + 1] ?? "")![0] : "";
      if (name === "" || findConverter(name) === undefined) break;
      word += 1;
      at = 0;
    }
    const converter = parseConverter(words[word]!, at, word);
    if (!converter.ok) return converter;
    const { call, definition } = converter.value;
    if (!accepts(definition, output)) {
      return refused(`converter '${call.name}' cannot be applied`, word);
    }
    output = outputAfter(definition, output);
    converters.push(call);
    previous = `converter '${call.name}'`;
    at = converter.next;
  }
  return parsed({ fetch: fetch.value.call, converters }, word + 1);
}

function accepts(definition: ConverterDefinition, output: SampleType | "any"): boolean {
  if (output === "any" || definition.input === "any") return true;
  return isCastable(output, definition.input);
}

interface ParsedCall<Definition> {
  readonly call: SampleCall;
  readonly definition: Definition;
}

function nameAt(text: string, at: number): string {
  return /^[^(,]*/.exec(text.slice(at))![0];
}

function parseFetch(text: string, word: number): Parsed<ParsedCall<FetchDefinition>> {
  const name = nameAt(text, 0);
  const definition = findFetch(name);
  if (definition === undefined) {
    if (isUnservedFetch(name)) {
      return refused(`fetch method '${name}' is not served here (TCP and MQTT only)`, word);
    }
    const names = listFetches().flatMap((fetch) => fetch.names);
    return refused(`unknown fetch method '${name}'`, word, didYouMean(name, names));
  }
  const split = splitArguments(text, name.length, definition.args);
  if (!split.ok) return refused(`fetch method '${name}' : ${split.message}`, word);
  const complaint = definition.check?.(split.args);
  if (complaint !== undefined) {
    return refused(`invalid args in fetch method '${name}' : ${complaint}`, word);
  }
  return parsed({ call: { name, args: split.args }, definition }, split.end);
}

function parseConverter(
  text: string,
  at: number,
  word: number,
): Parsed<ParsedCall<ConverterDefinition>> {
  const name = nameAt(text, at);
  const definition = findConverter(name);
  if (definition === undefined) {
    if (isUnservedConverter(name)) {
      return refused(`converter '${name}' is not served here`, word);
    }
    const names = listConverters().flatMap((converter) => converter.names);
    return refused(`unknown converter '${name}'`, word, didYouMean(name, names));
  }
  const split = splitArguments(text, at + name.length, definition.args);
  if (!split.ok) {
    const place = `invalid arg ${split.argument + 1} in converter '${name}'`;
    return refused(`${place} : ${split.message}`, word);
  }
  const complaint = definition.check?.(split.args);
  if (complaint !== undefined) {
    return refused(`invalid args in converter '${name}' : ${complaint}`, word);
  }
  return parsed({ call: { name, args: split.args }, definition }, split.end);
}

function didYouMean(name: string, names: readonly string[]): string | undefined {
  const nearest = suggest(name, names);
  return nearest === undefined ? undefined : `did you mean '${nearest}' ?`;
}

/** The expression as one word of a configuration line, quoted where the line needs it. */
export function printSampleExpression(expression: SampleExpression): string {
  return printWord([expression.fetch, ...expression.converters].map(printCall).join(","));
}

function printCall(call: SampleCall): string {
  if (call.args.length === 0) return call.name;
  return `${call.name}(${call.args.map(printArgument).join(",")})`;
}

/** The type that a parsed expression yields; `any` when only its evaluation tells. */
export function expressionOutput(expression: SampleExpression): SampleType | "any" {
  let output = findFetch(expression.fetch.name)?.output ?? "any";
  for (const { name } of expression.converters) {
    const definition = findConverter(name);
    if (definition !== undefined) output = outputAfter(definition, output);
  }
  return output;
}

function outputAfter(
  definition: ConverterDefinition,
  input: SampleType | "any",
): SampleType | "any" {
  if (definition.output !== "same") return definition.output;
  return definition.input === "any" ? input : definition.input;
}
