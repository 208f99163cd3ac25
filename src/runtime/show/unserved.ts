// What HAProxy shows and this program has not: one line says so, instead of a list of what else
// there is.
import { refuse, type RuntimeCommand } from "../command.ts";

const FILES = "change the file and reload, which ends no session";
const TOOLS =
  "use the log of the process, and Linux's tools such as 'ss -tnp', 'lsof -p' and 'perf'";

const REASONS: Readonly<Record<string, string>> = {
  "show cache": "no HTTP is relayed, and nothing is cached",
  "show events": "state changes are in the log of the process",
  "show fd": TOOLS,
  "show libs": TOOLS,
  "show profiling": TOOLS,
  "show tasks": TOOLS,
  "show trace": TOOLS,
  "show ssl": FILES,
  "get var": "the process has no variables",
};

/** One entry for each. */
export const UNSHOWN_COMMANDS: readonly RuntimeCommand[] = Object.entries(REASONS).map(
  ([command, reason]): RuntimeCommand => ({
    words: command.split(" "),
    usage: command,
    help: undefined,
    level: "user",
    run: () => refuse(`'${command}' is not served by Tandem: ${reason}.`),
  }),
);
