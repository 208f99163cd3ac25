// Commands that change frontends and limits (haproxy management §9.3).
import type { FrontendState } from "../../session/frontend-state.ts";
import type { Answer, CommandCall, RuntimeCommand, RuntimeContext } from "../command.ts";
import { done, refuse } from "../command.ts";
import {
  disableFrontend,
  enableFrontend,
  setFrontendMaxconn,
  shutdownFrontend,
} from "../operations/frontend-admin.ts";
import { setProcessMaxconn, setRateLimit } from "../operations/process-limits.ts";
import { findFrontend } from "../operations/target.ts";
import { parseTime } from "../../config/values.ts";

/** The commands about frontends, limits and the timeout of the connection itself. */
export const LIMIT_COMMANDS: readonly RuntimeCommand[] = [
  {
    words: ["disable", "frontend"],
    usage: "disable frontend <frontend>",
    help: "temporarily disable specific frontend",
    level: "admin",
    run: onFrontend(disableFrontend),
  },
  {
    words: ["enable", "frontend"],
    usage: "enable frontend <frontend>",
    help: "re-enable specific frontend",
    level: "admin",
    run: onFrontend(enableFrontend),
  },
  {
    words: ["shutdown", "frontend"],
    usage: "shutdown frontend <frontend>",
    help: "stop a specific frontend",
    level: "admin",
    run: onFrontend(shutdownFrontend),
  },
  {
    words: ["set", "maxconn", "frontend"],
    usage: "set maxconn frontend <frontend> <value>",
    help: "change a frontend's maxconn setting",
    level: "admin",
    run: onFrontend((frontend, { args }, { configuration }) =>
      setFrontendMaxconn(frontend, args[1], configuration),
    ),
  },
  {
    words: ["set", "maxconn", "global"],
    usage: "set maxconn global <value>",
    help: "change the per-process maxconn setting",
    level: "admin",
    run: ({ args }, { world }) => setProcessMaxconn(world, args[0]),
  },
  {
    words: ["set", "rate-limit"],
    usage: "set rate-limit <setting> <value>",
    help: "change a rate limiting value",
    level: "admin",
    run: ({ args }, { world }) => setRateLimit(world, args),
  },
  {
    words: ["set", "timeout"],
    usage: "set timeout [cli] <delay>",
    help: "change a timeout setting",
    level: "user",
    run: setTimeoutOfConnection,
  },
];

function onFrontend(
  change: (frontend: FrontendState, call: CommandCall, context: RuntimeContext) => Answer,
): RuntimeCommand["run"] {
  return (call, context) => {
    const found = findFrontend(context.world, call.args[0]);
    return found.ok ? change(found.value, call, context) : found.answer;
  };
}

function setTimeoutOfConnection({ args }: CommandCall): Answer {
  const [what, word] = args;
  if (what !== "cli") return refuse("'set timeout' only supports 'cli'.");
  if (word === undefined || word === "") return refuse("Expects an integer value.");
  const delay = parseTime(word, "s");
  if (!delay.ok || delay.value < 1) return refuse("Invalid timeout value.");
  return done([{ kind: "connection", change: { timeoutMs: delay.value } }]);
}
