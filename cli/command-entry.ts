// What a command of `tandem` is: one entry of the table from which the command line, its help, its
// completion and its manual page are made.
import type { ArgumentsCamelCase, Argv } from "yargs";
import type { AgentPrograms } from "./tandem-agent-commands.ts";
import type { Output } from "./output.ts";
import type { RunBalancer } from "./run-balancer.ts";

/** What a command needs of its surroundings. */
export interface CommandSurroundings extends AgentPrograms {
  /** The words after the program's name. */
  readonly words: readonly string[];
  /** The file to run again for `-D`. */
  readonly script: string;
  readonly run: RunBalancer;
  readonly output: Output;
}

/** What all entries tell of themselves. */
export interface CommandFacts {
  /** The name, and behind it what stands without an option's name: `drain <servers..>`. */
  readonly usage: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Sentences for the manual page and the end of the help; empty when the summary says it all. */
  readonly details?: string;
  /** Codes with their meanings. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  /** What a positional argument may be, asked of the running balancer when a shell completes it. */
  readonly completes?: "servers" | "tables";
}

/** One command. */
export interface CommandEntry extends CommandFacts {
  readonly name: string;
  /** Declares options, positional arguments and examples. */
  readonly options: (parser: Argv) => Argv;
  /** The exit code. */
  readonly run: (argv: object, surroundings: CommandSurroundings) => Promise<number>;
}

/** An entry; `run` is given what `options` declares. */
export function commandEntry<T>(
  facts: CommandFacts,
  options: (parser: Argv) => Argv<T>,
  run: (argv: ArgumentsCamelCase<T>, surroundings: CommandSurroundings) => Promise<number>,
): CommandEntry {
  return {
    ...facts,
    name: facts.usage.split(" ")[0]!,
    options: (parser) => options(parser),
    run: (argv, surroundings) => run(argv as ArgumentsCamelCase<T>, surroundings),
  };
}

/** The codes of most commands. */
export const PLAIN_EXIT_CODES: CommandFacts["exitCodes"] = [
  [0, "done"],
  [1, "an error, which a line on stderr names; also words that are not understood"],
];

/** Exit codes as help shows them. */
export function exitCodeLines({ exitCodes }: Pick<CommandFacts, "exitCodes">): string {
  return ["Exit codes:", ...exitCodes.map(([code, meaning]) => `  ${code}  ${meaning}`)].join("\n");
}
