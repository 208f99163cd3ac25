// Commands that change servers (haproxy management §9.3). `No such server` and the like go before
// anything else that may be wrong, as in HAProxy.
import type { Answer, CommandCall, RuntimeCommand, RuntimeContext } from "../command.ts";
import { done, refuse, tell } from "../command.ts";
import {
  setAgentSend,
  setCheckerAddress,
  setCheckerPort,
  setServerAddress,
} from "../operations/server-address.ts";
import { changeServerAdmin, isAdminState } from "../operations/server-admin.ts";
import {
  type CheckKind,
  enableServerCheck,
  forceServerAgent,
  forceServerHealth,
} from "../operations/server-health.ts";
import { describeWeight, setServerMaxconn, setServerWeight } from "../operations/server-load.ts";
import { addServer, deleteServer } from "../operations/server-set.ts";
import { findServer, type ServerTarget } from "../operations/target.ts";

/** Changes one server; `args` are the words after its name. */
type ServerChange = (
  target: ServerTarget,
  args: readonly string[],
  call: CommandCall,
  context: RuntimeContext,
) => Answer;

const SET_SERVER_USAGE =
  "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | " +
  "check-addr | check-port | fqdn | health | ssl | state | weight";

/** What `set server <b>/<s>` knows, by its first word. */
const SETTINGS: ReadonlyMap<string, ServerChange> = new Map<string, ServerChange>([
  ["weight", (target, [word], { nowMs }) => setServerWeight(target, word, nowMs)],
  ["state", setState],
  ["health", (target, [word]) => forceServerHealth(target, word)],
  ["agent", (target, [word], _call, context) => forceServerAgent(target, word, context)],
  [
    "addr",
    (target, args, { nowMs }, { configuration }) =>
      setServerAddress(target, args, configuration, nowMs),
  ],
  [
    "check-addr",
    (target, args, { nowMs }, { configuration }) =>
      setCheckerAddress("check", target, args, configuration, nowMs),
  ],
  [
    "check-port",
    (target, [word], { nowMs }, { configuration }) =>
      setCheckerPort("check", target, word, configuration, nowMs),
  ],
  [
    "agent-addr",
    (target, args, { nowMs }, { configuration }) =>
      setCheckerAddress("agent", target, args, configuration, nowMs),
  ],
  [
    "agent-port",
    (target, [word], { nowMs }, { configuration }) =>
      setCheckerPort("agent", target, word, configuration, nowMs),
  ],
  [
    "agent-send",
    (target, [word], { nowMs }, { configuration }) =>
      setAgentSend(target, word, configuration, nowMs),
  ],
  ["fqdn", setName],
  [
    "ssl",
    () =>
      refuse("'set server <srv> ssl' cannot be set.  default-server should define ssl settings"),
  ],
]);

/** The commands about servers. */
export const SERVER_COMMANDS: readonly RuntimeCommand[] = [
  {
    words: ["set", "server"],
    usage: "set server <bk>/<srv> [opts]",
    help: "change a server's state, weight, address or ssl",
    level: "admin",
    run: onServer((target, [what, ...args], call, context) => {
      const change = SETTINGS.get(what ?? "");
      return change === undefined ? refuse(SET_SERVER_USAGE) : change(target, args, call, context);
    }),
  },
  {
    words: ["set", "weight"],
    usage: "set weight <bk>/<srv>  (DEPRECATED)",
    help: "change a server's weight (use 'set server' instead)",
    level: "admin",
    run: onServer((target, [word], { nowMs }) => setServerWeight(target, word, nowMs)),
  },
  {
    words: ["get", "weight"],
    usage: "get weight <bk>/<srv>",
    help: "report a server's current weight",
    level: "user",
    run: onServer((target) => tell(describeWeight(target))),
  },
  {
    words: ["set", "maxconn", "server"],
    usage: "set maxconn server <bk>/<srv>",
    help: "change a server's maxconn setting",
    level: "admin",
    run: onServer((target, [word], { nowMs }) => setServerMaxconn(target, word, nowMs)),
  },
  {
    words: ["enable", "server"],
    usage: "enable server  (DEPRECATED)",
    help: "enable a disabled server (use 'set server' instead)",
    level: "admin",
    run: onServer((target, _args, call, context) => setState(target, ["ready"], call, context)),
  },
  {
    words: ["disable", "server"],
    usage: "disable server (DEPRECATED)",
    help: "disable a server for maintenance (use 'set server' instead)",
    level: "admin",
    run: onServer((target, _args, call, context) => setState(target, ["maint"], call, context)),
  },
  switching("enable", "health", "check", true),
  switching("disable", "health", "check", false),
  switching("enable", "agent", "agent", true),
  switching("disable", "agent", "agent", false),
  {
    words: ["add", "server"],
    usage: "add server <bk>/<srv>",
    help: "create a new server",
    level: "admin",
    run: ({ args, nowMs }, { world, configuration }) =>
      addServer(world, configuration, args, nowMs),
  },
  {
    words: ["del", "server"],
    usage: "del server <bk>/<srv>",
    help: "remove a dynamically added server",
    level: "admin",
    run: ({ args, nowMs }, { world, configuration }) =>
      deleteServer(world, configuration, args[0], nowMs),
  },
];

function onServer(change: ServerChange): RuntimeCommand["run"] {
  return (call, context) => {
    const found = findServer(context.world, call.args[0]);
    return found.ok ? change(found.value, call.args.slice(1), call, context) : found.answer;
  };
}

function switching(
  verb: "enable" | "disable",
  word: "health" | "agent",
  kind: CheckKind,
  on: boolean,
): RuntimeCommand {
  return {
    words: [verb, word],
    usage: `${verb} ${word}`,
    help: `${verb} ${word} checks`,
    level: "admin",
    run: onServer((target, _args, _call, context) => enableServerCheck(target, kind, on, context)),
  };
}

function setState(
  target: ServerTarget,
  [word]: readonly string[],
  { nowMs }: CommandCall,
  context: RuntimeContext,
): Answer {
  if (!isAdminState(word)) {
    return refuse("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
  }
  return done(changeServerAdmin(target, word, context, nowMs));
}

function setName(_target: ServerTarget, [word]: readonly string[]): Answer {
  return word === undefined || word === ""
    ? refuse("set server <b>/<s> fqdn requires a FQDN.")
    : refuse("set server <b>/<s> fqdn failed because no resolution is configured.");
}
