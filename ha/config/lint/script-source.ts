// What a command line runs: the words themselves and, where it is a script, its text.
import type { NotifyCommand } from "../model/instance.ts";
import type { LintFacts } from "./lint.ts";

/** Longer lines are no shell that somebody wrote; the bound keeps the patterns of lints fast. */
const LINE_CHARS_MAX = 1_000;
const INTERPRETER = /^(?:.*\/)?(?:sh|bash|dash|ash|ksh|zsh|python3?|perl)$/;

/** The path of the script that a command runs, if it names one by its path. */
export function scriptPath(words: readonly string[]): string | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const path = INTERPRETER.test(first) ? rest.find((word) => !word.startsWith("-")) : first;
  const isLine = INTERPRETER.test(first) && rest.some((word) => /^-[a-z]*c$/.test(word));
  return path?.startsWith("/") === true && !isLine ? path : undefined;
}

/** The script's text without comments, or the command line itself when no text is at hand. */
export function sourceOf(command: NotifyCommand, facts: LintFacts): string {
  return scriptSource(command, facts) ?? command.words.join(" ").slice(0, LINE_CHARS_MAX);
}

/** The text of the script's file without comments and empty lines; `undefined`: not at hand. */
export function scriptSource(command: NotifyCommand, facts: LintFacts): string | undefined {
  const path = scriptPath(command.words);
  const text = path === undefined ? undefined : facts.scriptText?.(path);
  if (text === undefined) return undefined;
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trimEnd())
    .filter((line) => line.trim() !== "" && line.length <= LINE_CHARS_MAX)
    .join("\n");
}

/** Who runs a script: what the command says, else `script_user`, else what the machine gives. */
export function userOf(
  command: NotifyCommand,
  scriptUser: string | undefined,
  facts: LintFacts,
): string | undefined {
  return command.user ?? scriptUser ?? facts.scriptUser;
}
