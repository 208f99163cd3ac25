// show servers state [<backend>] (haproxy management §9.3)
import { refuse, type RuntimeCommand } from "../command.ts";
import { findBackend } from "../operations/target.ts";
import { printServersState } from "../server-state/print.ts";

/** The command; its answer may be kept as the file of `server-state-file`. */
export const SHOW_SERVERS_STATE: RuntimeCommand = {
  words: ["show", "servers", "state"],
  usage: "show servers state [<backend>]",
  help: "dump volatile server information (all or for a single backend)",
  level: "user",
  run: ({ args, nowMs }, context) => {
    const [word] = args;
    const one = word === undefined ? undefined : findBackend(context.world, word);
    if (word !== undefined && one === undefined) return refuse("Can't find backend.");
    const backends = one === undefined ? [...context.world.backends.values()] : [one];
    return { kind: "output", pieces: printServersState(backends, context, nowMs) };
  },
};
