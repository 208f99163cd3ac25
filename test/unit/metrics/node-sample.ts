// What a balancer has read of agent and guard.
import type { NodeFacts } from "../../../src/metrics/tandem-families.ts";
import type { AgentFacts, ChildFacts, GuardFacts } from "../../../src/node/reports.ts";

const CHILD: ChildFacts = {
  phase: "ready",
  pid: 2,
  runCount: 3,
  isGivenUp: false,
  readyForMs: 4_500,
  lastCause: "it was killed by SIGKILL",
  lossCounts: { exited: 0, signalled: 2, hung: 0, stuck: 0 },
};

const AGENT: AgentFacts = {
  pid: 2,
  uptimeMs: 5_000,
  instances: [
    {
      name: "V",
      vrid: 51,
      interface: "eth0",
      state: "MASTER",
      stateForMs: 2_500,
      reason: "no master is heard",
      basePriority: 100,
      priority: 90,
      vips: ["192.0.2.1/24"],
      isHeld: true,
      faults: [],
      masterAddress: "192.0.2.7",
      masterPriority: 90,
      advertIntervalMs: 100,
      heard: [],
      transitionCount: 3,
      becameMasterCount: 1,
      lastOutageMs: 340,
      sentCount: 25,
      receivedCount: 7,
      droppedCount: 1,
    },
  ],
  heartbeats: [{ local: "192.0.2.7:1112", peer: "192.0.2.8:1112", isAlive: true, silentMs: 10 }],
};

const GUARD: GuardFacts = {
  pid: 1,
  uptimeMs: 6_000,
  isStopping: false,
  agent: CHILD,
  balancer: { ...CHILD, phase: "starting", readyForMs: null },
  report: { state: "starting", isFit: false, reasons: ["it starts"] },
};

/** A reading with these facts. */
export function nodeOf(latest: NodeFacts): { latest: NodeFacts; read(): Promise<NodeFacts> } {
  return { latest, read: () => Promise.resolve(latest) };
}

/** A node whose processes all answer. */
export const NODE = nodeOf({ agent: { facts: AGENT }, guard: { facts: GUARD } });
