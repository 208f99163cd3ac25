// All commands of `tandem`, in the order in which help lists them.
import { TANDEM_VERSION, HAPROXY_VERSION } from "../src/version.ts";
import { type CommandEntry, commandEntry, PLAIN_EXIT_CODES } from "./command-entry.ts";
import {
  agentCommand,
  agentOptions,
  nodeCommand,
  nodeOptions,
  releaseCommand,
  releaseOptions,
} from "./tandem-agent-commands.ts";
import {
  balancerCommand,
  balancerOptions,
  checkCommand,
  checkOptions,
  reloadCommand,
  reloadOptions,
} from "./tandem-balancer-commands.ts";
import { eventsCommand, eventsOptions } from "./tandem-events-command.ts";
import { type ServerVerb, serversCommand, serversOptions } from "./tandem-servers-command.ts";
import { sessionsCommand, sessionsOptions } from "./tandem-sessions-command.ts";
import { statusCommand, statusOptions } from "./tandem-status-command.ts";
import { switchoverCommand, switchoverOptions } from "./tandem-switchover-command.ts";
import { tableCommand, tableOptions } from "./tandem-table-command.ts";

const RUN_EXIT_CODES: CommandEntry["exitCodes"] = [
  [0, "stopped as it was told"],
  [1, "a file is wrong or a socket cannot be opened: the lines on stderr say which"],
  [2, "a valid configuration in which nothing listens"],
];

const AGENT_EXIT_CODES: CommandEntry["exitCodes"] = [
  ...RUN_EXIT_CODES,
  [4, "CAP_NET_RAW or CAP_NET_ADMIN is missing"],
];

const SERVER_VERBS: readonly { readonly verb: ServerVerb; readonly summary: string }[] = [
  { verb: "drain", summary: "let servers finish: newcomers go elsewhere, sessions stay" },
  { verb: "maint", summary: "take servers out of use: nobody new, sessions stay, checks rest" },
  { verb: "ready", summary: "put servers back into use" },
];

/** The table. */
export const COMMANDS: readonly CommandEntry[] = [
  commandEntry(
    {
      usage: "run",
      summary: "run a whole node: guard, agent and balancer",
      details:
        "SIGHUP reads both files again; SIGTERM stops the node: the VIP goes before the balancer does.",
      exitCodes: AGENT_EXIT_CODES,
    },
    nodeOptions,
    (argv, around) => nodeCommand(argv, around, around.runNode),
  ),
  commandEntry(
    {
      usage: "balancer",
      summary: "run the balancer until SIGTERM (stop) or SIGUSR1 (finish what is connected)",
      exitCodes: RUN_EXIT_CODES,
    },
    balancerOptions,
    balancerCommand,
  ),
  commandEntry(
    {
      usage: "agent",
      summary: "run the VRRP agent alone, as Keepalived would",
      exitCodes: AGENT_EXIT_CODES,
    },
    agentOptions,
    (argv, around) => agentCommand(argv, around, around.runAgent),
  ),
  commandEntry(
    {
      usage: "check",
      summary: "say what is wrong with a configuration, or what it will do",
      exitCodes: [
        [0, "it may be run"],
        [1, "it has errors, or a file is not there"],
        [2, "it is valid, and nothing listens"],
        [4, "with -k: the file cannot be read to its end"],
        [5, "with -k: an error, even one that Keepalived would run with"],
        [6, "with -k: scripts are run, and enable_script_security is missing"],
      ],
    },
    checkOptions,
    (argv, { output }) => checkCommand(argv, output),
  ),
  commandEntry(
    {
      usage: "release",
      summary: "remove the addresses of a keepalived.conf, after everything was killed",
      exitCodes: [
        [0, "nothing of the file is left"],
        [1, "something could not be removed"],
      ],
    },
    releaseOptions,
    (argv, { output, releaseVips }) => releaseCommand(argv, output, releaseVips),
  ),
  commandEntry(
    {
      usage: "reload",
      summary: "let the running balancer read its configuration again",
      exitCodes: [
        [0, "the new configuration is in force"],
        [1, "it was refused, or no balancer answers: what ran before still runs"],
      ],
    },
    reloadOptions,
    (argv, { output }) => reloadCommand(argv, output),
  ),
  commandEntry(
    {
      usage: "status",
      summary: "show how this node stands, and what is wrong now",
      exitCodes: [
        [0, "ok"],
        [1, "degraded; also words that are not understood"],
        [2, "down, or nobody answers"],
      ],
    },
    statusOptions,
    (argv, { output }) => statusCommand(argv, output),
  ),
  commandEntry(
    {
      usage: "events",
      summary: "show what has happened on this node: states, failovers, reloads",
      details:
        "Each process keeps its latest 1,000 events while it runs; its log has them all, with the same names.",
      exitCodes: [
        [0, "done"],
        [1, "nobody answers; also words that are not understood"],
      ],
    },
    eventsOptions,
    (argv, { output }) => eventsCommand(argv, output),
  ),
  commandEntry(
    {
      usage: "sessions [client-id]",
      summary: "list live sessions, or end them",
      details:
        "Client ids are known where the balancer looks at the CONNECT: for sticking, rules or a " +
        "refusal. Characters that a terminal would act on are shown by their number.",
      exitCodes: [
        [0, "done"],
        [1, "nothing matches a client id or server that was named; an error"],
      ],
    },
    sessionsOptions,
    (argv, { output }) => sessionsCommand(argv, output),
  ),
  commandEntry(
    {
      usage: "table [name] [key]",
      summary: "list stick tables and their entries, or remove entries",
      details: "Peers are not told of entries that are removed: do the same on the other node.",
      exitCodes: [
        [0, "done"],
        [1, "no table or no entry has that name; an error"],
      ],
      completes: "tables",
    },
    tableOptions,
    (argv, { output }) => tableCommand(argv, output),
  ),
  ...SERVER_VERBS.map(({ verb, summary }) =>
    commandEntry(
      {
        usage: `${verb} <servers..>`,
        summary,
        details: "This node alone does it: do the same on the other one. A reload keeps it.",
        exitCodes: [
          [0, "done; with --wait also: no session is left"],
          [1, "a server is not known, sessions are left after --timeout, or an error"],
        ],
        completes: "servers",
      },
      serversOptions(verb),
      (argv, { output }) => serversCommand(verb, argv, output),
    ),
  ),
  commandEntry(
    {
      usage: "switchover",
      summary: "hand this node's addresses over to the other node",
      details:
        "Run it on the master. It looks whether the other node is heard and its tables are up to " +
        "date, asks, resigns, and measures. The new master wakes the devices, --rate of them a " +
        "second; those that send something meanwhile come at once.",
      exitCodes: [
        [0, "the other node is master"],
        [1, "refused, or nobody took over: the lines on stderr say why"],
      ],
    },
    switchoverOptions,
    (argv, { output }) => switchoverCommand(argv, output),
  ),
  commandEntry(
    { usage: "version", summary: "print the version", exitCodes: PLAIN_EXIT_CODES },
    (parser) => parser,
    (_argv, { output }) => {
      output.out(versionLine());
      return Promise.resolve(0);
    },
  ),
];

/** The version, with its line end. */
export function versionLine(): string {
  return `tandem ${TANDEM_VERSION} (reads the configuration of HAProxy ${HAPROXY_VERSION})\n`;
}
