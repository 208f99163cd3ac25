// Which command is meant, and what to say when none is: the list of those that come near.
import { suggest } from "../base/suggest.ts";
import type { RuntimeCommand } from "./command.ts";

/** Column at which explanations begin in `help`, as in HAProxy's. */
const USAGE_WIDTH = 40;

/** The command of the longest match of its words with the first ones given. */
export function findCommand(
  commands: readonly RuntimeCommand[],
  words: readonly string[],
): RuntimeCommand | undefined {
  let found: RuntimeCommand | undefined;
  for (const command of commands) {
    const isMatch = command.words.every((word, index) => words[index] === word);
    if (isMatch && command.words.length > (found?.words.length ?? 0)) found = command;
  }
  return found;
}

/** The answer to words that name no command. */
export function unknownCommand(
  commands: readonly RuntimeCommand[],
  words: readonly string[],
): string {
  const near = nearCommands(commands, words);
  return near.length === 0
    ? `Unknown command. Please enter one of the following commands only:\n${helpLines(commands)}`
    : `Unknown command, but maybe one of the following ones is a better match:\n${helpLines(near)}`;
}

/** The answer to `help` and `help <command>`. */
export function helpText(commands: readonly RuntimeCommand[], words: readonly string[]): string {
  const near = nearCommands(commands, words);
  const lines = helpLines(near.length === 0 ? commands : near);
  return `The following commands are valid at this level:\n${lines}`;
}

/** These three are said after any list. */
const ALWAYS: readonly (readonly [string, string])[] = [
  ["help [<command>]", "list matching or all commands"],
  ["prompt", "toggle interactive mode with prompt"],
  ["quit", "disconnect"],
];

function helpLines(commands: readonly RuntimeCommand[]): string {
  const named = commands.flatMap(({ usage, help }): [string, string][] =>
    help === undefined ? [] : [[usage, help]],
  );
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  return [...named, ...ALWAYS]
    .map(([usage, help]) => `  ${usage.padEnd(USAGE_WIDTH)}: ${help}\n`)
    .join("");
}

/** Those that begin with what was given, word by word; else those whose words are nearly the given ones. */
function nearCommands(
  commands: readonly RuntimeCommand[],
  words: readonly string[],
): readonly RuntimeCommand[] {
  if (words.length === 0) return [];
  const shown = commands.filter(({ help }) => help !== undefined);
  const begun = shown.filter((command) => isBegun(command, words));
  if (begun.length > 0) return begun;
  const meant = words.slice(0, 2).map((word, index) => {
    const known = new Set(shown.flatMap((command) => command.words[index] ?? []));
    return known.has(word) ? word : (suggest(word.slice(0, 64), known) ?? word);
  });
  const nearly = shown.filter((command) => isBegun(command, meant));
  if (nearly.length > 0) return nearly;
  return shown.filter((command) => isBegun(command, meant.slice(0, 1)));
}

function isBegun(command: RuntimeCommand, words: readonly string[]): boolean {
  return command.words.every((word, index) => {
    const given = words[index];
    return given === undefined || word.startsWith(given);
  });
}
