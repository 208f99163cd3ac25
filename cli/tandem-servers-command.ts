// `tandem drain`, `maint` and `ready`.
import type { Argv } from "yargs";
import type { BalancerStatus } from "../src/stats/balancer-status.ts";
import { askProcess } from "./io/balancer-asker.ts";
import { controlPlaces } from "./io/status-asker.ts";
import { waitUntilEmpty } from "./io/wait-until-empty.ts";
import { CommandFailure } from "./operator/command-failure.ts";
import { namedServers, resolveServers } from "./operator/resolve-servers.ts";
import type { Output } from "./output.ts";
import { plural, printable } from "./status/words.ts";
import { balancerPlaceOptions } from "./tandem-sessions-command.ts";
import { UsageError } from "./usage-error.ts";

/** What a command does to servers. */
export type ServerVerb = "drain" | "maint" | "ready";

/** Options of the three commands; only those that empty a server can wait for it. */
export function serversOptions(verb: ServerVerb) {
  return (parser: Argv) =>
    balancerPlaceOptions(parser)
      .positional("servers", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "backend/server, or patterns with * and ?",
      })
      .option("wait", {
        alias: "w",
        type: "boolean",
        default: false,
        describe: "wait until no session is left on them",
      })
      .option("timeout", {
        type: "number",
        requiresArg: true,
        describe: "with --wait: give up after so many seconds (default: never)",
      })
      .example(`$0 ${verb} brokers/broker2`, EXAMPLES[verb])
      .example(`$0 ${verb} 'brokers/*'`, "every server of a backend");
}

const EXAMPLES: Readonly<Record<ServerVerb, string>> = {
  drain: "newcomers go elsewhere, those that stick to it may come",
  maint: "nobody new, and no checks",
  ready: "back to normal",
};

interface ServersArguments {
  readonly servers: readonly string[];
  readonly wait: boolean;
  readonly timeout?: number | undefined;
  readonly json: boolean;
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
}

interface SetAnswer {
  readonly servers: readonly {
    readonly server: string;
    readonly ok: boolean;
    readonly message: string;
    readonly isChanged: boolean;
    readonly sessionCount: number;
  }[];
}

/** The command; 1 when a server is not known, or not empty in time. */
export async function serversCommand(
  verb: ServerVerb,
  argv: ServersArguments,
  output: Output,
): Promise<number> {
  const { timeout } = argv;
  if (argv.wait && verb === "ready") throw new UsageError("--wait is for drain and maint");
  if (timeout !== undefined && !(timeout > 0)) {
    throw new UsageError("--timeout expects seconds, a number above 0");
  }
  const { balancer } = controlPlaces(argv);
  const look = (): Promise<BalancerStatus> => askProcess("balancer", balancer, "status");
  const names = resolveServers(argv.servers, namedServers(await look())).map(({ name }) => name);
  const request = { state: verb, servers: names };
  const answer = await askProcess<SetAnswer>("balancer", balancer, "set-servers", request);
  const failed = answer.servers.filter(({ ok }) => !ok);
  if (!argv.json) {
    for (const { server, ok, isChanged, sessionCount } of answer.servers) {
      if (!ok) continue;
      const how = isChanged ? "" : " already";
      const sessions = sessionCount === 0 ? "no session" : plural(sessionCount, "session");
      output.out(`${printable(server)}: ${STANDINGS[verb]}${how}, ${sessions}\n`);
    }
  }
  if (failed.length > 0) {
    const [first] = failed;
    throw new CommandFailure(`${printable(first!.server)}: ${first!.message}`);
  }
  const leftCount = argv.wait ? await waitUntilEmpty(names, look, timeout) : undefined;
  if (argv.json) {
    const left = leftCount === undefined ? {} : { leftCount };
    output.out(`${JSON.stringify({ state: verb, servers: answer.servers, ...left })}\n`);
  }
  return leftCount === undefined || leftCount === 0 ? 0 : 1;
}

const STANDINGS: Readonly<Record<ServerVerb, string>> = {
  drain: "drain",
  maint: "maintenance",
  ready: "ready",
};
