// The `keepalived` command: Keepalived's flags, texts and exit codes in front of our agent.
import type { RunAgent } from "../ha/agent-options.ts";
import { writeFindings } from "../ha/io/findings-file.ts";
import { loadAgentConfiguration } from "../ha/io/load-configuration.ts";
import { defaultControlFolder } from "../src/io/control-socket.ts";
import { startInBackground, tellReady } from "../src/io/process/background.ts";
import { renderFindings } from "./agent-findings.ts";
import { parseKeepalivedArguments, type KeepalivedCommand } from "./keepalived-arguments.ts";
import { keepalivedUsageText, keepalivedVersionText, SIGNAL_NUMBERS } from "./keepalived-texts.ts";
import { PROCESS_OUTPUT, type Output } from "./output.ts";

/** What the command needs of its surroundings. */
export interface KeepalivedCommandOptions {
  /** The words after the program's name. */
  readonly words: readonly string[];
  /** The file to run again in the background. */
  readonly script: string;
  readonly runAgent: RunAgent;
  readonly output?: Output;
}

type Check = Extract<KeepalivedCommand, { kind: "check" }>;
type Run = Extract<KeepalivedCommand, { kind: "run" }>;

/** With `-e`, a file that is missing. */
const EXIT_NO_FILE = 4;

/** Runs the `keepalived` command; resolves to its exit code. */
export async function runKeepalivedCommand(options: KeepalivedCommandOptions): Promise<number> {
  const output = options.output ?? PROCESS_OUTPUT;
  const command = parseKeepalivedArguments(options.words);
  switch (command.kind) {
    case "help":
      output.error(keepalivedUsageText());
      return 0;
    case "version":
      output.error(keepalivedVersionText());
      return 0;
    case "signal":
      return printSignal(command.name, output);
    case "problem":
      output.error(`${command.message}\n`);
      return 1;
    case "check":
      return check(command, output);
    case "run":
      return start(command, options, output);
  }
}

function printSignal(name: string, output: Output): number {
  const signal = SIGNAL_NUMBERS[name];
  if (signal === undefined) output.error(`Unknown sigfunc ${name}\n`);
  else output.out(`${signal}\n`);
  return signal === undefined ? 1 : 0;
}

function remark(remarks: readonly string[], output: Output): void {
  output.error(remarks.map((line) => `${line}\n`).join(""));
}

/** `-t`: the original's exit codes; findings go to a file when one is named. */
async function check(command: Check, output: Output): Promise<number> {
  remark(command.remarks, output);
  const { file, configId, logFile } = command;
  const loaded = await loadAgentConfiguration({
    file,
    hasBalancer: false,
    ...(configId === undefined ? {} : { configId }),
  });
  const text = renderFindings(loaded);
  if (logFile === undefined) output.error(text);
  else {
    const problem = await writeFindings(logFile, text);
    if (problem !== undefined) {
      output.error(`Unable to open config-test log file ${logFile} ${problem}\n`);
      return 1;
    }
  }
  const isMissing = command.needsFile && loaded.exitCode === 0 && !loaded.isUsable;
  return isMissing ? EXIT_NO_FILE : loaded.exitCode;
}

/** In the background unless `-n` is given; the parent returns once the agent is ready. */
async function start(
  command: Run,
  options: KeepalivedCommandOptions,
  output: Output,
): Promise<number> {
  if (!command.isForeground) {
    // Remarks come from the child, once.
    return startInBackground(options.script, ["--dont-fork", ...options.words]);
  }
  remark(command.remarks, output);
  const controlFolder = defaultControlFolder();
  return options.runAgent({ ...command.options, controlFolder, onReady: tellReady });
}
