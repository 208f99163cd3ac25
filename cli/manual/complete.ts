// What a shell may put where the cursor is.
import type { CommandEntry } from "../command-entry.ts";
import { type DeclaredOption, declaredOf, spellings } from "../declared-options.ts";

/** What fits; `servers` and `tables` are to be asked of the running balancer. */
export type Completion =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "ask"; readonly what: "servers" | "tables" }
  /** Files, or nothing: the shell's own completion. */
  | { readonly kind: "shell" };

/** Completes the last of the words behind the program's name. */
export function complete(words: readonly string[], entries: readonly CommandEntry[]): Completion {
  const current = words.at(-1) ?? "";
  const [name] = words;
  if (words.length <= 1) return fitting(current, [...entries.map((entry) => entry.name), "--help"]);
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) return { kind: "shell" };
  const { options } = declaredOf(entry);
  const before = optionOf(words.at(-2) ?? "", options);
  if (before?.takesValue === true) {
    return before.choices.length > 0 ? fitting(current, before.choices) : { kind: "shell" };
  }
  if (current.startsWith("-")) return fitting(current, [...options.flatMap(spellings), "--help"]);
  if (entry.completes === undefined) return { kind: "shell" };
  const isFirst = countPositionals(words.slice(1, -1), options) === 0;
  if (entry.completes === "tables" && !isFirst) return { kind: "shell" };
  return { kind: "ask", what: entry.completes };
}

/** The candidates that begin as the word does. */
export function fitting(current: string, candidates: readonly string[]): Completion {
  return { kind: "words", words: candidates.filter((word) => word.startsWith(current)) };
}

function optionOf(word: string, options: readonly DeclaredOption[]): DeclaredOption | undefined {
  return options.find((option) => spellings(option).includes(word));
}

function countPositionals(words: readonly string[], options: readonly DeclaredOption[]): number {
  return words.filter((word, at) => {
    if (word.startsWith("-")) return false;
    return optionOf(words[at - 1] ?? "", options)?.takesValue !== true;
  }).length;
}
