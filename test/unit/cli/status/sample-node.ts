// Reports of a node that is well; tests change what they need.
import type { Answer, NodeFacts } from "../../../../cli/status/facts.ts";
import type { AgentReport, VirtualRouterReport } from "../../../../ha/agent/agent-report.ts";
import type { ChildReport, GuardReport } from "../../../../ha/supervise/guard-report.ts";
import type { BalancerStatus, ServerReport } from "../../../../src/stats/balancer-status.ts";
import type { PeerReport, PeersReport } from "../../../../src/stats/peers-report.ts";

const HOUR_MS = 3_600_000;

export function child(change: Partial<ChildReport> = {}): ChildReport {
  return {
    phase: "ready",
    pid: 4712,
    runCount: 1,
    isGivenUp: false,
    readyForMs: 3 * HOUR_MS,
    lastCause: null,
    lossCounts: { exited: 0, signalled: 0, hung: 0, stuck: 0 },
    ...change,
  };
}

export function guard(change: Partial<GuardReport> = {}): GuardReport {
  return {
    pid: 4711,
    uptimeMs: 3 * HOUR_MS,
    isStopping: false,
    agent: child(),
    balancer: child({ pid: 4713 }),
    report: { state: "serving", isFit: true, reasons: [] },
    ...change,
  };
}

export function router(change: Partial<VirtualRouterReport> = {}): VirtualRouterReport {
  return {
    name: "mqtt_vip",
    vrid: 51,
    interface: "eth0",
    state: "MASTER",
    stateForMs: 2 * HOUR_MS + 720_000,
    reason: "no advert was heard for 335 ms",
    basePriority: 150,
    priority: 150,
    vips: ["10.98.0.100/24"],
    isHeld: true,
    faults: [],
    source: "10.98.0.1",
    masterAddress: "10.98.0.1",
    masterPriority: 150,
    advertIntervalMs: 100,
    masterDownMs: 335,
    heard: [
      { address: "10.98.0.2", priority: 100, state: "MASTER", path: "vrrp", agoMs: 2 * HOUR_MS },
      { address: "10.98.0.2", priority: 100, state: "BACKUP", path: "heartbeat", agoMs: 120 },
    ],
    transitionCount: 2,
    becameMasterCount: 1,
    lastOutageMs: null,
    sentCount: 79_200,
    receivedCount: 14,
    droppedCount: 0,
    ...change,
  };
}

export function agent(change: Partial<AgentReport> = {}): AgentReport {
  return {
    pid: 4712,
    uptimeMs: 3 * HOUR_MS,
    routerId: "lb1",
    instances: [router()],
    heartbeats: [
      { local: "192.168.5.1:3780", peer: "192.168.5.2:3780", isAlive: true, silentMs: 120 },
    ],
    balancer: { state: "serving", isFit: true, reasons: [] },
    scripts: [],
    interfaces: [{ name: "eth0", isUp: true }],
    processes: [],
    unknownVridCount: 0,
    ...change,
  };
}

export function server(change: Partial<ServerReport> = {}): ServerReport {
  return {
    name: "broker1",
    address: "10.98.0.11:1883",
    state: "up",
    status: "UP",
    stateForMs: 3 * HOUR_MS,
    isBackup: false,
    weight: 100,
    sessionCount: 6_667,
    queueCount: 0,
    check: { code: "L7OK", text: "CONNACK 0", tookMs: 2 },
    packets: [],
    ...change,
  };
}

export function peer(change: Partial<PeerReport> = {}): PeerReport {
  return {
    name: "lb2",
    isLocal: false,
    state: "established",
    isTandem: true,
    lastStatus: 200,
    silentMs: 400,
    dialsInMs: null,
    isTeaching: false,
    sessionsTotal: 1,
    sentUpdateCount: 20_112,
    receivedUpdateCount: 3,
    tooLargeCount: 0,
    protocolErrorCount: 0,
    tables: [
      { name: "brokers", pendingCount: 0, unackedCount: 12, lagMs: 8, receivedCount: 19_870 },
    ],
    mismatches: [],
    ...change,
  };
}

export function peers(change: Partial<PeersReport> = {}): PeersReport {
  return {
    section: "pair",
    localName: "lb1",
    resync: {
      stage: "finished",
      outcome: "full",
      teacher: null,
      last: { peer: "lb2", isFull: true, agoMs: 3 * HOUR_MS },
    },
    peers: [peer({ name: "lb1", isLocal: true, state: "idle", tables: [] }), peer()],
    ...change,
  };
}

export function balancer(change: Partial<BalancerStatus> = {}): BalancerStatus {
  const servers = [server(), server({ name: "broker2" }), server({ name: "broker3" })];
  return {
    version: "0.1.0",
    pid: 4713,
    uptimeMs: 3 * HOUR_MS,
    isStopping: false,
    fitness: { isFit: true, reasons: [] },
    sessionCount: 20_001,
    sessionsMax: 50_000,
    listeners: [
      { address: "0.0.0.0:1883", frontend: "mqtt", sessionCount: 20_001 },
      { address: "0.0.0.0:8404", frontend: null, sessionCount: null },
    ],
    refused: [],
    backends: [{ name: "brokers", sessionCount: 20_001, queueCount: 0, usableCount: 3, servers }],
    tables: [
      {
        name: "brokers",
        type: "string",
        keyBytesMax: 64,
        entryCount: 19_870,
        entriesMax: 102_400,
        peers: "pair",
      },
    ],
    peers: [peers()],
    ...change,
  };
}

/** An answer, or with `null` the failure of a socket that is not there. */
export function answer<T>(part: string, report: T | null): Answer<T> {
  const path = `/run/tandem/${part}.sock`;
  return report === null
    ? { path, report, failure: "absent", failureText: "ENOENT" }
    : { path, report, failure: null, failureText: "" };
}

export function facts(change: {
  readonly guard?: GuardReport | null;
  readonly agent?: AgentReport | null;
  readonly balancer?: BalancerStatus | null;
}): NodeFacts {
  return {
    host: "lb1",
    time: "2026-11-21T15:50:02.123Z",
    guard: answer("guard", change.guard === undefined ? guard() : change.guard),
    agent: answer("agent", change.agent === undefined ? agent() : change.agent),
    balancer: answer("balancer", change.balancer === undefined ? balancer() : change.balancer),
  };
}
