// What a node knows of the other one without asking it: adverts, heartbeats, sessions of peers.
import type { AgentReport, VirtualRouterReport } from "../../ha/agent/agent-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import { durationText } from "../../src/base/duration-text.ts";

/** Another node of a virtual router. */
export interface OtherNode {
  /** The vrrp_instance. */
  readonly instance: string;
  /** Where its adverts come from; `null` when none came. */
  readonly address: string | null;
  /** `MASTER`, `BACKUP`, or `unknown`: a backup sends nothing that could be heard without a second path. */
  readonly role: "MASTER" | "BACKUP" | "unknown";
  /** 0: not known. */
  readonly priority: number;
  /** How that is known; for people. */
  readonly evidence: string;
}

/** One for each virtual router. */
export function otherNodes(
  agent: AgentReport | null,
  balancer: BalancerStatus | null,
): OtherNode[] {
  if (agent === null) return [];
  return agent.instances.map((instance) => otherNode(instance, agent, balancer));
}

function otherNode(
  instance: VirtualRouterReport,
  { heartbeats }: AgentReport,
  balancer: BalancerStatus | null,
): OtherNode {
  const alive = heartbeats.find(({ isAlive }) => isAlive);
  const peers = (balancer?.peers ?? []).flatMap(({ peers }) => peers);
  const peer = peers.find(({ isLocal, state }) => !isLocal && state === "established");
  const signs = [
    alive === undefined ? "" : `heartbeat ${durationText(alive.silentMs ?? 0)} ago`,
    peer === undefined ? "" : `peer ${peer.name} connected`,
  ].filter((sign) => sign !== "");
  const last = instance.heard.reduce<VirtualRouterReport["heard"][number] | undefined>(
    (newest, node) => (newest === undefined || node.agoMs < newest.agoMs ? node : newest),
    undefined,
  );
  const known = {
    instance: instance.name,
    address: last?.address ?? null,
    priority: last?.priority ?? 0,
  };
  if (last?.state === "MASTER" && last.priority > 0 && last.agoMs <= instance.masterDownMs) {
    const advert = `advert ${durationText(last.agoMs)} ago by ${last.path}`;
    return { ...known, role: "MASTER", evidence: [advert, ...signs].join(", ") };
  }
  if (alive !== undefined && instance.state === "MASTER") {
    return { ...known, role: "BACKUP", evidence: [...signs, "no adverts"].join(", ") };
  }
  const silence =
    last === undefined ? "no advert ever" : `last advert ${durationText(last.agoMs)} ago`;
  return { ...known, role: "unknown", evidence: [...signs, silence].join(", ") };
}
