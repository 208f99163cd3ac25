// The `tandem` command.
import yargs, { type Argv } from "yargs";
import type { BalancerOptions } from "../src/balancer-options.ts";
import { didYouMean } from "../src/base/did-you-mean.ts";
import { defaultControlPath, requestReload } from "../src/io/control-socket.ts";
import { startInBackground, tellReady } from "../src/io/process/background.ts";
import { readPidfile } from "../src/io/process/read-pidfile.ts";
import { notifySystemd } from "../src/io/process/systemd-notify.ts";
import { checkConfiguration, listenAddresses } from "./check.ts";
import { checkAgentFiles } from "./check-agent.ts";
import { PROCESS_OUTPUT, type Output } from "./output.ts";
import type { RunBalancer } from "./run-balancer.ts";
import {
  AGENT_OPTION_NAMES,
  agentCommand,
  agentOptions,
  nodeCommand,
  nodeOptions,
  releaseCommand,
  releaseOptions,
  type AgentPrograms,
} from "./tandem-agent-commands.ts";
import { STATUS_OPTION_NAMES, statusCommand, statusOptions } from "./tandem-status-command.ts";
import { UsageError } from "./usage-error.ts";
import { HAPROXY_VERSION, TANDEM_VERSION } from "../src/version.ts";

/** What the command needs of its surroundings. */
export interface TandemCommandOptions extends AgentPrograms {
  /** The words after the program's name. */
  readonly words: readonly string[];
  /** The file to run again for `-D`. */
  readonly script: string;
  readonly run: RunBalancer;
  readonly output?: Output;
}

const NAMES: readonly string[] = [
  "--file",
  "--pidfile",
  "--local-peer",
  "--control",
  "--daemon",
  "--quiet",
  "--max-connections",
  "--help",
  "--version",
  ...AGENT_OPTION_NAMES,
  ...STATUS_OPTION_NAMES,
];
const COMMANDS: readonly string[] = [
  "run",
  "balancer",
  "agent",
  "check",
  "release",
  "reload",
  "status",
  "version",
];

/** Runs the `tandem` command; resolves to its exit code: 1 also for words that are not understood. */
export async function runTandemCommand(options: TandemCommandOptions): Promise<number> {
  const output = options.output ?? PROCESS_OUTPUT;
  let exitCode = 0;
  function settle(code: number): void {
    exitCode = code;
  }
  const parser = yargs()
    .scriptName("tandem")
    .usage(
      "$0 <command> [options]\n\nBalances MQTT and TCP as a haproxy.cfg says, and holds addresses as a keepalived.conf says.",
    )
    .command("run", "run a whole node: guard, agent and balancer", nodeOptions, async (argv) =>
      settle(await nodeCommand(argv, options, options.runNode)),
    )
    .command(
      "balancer",
      "run the balancer until SIGTERM (stop) or SIGUSR1 (finish what is connected)",
      balancerOptions,
      async (argv) => settle(await runBalancer(argv, options)),
    )
    .command("agent", "run the VRRP agent alone, as Keepalived would", agentOptions, async (argv) =>
      settle(await agentCommand(argv, options, options.runAgent)),
    )
    .command(
      "check",
      "say what is wrong with a configuration, or what it will do",
      checkOptions,
      (argv) => checkCommand(argv, output).then(settle),
    )
    .command(
      "release",
      "remove the addresses of a keepalived.conf, after everything was killed",
      releaseOptions,
      async (argv) => settle(await releaseCommand(argv, output, options.releaseVips)),
    )
    .command(
      "reload",
      "let the running balancer read its configuration again",
      reloadOptions,
      (argv) => reload(argv, output).then(settle),
    )
    .command("status", "show how this node stands, and what is wrong now", statusOptions, (argv) =>
      statusCommand(argv, output).then(settle),
    )
    .command("version", "print the version", {}, () => output.out(versionLine()))
    .demandCommand(1, "no command given")
    .strict()
    .version(versionLine().trim())
    .alias("help", "h")
    .epilogue(
      "Exit codes: 0 good, 1 an error, 2 a valid configuration in which nothing listens; those of " +
        "'check -k' are keepalived's: 4 fatal, 5 an error, 6 scripts without script security.",
    )
    .wrap(100)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new UsageError(message);
    });
  try {
    await parser.parseAsync([...options.words], {}, (_error, _argv, text) => {
      if (text !== "") output.out(`${text}\n`);
    });
  } catch (error) {
    if (!(error instanceof UsageError) && !isYargsError(error)) throw error;
    output.error(`tandem: ${explain(error.message)}\nTry 'tandem --help'.\n`);
    return 1;
  }
  return exitCode;
}

