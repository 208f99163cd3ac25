// May this node's addresses be handed over now? What speaks against it, from what the node knows.
import type { AgentReport, VirtualRouterReport } from "../../ha/agent/agent-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import { durationText } from "../../src/base/duration-text.ts";
import { printable } from "../status/words.ts";

/** A table that is so late is behind, ms: devices would lose their broker. */
const LAG_MS_MAX = 1_000;

/** What another node said longer ago counts no more, ms. */
const HEARD_MS_MAX = 5_000;

/** What was found. */
export interface Preflight {
  /** Nothing can be handed over, whatever is forced; `undefined`: it can. */
  readonly obstacle: string | undefined;
  /** Reasons against it that `--force` sets aside. */
  readonly objections: readonly string[];
  /** Names of the instances that are master here. */
  readonly instances: readonly string[];
  /** Their addresses with prefix lengths. */
  readonly vips: readonly string[];
}

/** Judges the reports of a node; `balancer` is `null` when it gave none. */
export function preflight(agent: AgentReport, balancer: BalancerStatus | null): Preflight {
  const masters = agent.instances.filter(({ state }) => state === "MASTER");
  return {
    obstacle: obstacleOf(agent, masters),
    objections: [
      ...masters.flatMap((instance) => rivalObjections(instance)),
      ...heartbeatObjections(agent),
      ...peerObjections(agent, balancer),
    ],
    instances: masters.map(({ name }) => name),
    vips: masters.flatMap(({ vips }) => vips),
  };
}

function obstacleOf(
  { instances }: AgentReport,
  masters: readonly VirtualRouterReport[],
): string | undefined {
  if (masters.length === 0) {
    const elsewhere = instances.find(({ masterAddress, state }) => {
      return state === "BACKUP" && masterAddress !== null;
    });
    const where = elsewhere === undefined ? "" : `: ${elsewhere.masterAddress!} is. Run it there`;
    return `this node is not master${where}`;
  }
  const owner = masters.find(({ priority }) => priority === 255);
  return owner === undefined
    ? undefined
    : `${owner.name} has priority 255 and gives its addresses to nobody: configure 254 or less`;
}

/** What the other node last said of itself, where a second path carries it. */
function rivalObjections({ name, heard }: VirtualRouterReport): string[] {
  return heard
    .filter(({ path, state, agoMs }) => {
      return path === "heartbeat" && state !== "MASTER" && agoMs <= HEARD_MS_MAX;
    })
    .flatMap(({ address, priority, state }) => {
      if (state === "FAULT")
        return [`${address} is in FAULT for ${name}: see "tandem status" there`];
      if (priority !== 1) return [];
      return [`${address} is not fit to serve ${name} (priority 1): see "tandem status" there`];
    });
}

function heartbeatObjections({ heartbeats }: AgentReport): string[] {
  return heartbeats
    .filter(({ isAlive }) => !isAlive)
    .map(({ peer, silentMs }) => {
      const since = silentMs === null ? "never answered" : `silent for ${durationText(silentMs)}`;
      return `the other node is not heard: heartbeat path to ${peer} ${since}`;
    });
}

function peerObjections({ heartbeats }: AgentReport, balancer: BalancerStatus | null): string[] {
  if (balancer === null) return ["the balancer gives no answer: nothing is known of its peers"];
  const others = balancer.peers.flatMap(({ section, peers, resync }) =>
    peers.filter(({ isLocal }) => !isLocal).map((peer) => ({ section, peer, resync })),
  );
  if (others.length === 0) {
    return heartbeats.length > 0
      ? []
      : ["the other node cannot be heard: neither a peers section nor a heartbeat is configured"];
  }
  return others.flatMap(({ section, peer, resync }) => {
    const name = `peer ${printable(section)}/${printable(peer.name)}`;
    if (peer.state !== "established") {
      return [
        `${name} is not connected (${peer.state}): its tables are not known to be up to date`,
      ];
    }
    const late = peer.tables.filter(({ lagMs }) => lagMs >= LAG_MS_MAX);
    return [
      ...late.map((table) => {
        const lag = durationText(table.lagMs);
        return `table ${printable(table.name)} of ${name} is ${lag} behind: wait for it`;
      }),
      ...(resync.stage === "finished"
        ? []
        : [`this node still learns its tables (${resync.stage})`]),
      ...peer.mismatches.map(({ table, text }) => {
        return `table ${printable(table)} is not shared with ${name}: ${printable(text)}`;
      }),
    ];
  });
}
