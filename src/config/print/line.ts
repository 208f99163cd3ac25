// One line of a printed configuration, built word by word.
import { printWord } from "../../rules/print-word.ts";

/** A word, printed words that need no quotes, or nothing. */
export type Printable = string | number | undefined;

/** A line in a section; our own directives stand behind `#tandem`, so that HAProxy skips them. */
export function printLine(keyword: string, ...words: readonly Printable[]): string {
  return `  ${[keyword, ...quoteAll(words)].join(" ")}\n`;
}

/** The same for a directive of Tandem. */
export function printOwnLine(keyword: string, ...words: readonly Printable[]): string {
  return `  #tandem ${[keyword, ...quoteAll(words)].join(" ")}\n`;
}

/** `keyword value`, or nothing where there is no value. */
export function printIf(keyword: string, value: Printable): string {
  return value === undefined ? "" : printLine(keyword, value);
}

/** `keyword time`, or nothing. */
export function printTimeIf(keyword: string, valueMs: number | undefined): string {
  return valueMs === undefined ? "" : printLine(keyword, printTime(valueMs));
}

/** The words `name value` of a longer line, or none. */
export function pair(name: string, value: Printable): readonly Printable[] {
  return value === undefined ? [] : [name, value];
}

/** The words `name time`, or none. */
export function timePair(name: string, valueMs: number | undefined): readonly Printable[] {
  return valueMs === undefined ? [] : [name, printTime(valueMs)];
}

/** The word alone, if it holds. */
export function flagIf(name: string, holds: boolean): readonly Printable[] {
  return holds ? [name] : [];
}

/** A line whose words are quoted already, as the printers of rules make them. */
export function printRaw(keyword: string, ...parts: readonly (string | undefined)[]): string {
  const words = parts.filter((part) => part !== undefined && part !== "");
  return `  ${[keyword, ...words].join(" ")}\n`;
}

function quoteAll(words: readonly Printable[]): readonly string[] {
  return words.flatMap((word) => (word === undefined ? [] : [printWord(String(word))]));
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** A duration in whole ms, as short as it can be written without loss. */
export function printTime(valueMs: number): string {
  for (const [unit, factor] of UNITS) {
    if (valueMs > 0 && valueMs % factor === 0) return `${valueMs / factor}${unit}`;
  }
  return `${valueMs}ms`;
}
