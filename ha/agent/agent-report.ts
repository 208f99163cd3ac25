// What `tandem status` is told by an agent. The names are part of `tandem status --json`; unknown
// values are `null`.
import { printIp } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { BalancerReport } from "../supervise/messages.ts";
import type { AgentStatus, InstanceReport } from "./status.ts";

/** An agent at one moment. */
export interface AgentReport {
  readonly pid: number;
  readonly uptimeMs: Millis;
  readonly routerId: string;
  /** In file order. */
  readonly instances: readonly VirtualRouterReport[];
  readonly heartbeats: readonly HeartbeatReport[];
  /** What the guard last said of the balancer. */
  readonly balancer: BalancerReport;
  readonly scripts: readonly { readonly name: string; readonly isUp: boolean | null }[];
  readonly interfaces: readonly { readonly name: string; readonly isUp: boolean }[];
  readonly processes: readonly { readonly name: string; readonly isUp: boolean }[];
  /** VRRP packets for virtual routers that this node does not have. */
  readonly unknownVridCount: number;
}

/** One virtual router. */
export interface VirtualRouterReport {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  /** `INIT`, `BACKUP`, `MASTER`, `FAULT`. */
  readonly state: string;
  readonly stateForMs: Millis;
  /** Why the state was entered. */
  readonly reason: string;
  /** As configured. */
  readonly basePriority: number;
  /** With what tracking adds and takes. */
  readonly priority: number;
  readonly vips: readonly string[];
  /** All VIPs are in the kernel. */
  readonly isHeld: boolean;
  readonly faults: readonly string[];
  /** Where adverts come from. */
  readonly source: string | null;
  /** The master as this node knows it; itself when it is the one. */
  readonly masterAddress: string | null;
  /** 0: none known. */
  readonly masterPriority: number;
  readonly advertIntervalMs: Millis;
  /** Silence of the master that makes this node the master. */
  readonly masterDownMs: Millis;
  /** Other nodes that speak for this virtual router, by each path. */
  readonly heard: readonly HeardReport[];
  readonly transitionCount: number;
  readonly becameMasterCount: number;
  /** How long no master was heard before it last took over from one; `null`: it has not yet. */
  readonly lastOutageMs: Millis | null;
  readonly sentCount: number;
  readonly receivedCount: number;
  /** Packets for this virtual router that were dropped, whatever was wrong. */
  readonly droppedCount: number;
}

/** The last word of another node. */
export interface HeardReport {
  readonly address: string;
  readonly priority: number;
  readonly state: string;
  /** `vrrp` or `heartbeat`. */
  readonly path: string;
  readonly agoMs: Millis;
}

/** A second path for adverts. */
export interface HeartbeatReport {
  readonly local: string;
  readonly peer: string;
  readonly isAlive: boolean;
  /** `null`: nothing was ever heard. */
  readonly silentMs: Millis | null;
}

/** The report of a process that started at `startedMs`. */
export function agentReport(
  status: AgentStatus,
  { pid, startedMs }: { readonly pid: number; readonly startedMs: Millis },
  nowMs: Millis,
): AgentReport {
  const { tracking } = status;
  return {
    pid,
    uptimeMs: age(startedMs, nowMs),
    routerId: status.configuration.global.routerId,
    instances: status.instances.map((instance) => routerReport(instance, nowMs)),
    heartbeats: status.heartbeats.map(({ local, peer, isAlive, lastHeardMs }) => ({
      local,
      peer,
      isAlive,
      silentMs: lastHeardMs === undefined ? null : age(lastHeardMs, nowMs),
    })),
    balancer: status.balancer,
    scripts: tracking.scripts.map(({ name, isUp, isKnown }) => ({
      name,
      isUp: isKnown ? isUp : null,
    })),
    interfaces: tracking.interfaces.map(({ name, isUp }) => ({ name, isUp })),
    processes: tracking.processes.map(({ name, isUp }) => ({ name, isUp })),
    unknownVridCount: status.unknownVridCount,
  };
}

function routerReport(report: InstanceReport, nowMs: Millis): VirtualRouterReport {
  const { configuration: instance, election, received, source } = report;
  const { masterAddress } = election;
  return {
    name: instance.name,
    vrid: instance.vrid,
    interface: instance.interface,
    state: election.state,
    stateForMs: age(election.sinceMs, nowMs),
    reason: election.reason,
    basePriority: instance.priority,
    priority: election.effectivePriority,
    vips: [...instance.vips, ...instance.excludedVips].map(
      ({ address, prefixLength }) => `${printIp(address)}/${prefixLength}`,
    ),
    isHeld: report.isHeld,
    faults: election.faults,
    source: source === undefined ? null : printIp(source),
    masterAddress: masterAddress === undefined ? null : printIp(masterAddress),
    masterPriority: election.masterPriority,
    advertIntervalMs: instance.advertIntervalMs,
    masterDownMs: Math.round(report.masterDownMs),
    heard: report.heard.map((node) => ({
      address: printIp(node.source),
      priority: node.priority,
      state: node.state,
      path: node.path,
      agoMs: age(node.heardMs, nowMs),
    })),
    transitionCount: election.transitionCount,
    becameMasterCount: election.becameMasterCount,
    lastOutageMs: election.lastOutageMs ?? null,
    sentCount: report.sentCount,
    receivedCount: received.received,
    droppedCount:
      received.lengthErrors +
      received.intervalErrors +
      received.ttlErrors +
      received.typeErrors +
      received.addressListErrors +
      received.invalidAuthTypes +
      received.authTypeMismatches +
      received.authFailures +
      received.checksumErrors +
      received.versionErrors +
      received.foreignErrors +
      received.ownAddressErrors,
  };
}

function age(atMs: Millis, nowMs: Millis): Millis {
  return Math.max(0, Math.round(nowMs - atMs));
}