function isYargsError(error: unknown): error is Error {
  return error instanceof Error && error.name === "YError";
}

function versionLine(): string {
  return `tandem ${TANDEM_VERSION} (reads the configuration of HAProxy ${HAPROXY_VERSION})\n`;
}

/** yargs names what it does not know; this adds what may have been meant. */
function explain(message: string): string {
  const unknown = /^Unknown (argument|command)s?: (.+)$/.exec(message);
  if (unknown === null)
    return (message.charAt(0).toLowerCase() + message.slice(1)).replaceAll("\n", ": ");
  const words = unknown[2]!.split(", ");
  const hints = words.map((word) => {
    const isCommand = unknown[1] === "command" || COMMANDS.some((name) => near(word, name));
    if (isCommand) return `unknown command '${word}'${didYouMean(word, COMMANDS)}`;
    const flag = word.length === 1 ? `-${word}` : `--${word}`;
    return `unknown option or argument '${word}'${didYouMean(flag, NAMES)}`;
  });
  return [...new Set(hints)].join("; ");
}

function near(word: string, name: string): boolean {
  return didYouMean(word, [name]) !== "";
}

function fileOption(parser: Argv) {
  return optionalFile(parser).demandOption(
    "file",
    "-f is missing: name a configuration file or a folder of *.cfg files",
  );
}

function optionalFile(parser: Argv) {
  return parser.option("file", {
    alias: "f",
    type: "string",
    array: true,
    nargs: 1,
    describe: "configuration file, or folder whose *.cfg files are read in order; repeatable",
    requiresArg: true,
  });
}

function peerOption<T>(parser: Argv<T>) {
  return parser.option("local-peer", {
    alias: "L",
    type: "string",
    requiresArg: true,
    describe: "this node's name in peers sections (default: the host's name)",
  });
}

function controlOption<T>(parser: Argv<T>) {
  return parser.option("control", {
    type: "string",
    requiresArg: true,
    describe: `control socket (default here: ${defaultControlPath()})`,
  });
}

function quietOption<T>(parser: Argv<T>) {
  return parser.option("quiet", {
    alias: "q",
    type: "boolean",
    default: false,
    describe: "print nothing, only set the exit code",
  });
}

function balancerOptions(parser: Argv) {
  return controlOption(peerOption(fileOption(parser)))
    .option("pidfile", {
      alias: "p",
      type: "string",
      requiresArg: true,
      describe: "file to write the process's id to",
    })
    .option("max-connections", {
      alias: "n",
      type: "number",
      requiresArg: true,
      describe: "largest number of client connections (overrides global maxconn)",
    })
    .option("daemon", {
      alias: "D",
      type: "boolean",
      default: false,
      describe: "run in the background; returns once the balancer listens",
    })
    .example("$0 balancer -f /etc/haproxy/haproxy.cfg", "run what HAProxy would run");
}

function checkOptions(parser: Argv) {
  return quietOption(peerOption(optionalFile(parser)))
    .option("keepalived", {
      alias: "k",
      type: "string",
      array: true,
      nargs: 1,
      requiresArg: true,
      describe: "keepalived.conf; give those of both nodes to compare them",
    })
    .option("config-id", {
      alias: "i",
      type: "string",
      array: true,
      nargs: 1,
      requiresArg: true,
      describe: "keeps lines behind @ID; one for each -k (default: the host's short name)",
    })
    .example(
      "$0 check -f haproxy.cfg",
      "exit code 0: may be run, 1: has errors, 2: listens nowhere",
    )
    .example("$0 check -f haproxy.cfg -k keepalived.conf", "a whole node")
    .example("$0 check -k node1.conf -k node2.conf", "a pair; exit codes 4, 5, 6: keepalived -t");
}

