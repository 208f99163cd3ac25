// The commands of `tandem` that concern the balancer alone: balancer, check, reload.
import type { Argv } from "yargs";
import type { BalancerOptions } from "../src/balancer-options.ts";
import { defaultControlPath, requestReload } from "../src/io/control-socket.ts";
import { startInBackground, tellReady } from "../src/io/process/background.ts";
import { readPidfile } from "../src/io/process/read-pidfile.ts";
import { notifySystemd } from "../src/io/process/systemd-notify.ts";
import type { CommandSurroundings } from "./command-entry.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage-error.ts";

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

/** Options of `tandem balancer`. */
export function balancerOptions(parser: Argv) {
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

/** Options of `tandem check`. */
export function checkOptions(parser: Argv) {
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

/** Options of `tandem reload`. */
export function reloadOptions(parser: Argv) {
  return controlOption(parser)
    .option("pidfile", {
      alias: "p",
      type: "string",
      requiresArg: true,
      conflicts: "control",
      describe: "signal the process named in this file instead; its answer is then only in its log",
    })
    .example("$0 reload", "as SIGHUP does, but the answer comes here");
}

interface BalancerArguments {
  readonly file: readonly string[];
  readonly localPeer?: string | undefined;
  readonly control?: string | undefined;
  readonly pidfile?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly daemon: boolean;
}

/** `tandem balancer`; the exit code. */
export async function balancerCommand(
  argv: BalancerArguments,
  options: CommandSurroundings,
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

/** `tandem check`: the balancer's files first; their exit code counts when both are wrong. */
export async function checkCommand(argv: CheckArguments, output: Output): Promise<number> {
  const { file: files, keepalived: agentFiles, quiet: isQuiet } = argv;
  if (files === undefined && agentFiles === undefined) {
    throw new UsageError("-f is missing: name a haproxy.cfg, or a keepalived.conf with -k");
  }
  if (agentFiles !== undefined && agentFiles.length > 2) {
    throw new UsageError("-k is given more than twice: a pair has two nodes");
  }
  // Two thirds of all modules are behind these two: no other command waits until they are read.
  const { checkConfiguration, listenAddresses } = await import("./check.ts");
  const { checkAgentFiles } = await import("./check-agent.ts");
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

/** `tandem reload`; the exit code. */
export async function reloadCommand(argv: ReloadArguments, output: Output): Promise<number> {
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
