// `tandem sessions`.
import type { Argv } from "yargs";
import { SESSIONS_LISTED_MAX } from "../src/operator/limits.ts";
import type { SessionList } from "../src/operator/session-list.ts";
import { confirm } from "./io/confirm.ts";
import { askProcess } from "./io/balancer-asker.ts";
import { endSessions } from "./io/end-sessions.ts";
import { controlPlaces } from "./io/status-asker.ts";
import { printLines } from "./io/print-lines.ts";
import { sessionLines } from "./operator/session-screen.ts";
import type { Output } from "./output.ts";
import { plural } from "./status/words.ts";
import { controlDirOption } from "./tandem-status-command.ts";
import { UsageError } from "./usage-error.ts";

const ROWS_DEFAULT = 100;

const SORTS = ["age", "idle", "bytes", "packets"] as const;

/** What `--top` may be about. */
const TOPS = ["bytes", "packets"] as const;

const ORDER_OF_TOP = { bytes: "byte-rate", packets: "packet-rate" } as const;

/** Options of commands that ask the balancer alone. */
export function balancerPlaceOptions<T>(parser: Argv<T>) {
  return controlDirOption(parser)
    .option("control", {
      type: "string",
      requiresArg: true,
      describe: "the balancer's control socket",
    })
    .option("json", { type: "boolean", default: false, describe: "one JSON object, for programs" });
}

/** Options of `tandem sessions`. */
export function sessionsOptions(parser: Argv) {
  return balancerPlaceOptions(parser)
    .positional("client-id", {
      type: "string",
      describe: "a client id, or a pattern with * and ?",
    })
    .option("server", {
      type: "string",
      requiresArg: true,
      describe: "only those of this backend/server; a pattern, too",
    })
    .option("sort", {
      choices: SORTS,
      default: "age" as const,
      describe: "the oldest, the longest idle, or those with most bytes or packets first",
    })
    .option("top", {
      choices: TOPS,
      describe: "those with most bytes or packets a second first, with their rates",
    })
    .option("limit", {
      alias: "n",
      type: "number",
      requiresArg: true,
      default: ROWS_DEFAULT,
      describe: `how many to show, up to ${SESSIONS_LISTED_MAX}`,
    })
    .option("shutdown", {
      type: "boolean",
      default: false,
      describe: "end all that match, after a question",
    })
    .option("rate", {
      type: "number",
      requiresArg: true,
      describe: "with --shutdown: so many a second (default: at once)",
    })
    .option("yes", { alias: "y", type: "boolean", default: false, describe: "do not ask" })
    .example("$0 sessions", "the oldest sessions")
    .example("$0 sessions 'pump-*' --sort idle", "clients by id, the longest idle first")
    .example("$0 sessions --top packets -n 10", "who sends and gets most")
    .example("$0 sessions --server 'mqtt/*' --json", "for a program")
    .example("$0 sessions pump-7 --shutdown", "end one client's sessions");
}

interface SessionsArguments {
  readonly clientId?: string | undefined;
  readonly server?: string | undefined;
  readonly sort: (typeof SORTS)[number];
  readonly top?: (typeof TOPS)[number] | undefined;
  readonly limit: number;
  readonly shutdown: boolean;
  readonly rate?: number | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
}

/** `tandem sessions`; 1 when nothing matches a client id or a server that was named. */
export async function sessionsCommand(argv: SessionsArguments, output: Output): Promise<number> {
  const { clientId, server, sort, limit, rate, top } = argv;
  if (!(Number.isSafeInteger(limit) && limit >= 0 && limit <= SESSIONS_LISTED_MAX)) {
    throw new UsageError(`--limit expects a whole number from 0 to ${SESSIONS_LISTED_MAX}`);
  }
  if (rate !== undefined && !(rate > 0)) throw new UsageError("--rate expects a number above 0");
  const isAll = clientId === undefined && server === undefined;
  const { balancer } = controlPlaces(argv);
  const list = await askProcess<SessionList>("balancer", balancer, "sessions", {
    client: clientId ?? null,
    server: server ?? null,
    order: top === undefined ? sort : ORDER_OF_TOP[top],
    limit: argv.shutdown ? SESSIONS_LISTED_MAX : limit,
  });
  if (argv.shutdown && list.sessions.length > 0) {
    const number = plural(list.sessions.length, "session");
    await confirm(`End ${isAll ? "all " : ""}${number}?`, argv.yes);
    const ids = list.sessions.map(({ id }) => id);
    const endedCount = await endSessions(balancer, ids, rate);
    if (argv.json) output.out(`${JSON.stringify({ matchCount: list.matchCount, endedCount })}\n`);
    else output.out(`Ended ${plural(endedCount, "session")}\n`);
    return 0;
  }
  if (argv.json) output.out(`${JSON.stringify(list)}\n`);
  else printLines(output, (width) => sessionLines(list, width, top !== undefined));
  return isAll || list.matchCount > 0 ? 0 : 1;
}
