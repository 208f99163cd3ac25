// Says in words what a node will do: what `tandem check -k` prints.
import { formatEndpoint } from "../../src/base/address.ts";
import { describeInstance } from "./describe/instance.ts";
import { describePair } from "./describe/pair.ts";
import { span } from "./describe/words.ts";
import type { AgentConfiguration, EventOutlets, TandemSettings } from "./model/configuration.ts";

/** How a file is meant to run. */
export interface DescribeOptions {
  /** Whether a balancer is supervised, as below `tandem run`. */
  readonly hasBalancer: boolean;
}

/** One node: its instances, second paths and supervision. Keys and passwords are never shown. */
export function describeAgent(configuration: AgentConfiguration, options: DescribeOptions): string {
  const { global, instances, syncGroups, tandem } = configuration;
  const lines = [
    `node ${global.routerId}`,
    ...(instances.length === 0 ? ["  has no vrrp_instance: it never holds an address"] : []),
    ...instances.flatMap((instance) => describeInstance(instance, configuration)),
    ...syncGroups.map(
      ({ name, members }) =>
        `  vrrp_sync_group ${name}: ${members.join(", ") || "nobody"} hold their VIPs together, or none does`,
    ),
    ...describeStart(configuration),
    ...describeHeartbeats(tandem),
    ...(options.hasBalancer ? describeSupervision(tandem) : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Who wins between two nodes, with each instance's reasons. */
export function describeElection(first: AgentConfiguration, second: AgentConfiguration): string {
  return describePair(first, second)
    .map((line) => `${line}\n`)
    .join("");
}

function describeStart({ global, tandem }: AgentConfiguration): readonly string[] {
  const { startupDelayMs, realtimePriority, fifos } = global;
  const isRealtime = tandem.isRealtime && realtimePriority !== 0;
  return [
    ...(startupDelayMs > 0
      ? [`  waits ${span(startupDelayMs)} after its start before it takes part`]
      : []),
    ...(isRealtime ? [] : ["  runs without real-time priority: a busy machine makes adverts late"]),
    ...fifos.map(({ path }) => `  writes every change to the FIFO ${path}`),
    ...describeEvents(tandem.events),
  ];
}

/** Of the URL only the host: the rest may be a secret. */
function describeEvents({ webhook, script, kinds }: EventOutlets): readonly string[] {
  const which = kinds.length === 0 ? "every event" : `events of ${kinds.join(", ")}`;
  const to = [
    ...(webhook === undefined ? [] : [`posts it to ${new URL(webhook.url).host}`]),
    ...(script === undefined ? [] : [`runs ${script.words[0]!}`]),
  ];
  return to.length === 0 ? [] : [`  tells of ${which}: ${to.join(", ")}`];
}

function describeHeartbeats({ heartbeats }: TandemSettings): readonly string[] {
  if (heartbeats.length === 0) {
    return [
      "  no second heartbeat path: nodes that do not hear each other's adverts both become master " +
        "('#tandem heartbeat')",
    ];
  }
  return heartbeats.map((path) => {
    const device = path.interface === undefined ? "" : ` on ${path.interface}`;
    return `  second heartbeat path${device}: ${formatEndpoint(path.local)} to ${formatEndpoint(path.peer)}, authenticated`;
  });
}

function describeSupervision(tandem: TandemSettings): readonly string[] {
  const { count, periodMs } = tandem.restartBudget;
  const failure =
    tandem.onBalancerFailure === "failover"
      ? "hands the VIPs over at once, then restarts it"
      : `restarts it first, and hands the VIPs over when it does not serve within ${span(tandem.restartInPlaceMs)}`;
  return [
    "  supervision",
    `    a balancer that is silent for ${span(tandem.balancerTimeoutMs)} hangs, an agent after ${span(tandem.agentTimeoutMs)}: each is killed and restarted`,
    `    when the balancer dies or hangs, the node ${failure}`,
    `    gives a child up for a while after ${count} restarts in ${span(periodMs)}; a new balancer has ${span(tandem.balancerStartTimeoutMs)} to become ready`,
    tandem.minds.fitness
      ? "    holds the VIPs only while the balancer is fit to serve: listeners open, table in step, brokers usable"
      : "    holds the VIPs also while the balancer is not fit to serve",
    ...(tandem.mapsHaproxyChecks
      ? ["    checks for a process named haproxy are answered by this supervision"]
      : []),
  ];
}
