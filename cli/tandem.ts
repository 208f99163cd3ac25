// The `tandem` command.
import yargs from "yargs";
import { didYouMean } from "../src/base/did-you-mean.ts";
import { type CommandEntry, type CommandSurroundings, exitCodeLines } from "./command-entry.ts";
import { COMMANDS, versionLine } from "./command-table.ts";
import { declaredOf, spellings } from "./declared-options.ts";
import { CommandFailure } from "./operator/command-failure.ts";
import { PROCESS_OUTPUT, type Output } from "./output.ts";
import { completeCommand } from "./tandem-complete-command.ts";
import { UsageError } from "./usage-error.ts";

/** As wide as the narrowest usual terminal. */
const HELP_COLUMNS = 80;

/** What the command needs of its surroundings. */
export interface TandemCommandOptions extends Omit<CommandSurroundings, "output"> {
  readonly output?: Output;
}

/** Runs the `tandem` command; resolves to its exit code: 1 also for words that are not understood. */
export async function runTandemCommand(options: TandemCommandOptions): Promise<number> {
  const output = options.output ?? PROCESS_OUTPUT;
  const surroundings: CommandSurroundings = { ...options, output };
  if (options.words[0] === "complete" && options.words[1] === "--") {
    await completeCommand(options.words.slice(2), COMMANDS, output);
    return 0;
  }
  let exitCode = 0;
  let parser = yargs()
    .scriptName("tandem")
    .usage(
      "$0 <command> [options]\n\nBalances MQTT and TCP as a haproxy.cfg says, and holds addresses as a keepalived.conf says.",
    )
    .demandCommand(1, "no command given")
    .strict()
    .version(versionLine().trim())
    .alias("help", "h")
    .epilogue("'tandem <command> --help' has options, examples and exit codes.")
    .wrap(HELP_COLUMNS)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new UsageError(message);
    });
  for (const entry of COMMANDS) {
    parser = parser.command(
      entry.usage,
      entry.summary,
      (inner) => entry.options(inner).usage(usageOf(entry)).epilogue(exitCodeLines(entry)),
      async (argv) => {
        exitCode = await entry.run(argv, surroundings);
      },
    );
  }
  try {
    await parser.parseAsync([...options.words], {}, (_error, _argv, text) => {
      if (text !== "") output.out(`${text}\n`);
    });
  } catch (error) {
    if (error instanceof CommandFailure) {
      output.error(`tandem: ${error.message}\n`);
      return 1;
    }
    if (!(error instanceof UsageError) && !isYargsError(error)) throw error;
    output.error(`tandem: ${explain(error.message)}\nTry 'tandem --help'.\n`);
    return 1;
  }
  return exitCode;
}

function usageOf({ usage, summary, details }: CommandEntry): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return `$0 ${usage} [options]\n\n${sentence}${details === undefined ? "" : ` ${details}`}`;
}

function isYargsError(error: unknown): error is Error {
  return error instanceof Error && error.name === "YError";
}

/** yargs names what it does not know; this adds what may have been meant. */
function explain(message: string): string {
  const unknown = /^Unknown (argument|command)s?: (.+)$/.exec(message);
  if (unknown === null)
    return (message.charAt(0).toLowerCase() + message.slice(1)).replaceAll("\n", ": ");
  const words = unknown[2]!.split(", ");
  const commands = COMMANDS.map(({ name }) => name);
  const flags = new Set(
    COMMANDS.flatMap((entry) => declaredOf(entry).options.flatMap(spellings)).concat(
      "--help",
      "--version",
    ),
  );
  const hints = words.map((word) => {
    const isCommand = unknown[1] === "command" || commands.some((name) => near(word, name));
    if (isCommand) return `unknown command '${word}'${didYouMean(word, commands)}`;
    const flag = word.length === 1 ? `-${word}` : `--${word}`;
    return `unknown option or argument '${word}'${didYouMean(flag, flags)}`;
  });
  return [...new Set(hints)].join("; ");
}

function near(word: string, name: string): boolean {
  return didYouMean(word, [name]) !== "";
}
