// The commands of `tandem` that concern the agent: agent, run, release.
import type { Argv } from "yargs";
import type { AgentOptions, ReleaseReport, RunAgent, RunNode } from "../ha/agent-options.ts";
import { startInBackground, tellReady } from "../src/io/process/background.ts";
import { controlPlaces } from "./io/status-asker.ts";
import type { Output } from "./output.ts";
import { controlDirOption } from "./tandem-status-command.ts";
import { UsageError } from "./usage-error.ts";

/** What these commands start. */
export interface AgentPrograms {
  readonly runAgent: RunAgent;
  readonly runNode: RunNode;
  readonly releaseVips: (options: ReleaseArguments) => Promise<ReleaseReport>;
}

/** What `release` is told. */
export interface ReleaseArguments {
  readonly file: string;
  readonly configId?: string;
  readonly namespace?: string;
}

/** The surroundings of a command that may go to the background. */
export interface Surroundings {
  readonly words: readonly string[];
  readonly script: string;
}

/** `-k`, and `-i` for files of both nodes in one. */
function agentFile<T>(parser: Argv<T>, alias: readonly string[]) {
  return parser
    .option("keepalived", {
      alias: ["k", ...alias],
      type: "string",
      requiresArg: true,
      demandOption: "-k is missing: name a keepalived.conf",
      describe: "the keepalived.conf of this node",
    })
    .option("config-id", {
      alias: "i",
      type: "string",
      requiresArg: true,
      describe: "keeps lines behind @ID (default: the host's short name)",
    })
    .option("namespace", {
      alias: "s",
      type: "string",
      requiresArg: true,
      describe: "network namespace (release only)",
    });
}

function agentRunOptions<T>(parser: Argv<T>) {
  return controlDirOption(parser)
    .option("logs", {
      choices: ["json", "console", "syslog", "none"] as const,
      default: "json" as const,
      describe: "JSON or Keepalived's lines on stderr, or syslog",
    })
    .option("log-detail", { type: "boolean", default: false, describe: "log more" })
    .option("keep-vips", {
      alias: "V",
      type: "boolean",
      default: false,
      describe: "leave addresses and routes in place when stopped",
    })
    .option("pidfile", {
      alias: "p",
      type: "string",
      requiresArg: true,
      describe: "file to write the process's id to",
    })
    .option("daemon", {
      alias: "D",
      type: "boolean",
      default: false,
      describe: "run in the background; returns once the node is ready",
    });
}

/** Options of `tandem agent`. */
export function agentOptions(parser: Argv) {
  return agentRunOptions(agentFile(parser, ["f", "file"])).example(
    "$0 agent -f /etc/keepalived/keepalived.conf",
    "run what Keepalived would run",
  );
}

/** Options of `tandem run`. */
export function nodeOptions(parser: Argv) {
  return agentRunOptions(agentFile(parser, []))
    .option("file", {
      alias: "f",
      type: "string",
      array: true,
      nargs: 1,
      demandOption: "-f is missing: name a haproxy.cfg or a folder of *.cfg files",
      requiresArg: true,
      describe: "haproxy.cfg, or folder whose *.cfg files are read in order; repeatable",
    })
    .option("local-peer", {
      alias: "L",
      type: "string",
      requiresArg: true,
      describe: "this node's name in peers sections (default: the host's name)",
    })
    .option("max-connections", {
      alias: "n",
      type: "number",
      requiresArg: true,
      describe: "largest number of client connections (overrides global maxconn)",
    })
    .option("control", {
      type: "string",
      requiresArg: true,
      describe: "the balancer's control socket (default: balancer.sock in --control-dir)",
    })
    .example("$0 run -f haproxy.cfg -k keepalived.conf", "run a whole node");
}

/** Options of `tandem release`. */
export function releaseOptions(parser: Argv) {
  return agentFile(parser, ["f", "file"]).example(
    "$0 release -k keepalived.conf",
    "clean up after everything was killed; exit code 1: something is left",
  );
}

interface AgentArguments {
  readonly keepalived: string;
  readonly configId?: string | undefined;
  readonly namespace?: string | undefined;
  readonly logs: AgentOptions["logs"];
  readonly logDetail: boolean;
  readonly keepVips: boolean;
  readonly pidfile?: string | undefined;
  readonly daemon: boolean;
  readonly controlDir?: string | undefined;
}

interface NodeArguments extends AgentArguments {
  readonly file: readonly string[];
  readonly localPeer?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly control?: string | undefined;
}

/** `tandem agent`; the exit code. */
export async function agentCommand(
  argv: AgentArguments,
  { words, script }: Surroundings,
  runAgent: RunAgent,
): Promise<number> {
  requireOne("-k", argv.keepalived);
  const options = readAgentArguments(argv);
  if (argv.daemon) return startInBackground(script, [...words, "--no-daemon"]);
  return runAgent({ ...options, controlFolder: controlPlaces(argv).folder });
}

/** `tandem run`; the exit code. */
export async function nodeCommand(
  argv: NodeArguments,
  { words, script }: Surroundings,
  runNode: RunNode,
): Promise<number> {
  requireOne("-k", argv.keepalived);
  const { maxConnections: maxconn } = argv;
  if (maxconn !== undefined && !(Number.isSafeInteger(maxconn) && maxconn > 0)) {
    throw new UsageError("-n expects a whole number above 0");
  }
  const options = readAgentArguments(argv);
  if (argv.daemon) return startInBackground(script, [...words, "--no-daemon"]);
  const places = controlPlaces(argv);
  return runNode({
    ...options,
    balancerFiles: argv.file,
    controlPath: places.balancer,
    controlFolder: places.folder,
    ...(argv.localPeer === undefined ? {} : { localpeer: argv.localPeer }),
    ...(maxconn === undefined ? {} : { maxconn }),
  });
}

/** `tandem release`; 1 when something is left. */
export async function releaseCommand(
  argv: Pick<AgentArguments, "keepalived" | "configId" | "namespace">,
  output: Output,
  releaseVips: AgentPrograms["releaseVips"],
): Promise<number> {
  requireOne("-k", argv.keepalived);
  const { removed, problems } = await releaseVips({ file: argv.keepalived, ...placeOf(argv) });
  output.out(removed.map((address) => `Removed ${address}\n`).join(""));
  if (removed.length === 0 && problems.length === 0) {
    output.out(`Nothing to remove: no address of ${argv.keepalived} is here.\n`);
  }
  output.error(problems.map((problem) => `tandem: release: ${problem}\n`).join(""));
  return problems.length === 0 ? 0 : 1;
}

function readAgentArguments(argv: AgentArguments): AgentOptions {
  return {
    file: argv.keepalived,
    logs: argv.logs,
    logDetail: argv.logDetail,
    keepsVips: argv.keepVips,
    releasesVips: false,
    dontRespawn: false,
    dumpsConfiguration: false,
    logsAddresses: false,
    onReady: tellReady,
    ...placeOf(argv),
    ...(argv.pidfile === undefined ? {} : { pidfile: argv.pidfile }),
  };
}

function placeOf({
  configId,
  namespace,
}: Pick<AgentArguments, "configId" | "namespace">): Pick<AgentOptions, "configId" | "namespace"> {
  return {
    ...(configId === undefined ? {} : { configId }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** yargs makes a list of an option that is given twice. */
function requireOne(flag: string, value: unknown): void {
  if (Array.isArray(value))
    throw new UsageError(`${flag} is given more than once: one is expected`);
}
