// `tandem switchover`.
import type { Argv } from "yargs";
import { printIp, parseIp } from "../src/base/ip.ts";
import type { BalancerStatus } from "../src/stats/balancer-status.ts";
import { confirm } from "./io/confirm.ts";
import { runReturn, runSwitchover, type SwitchoverPlan } from "./io/run-switchover.ts";
import { askNode, controlPlaces } from "./io/status-asker.ts";
import { CommandFailure } from "./operator/command-failure.ts";
import { preflight } from "./operator/preflight.ts";
import { switchoverText } from "./operator/switchover-text.ts";
import type { Output } from "./output.ts";
import { plural } from "./status/words.ts";
import { balancerPlaceOptions } from "./tandem-sessions-command.ts";
import { UsageError } from "./usage-error.ts";

const HOLD_DEFAULT_MINUTES = 60;
const HOLD_MINUTES_MAX = 7 * 24 * 60;
const RATE_MAX = 1_000_000;

/** Options of `tandem switchover`. */
export function switchoverOptions(parser: Argv) {
  return balancerPlaceOptions(parser)
    .option("rate", {
      type: "number",
      requiresArg: true,
      describe: "devices that the new master wakes a second (default: its tickle-rate)",
    })
    .option("hold", {
      type: "number",
      requiresArg: true,
      default: HOLD_DEFAULT_MINUTES,
      describe: "minutes in which this node does not take the addresses back",
    })
    .option("force", { type: "boolean", default: false, describe: "set objections aside" })
    .option("wait", {
      type: "boolean",
      default: true,
      describe: "wait until the devices are back; --no-wait does not",
    })
    .option("return", {
      type: "boolean",
      default: false,
      describe: "end the hold of this node: it takes over by its priority again",
    })
    .option("yes", { alias: "y", type: "boolean", default: false, describe: "do not ask" })
    .example("$0 switchover --rate 100", "hand over; 100 devices a second come back")
    .example("$0 switchover --hold 10 --yes", "for an upgrade of this node, from a script")
    .example("$0 switchover --return", "afterwards");
}

interface SwitchoverArguments {
  readonly rate?: number | undefined;
  readonly hold: number;
  readonly force: boolean;
  readonly wait: boolean;
  readonly return: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly control?: string | undefined;
  readonly controlDir?: string | undefined;
}

/** `tandem switchover`; throws a CommandFailure when it is refused or fails. */
export async function switchoverCommand(
  argv: SwitchoverArguments,
  output: Output,
): Promise<number> {
  const { rate, hold } = argv;
  if (rate !== undefined && !(rate >= 1 && rate <= RATE_MAX)) {
    throw new UsageError(`--rate expects a number from 1 to ${RATE_MAX}`);
  }
  if (!(hold > 0 && hold <= HOLD_MINUTES_MAX)) {
    throw new UsageError(`--hold expects minutes, more than 0 and up to ${HOLD_MINUTES_MAX}`);
  }
  const places = controlPlaces(argv);
  if (argv.return) {
    const isMaster = await runReturn(places);
    if (argv.json) output.out(`${JSON.stringify({ isMaster })}\n`);
    else if (isMaster) output.out("The hold is over: this node is master\n");
    else output.out("The hold is over: the other node stays master, by its priority\n");
    return 0;
  }
  const { agent, balancer } = await askNode(places);
  if (agent.report === null) {
    const reason = agent.failureText === "" ? (agent.failure ?? "") : agent.failureText;
    throw new CommandFailure(
      `no agent answers at "${agent.path}" (${reason}): ` +
        `start the node, or name the folder of its sockets with --control-dir`,
    );
  }
  const found = preflight(agent.report, balancer.report);
  if (found.obstacle !== undefined) throw new CommandFailure(found.obstacle);
  if (found.objections.length > 0) {
    const lines = found.objections.map((text) => `\n  ${text}`).join("");
    if (!argv.force) {
      throw new CommandFailure(`not handed over:${lines}\n--force does it all the same`);
    }
    output.error(`tandem: by force, although${lines}\n`);
  }
  const sessions = plural(balancer.report?.sessionCount ?? 0, "session");
  const vips = found.vips.join(", ");
  await confirm(`Hand ${vips} over to the other node? ${sessions} here will end.`, argv.yes);
  const holdMs = Math.round(hold * 60_000);
  const outcome = await runSwitchover({
    places,
    instances: found.instances,
    vips: found.vips.map((vip) => vip.split("/")[0]!),
    probe: probePlace(found.vips, balancer.report),
    holdMs,
    ratePerSecond: rate,
    waits: argv.wait,
  });
  if (argv.json) output.out(`${JSON.stringify(outcome)}\n`);
  else output.out(switchoverText(outcome, holdMs));
  return 0;
}

/** The first address that moves and at which the balancer listens. */
function probePlace(
  vips: readonly string[],
  balancer: BalancerStatus | null,
): SwitchoverPlan["probe"] {
  for (const { address, frontend } of balancer?.listeners ?? []) {
    const colon = address.lastIndexOf(":");
    const port = Number(address.slice(colon + 1));
    const bound = address.slice(0, colon).replace(/^\[|\]$/g, "");
    if (frontend === null || !Number.isInteger(port) || port <= 0) continue;
    const host = vips.map((vip) => vip.split("/")[0]!).find((vip) => isBoundTo(bound, vip));
    if (host !== undefined) return { host, port };
  }
  return undefined;
}

/** Whether a socket bound to an address takes connections to another. */
function isBoundTo(bound: string, vip: string): boolean {
  const address = parseIp(vip);
  if (address === undefined) return false;
  if (bound === "::" || bound === "*" || bound === "") return true;
  return address.length === 4 && bound === "0.0.0.0" ? true : bound === printIp(address);
}
