// The `haproxy` command: HAProxy's flags, texts and exit codes in front of our balancer.
import type { BalancerOptions } from "../src/balancer-options.ts";
import { evaluatePredicates } from "../src/config/predicate.ts";
import { renderDiagnostics } from "../src/config/render.ts";
import { hasAlerts, loadConfiguration } from "../src/io/load-configuration.ts";
import { startInBackground, tellReady } from "../src/io/process/background.ts";
import { notifySystemd } from "../src/io/process/systemd-notify.ts";
import { checkConfiguration } from "./check.ts";
import { parseHaproxyArguments, type HaproxyOptions } from "./haproxy-arguments.ts";
import { buildText, hasFeature, usageText, versionText } from "./haproxy-texts.ts";
import { PROCESS_OUTPUT, type Output } from "./output.ts";
import type { RunBalancer } from "./run-balancer.ts";
import { HAPROXY_VERSION } from "../src/version.ts";

/** What the command needs of its surroundings. */
export interface HaproxyCommandOptions {
  /** The words after the program's name. */
  readonly words: readonly string[];
  /** The file to run again for `-D`. */
  readonly script: string;
  readonly run: RunBalancer;
  readonly output?: Output;
}

/** Runs the `haproxy` command; resolves to its exit code. */
export async function runHaproxyCommand(options: HaproxyCommandOptions): Promise<number> {
  const output = options.output ?? PROCESS_OUTPUT;
  const command = parseHaproxyArguments(options.words);
  switch (command.kind) {
    case "usage":
      if (command.problem !== undefined) printAlert(command.problem, output);
      output.error(usageText());
      return command.exitCode;
    case "version":
      output.out(command.isVerbose ? buildText(buildFacts()) : versionText());
      return 0;
    case "condition":
      return evaluateCondition(command.condition, output);
    case "check":
      return changeFolder(command, output) ?? (await check(command, output));
    case "run":
      return changeFolder(command, output) ?? (await start(command, options));
  }
}

function printAlert(message: string, output: Output): void {
  output.error(renderDiagnostics([{ severity: "alert", message }], process.pid));
}

function buildFacts() {
  return {
    nodeVersion: process.versions.node,
    openSslVersion: process.versions.openssl,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** 0 true, 1 false, 2 not understood. */
function evaluateCondition(condition: string, output: Output): number {
  const result = evaluatePredicates(condition, {
    isDefined: (name) => process.env[name] !== undefined,
    hasFeature,
    version: HAPROXY_VERSION,
  });
  if (result.ok) return result.value ? 0 : 1;
  printAlert(`Failed to evaluate condition: ${result.message}`, output);
  return 2;
}

/** An exit code if the folder of `-C` cannot be entered. */
function changeFolder(options: HaproxyOptions, output: Output): number | undefined {
  if (options.folder === undefined) return undefined;
  try {
    process.chdir(options.folder);
    return undefined;
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown error";
    printAlert(`Could not change to directory ${options.folder} : ${cause}`, output);
    return 1;
  }
}

function check(options: HaproxyOptions, output: Output): Promise<number> {
  return checkConfiguration({ ...options, describes: options.isVerbose }, output);
}

async function start(options: HaproxyOptions, command: HaproxyCommandOptions): Promise<number> {
  if (await belongsInBackground(options)) {
    // The folder is entered already; `-db` keeps the child from doing this again.
    return startInBackground(command.script, [...withoutFolder(command.words), "-db"]);
  }
  return command.run(balancerOptions(options));
}

/** `daemon` in the configuration counts as `-D` unless a flag says otherwise. */
async function belongsInBackground(options: HaproxyOptions): Promise<boolean> {
  if (options.placement !== "configured") return options.placement === "background";
  const loaded = await loadConfiguration(options.files, {
    ignoreResolveFailures: true,
    ...(options.localpeer === undefined ? {} : { localpeer: options.localpeer }),
  });
  // With alerts the foreground start prints them, and fails.
  return loaded.configuration.global.daemon && !hasAlerts(loaded.diagnostics);
}

/** Relative paths of files are then meant from the folder that the parent is in. */
function withoutFolder(words: readonly string[]): string[] {
  const index = words.indexOf("-C");
  const end = words.indexOf("--");
  const flags = end < 0 ? words : words.slice(0, end);
  const files = end < 0 ? [] : words.slice(end + 1).flatMap((file) => ["-f", file]);
  if (index < 0 || (end >= 0 && index > end)) return [...flags, ...files];
  return [...flags.slice(0, index), ...flags.slice(index + 2), ...files];
}

function balancerOptions(options: HaproxyOptions): BalancerOptions {
  const { files, localpeer, pidfile, maxconn, oldPids, oldSignal } = options;
  return {
    files,
    quiet: options.isQuiet,
    warningsAreErrors: options.warningsAreErrors,
    ignoreResolveFailures: options.ignoreResolveFailures,
    ...(localpeer === undefined ? {} : { localpeer }),
    ...(pidfile === undefined ? {} : { pidfile }),
    ...(maxconn === undefined ? {} : { maxconn }),
    ...(oldPids.length === 0 ? {} : { signalAfterReady: { pids: oldPids, signal: oldSignal } }),
    onReady: () => {
      if (options.notifySystemd) void notifySystemd("READY=1");
      tellReady();
    },
  };
}