function reloadOptions(parser: Argv) {
  return controlOption(parser).option("pidfile", {
    alias: "p",
    type: "string",
    requiresArg: true,
    conflicts: "control",
    describe: "signal the process named in this file instead; its answer is then only in its log",
  });
}

interface BalancerArguments {
  readonly file: readonly string[];
  readonly localPeer?: string | undefined;
  readonly control?: string | undefined;
  readonly pidfile?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly daemon: boolean;
}

async function runBalancer(
  argv: BalancerArguments,
  options: TandemCommandOptions,
): Promise<number> {
  const { maxConnections } = argv;
  if (
    maxConnections !== undefined &&
    !(Number.isSafeInteger(maxConnections) && maxConnections > 0)
  ) {
    throw new UsageError("-n expects a whole number above 0");
  }
  if (argv.daemon) {
    return startInBackground(options.script, withoutDaemon(options.words));
  }
  return options.run({
    files: argv.file,
    quiet: false,
    warningsAreErrors: false,
    controlPath: argv.control ?? defaultControlPath(),
    onReady: () => {
      void notifySystemd("READY=1");
      tellReady();
    },
    ...present({ localpeer: argv.localPeer, pidfile: argv.pidfile, maxconn: maxConnections }),
  });
}

type Given = Pick<BalancerOptions, "localpeer" | "pidfile" | "maxconn">;

function present(values: { readonly [K in keyof Given]: Given[K] | undefined }): Given {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The last mention of an option counts. */
function withoutDaemon(words: readonly string[]): string[] {
  return [...words, "--no-daemon"];
}

interface CheckArguments {
  readonly file?: readonly string[] | undefined;
  readonly keepalived?: readonly string[] | undefined;
  readonly configId?: readonly string[] | undefined;
  readonly localPeer?: string | undefined;
  readonly quiet: boolean;
}

/** The balancer's files first; their exit code counts when both are wrong. */
async function checkCommand(argv: CheckArguments, output: Output): Promise<number> {
  const { file: files, keepalived: agentFiles, quiet: isQuiet } = argv;
  if (files === undefined && agentFiles === undefined) {
    throw new UsageError("-f is missing: name a haproxy.cfg, or a keepalived.conf with -k");
  }
  if (agentFiles !== undefined && agentFiles.length > 2) {
    throw new UsageError("-k is given more than twice: a pair has two nodes");
  }
  const balancer =
    files === undefined
      ? undefined
      : await checkConfiguration(
          {
            files,
            isQuiet,
            warningsAreErrors: false,
            describes: true,
            ...(argv.localPeer === undefined ? {} : { localpeer: argv.localPeer }),
          },
          output,
        );
  if (agentFiles === undefined) return balancer ?? 0;
  const agent = await checkAgentFiles(
    {
      files: agentFiles,
      configIds: argv.configId ?? [],
      hasBalancer: files !== undefined,
      isQuiet,
      ...(files === undefined ? {} : { balancerAddresses: await listenAddresses(files) }),
    },
    output,
  );
  return balancer === undefined || balancer === 0 ? agent : balancer;
}

interface ReloadArguments {
  readonly control?: string | undefined;
  readonly pidfile?: string | undefined;
}

async function reload(argv: ReloadArguments, output: Output): Promise<number> {
  if (argv.pidfile !== undefined) return signalReload(argv.pidfile, output);
  const answer = await requestReload(argv.control ?? defaultControlPath());
  output.error(answer.diagnostics);
  if (answer.ok) output.out(`${answer.message}\n`);
  else output.error(`tandem: reload: ${answer.message}\n`);
  return answer.ok ? 0 : 1;
}

async function signalReload(pidfile: string, output: Output): Promise<number> {
  const pid = await readPidfile(pidfile);
  if (pid === undefined) {
    output.error(`tandem: reload: no process id found in "${pidfile}"\n`);
    return 1;
  }
  try {
    process.kill(pid, "SIGHUP");
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown error";
    output.error(`tandem: reload: cannot signal process ${pid} (${cause})\n`);
    return 1;
  }
  output.out(`Process ${pid} was told to reload; see its log for the outcome.\n`);
  return 0;
}
