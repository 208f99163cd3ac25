// The shapes of the three reports that a status is made of.
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import type { ChildReport, GuardReport } from "../../ha/supervise/guard-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import type { PeersReport } from "../../src/stats/peers-report.ts";
import type { ShapeOf } from "../../src/base/shape.ts";

const STANDING: ShapeOf<GuardReport["report"]> = {
  state: "string",
  isFit: "boolean",
  reasons: ["string"],
};

const CHILD: ShapeOf<ChildReport> = {
  phase: "string",
  pid: ["nullable", "number"],
  runCount: "number",
  isGivenUp: "boolean",
  readyForMs: ["nullable", "number"],
  lastCause: ["nullable", "string"],
  lossCounts: { exited: "number", signalled: "number", hung: "number", stuck: "number" },
};

/** What a guard answers. */
export const GUARD_SHAPE: ShapeOf<GuardReport> = {
  pid: "number",
  uptimeMs: "number",
  isStopping: "boolean",
  agent: ["nullable", CHILD],
  balancer: ["nullable", CHILD],
  report: STANDING,
};

/** What an agent answers. */
export const AGENT_SHAPE: ShapeOf<AgentReport> = {
  pid: "number",
  uptimeMs: "number",
  routerId: "string",
  instances: [
    {
      name: "string",
      vrid: "number",
      interface: "string",
      state: "string",
      stateForMs: "number",
      reason: "string",
      basePriority: "number",
      priority: "number",
      vips: ["string"],
      isHeld: "boolean",
      faults: ["string"],
      source: ["nullable", "string"],
      masterAddress: ["nullable", "string"],
      masterPriority: "number",
      advertIntervalMs: "number",
      masterDownMs: "number",
      heard: [
        { address: "string", priority: "number", state: "string", path: "string", agoMs: "number" },
      ],
      transitionCount: "number",
      becameMasterCount: "number",
      lastOutageMs: ["nullable", "number"],
      sentCount: "number",
      receivedCount: "number",
      droppedCount: "number",
    },
  ],
  heartbeats: [
    { local: "string", peer: "string", isAlive: "boolean", silentMs: ["nullable", "number"] },
  ],
  balancer: STANDING,
  scripts: [{ name: "string", isUp: ["nullable", "boolean"] }],
  interfaces: [{ name: "string", isUp: "boolean" }],
  processes: [{ name: "string", isUp: "boolean" }],
  unknownVridCount: "number",
};

const PEERS: ShapeOf<PeersReport> = {
  section: "string",
  localName: "string",
  resync: {
    stage: "string",
    outcome: "string",
    teacher: ["nullable", "string"],
    last: ["nullable", { peer: "string", isFull: "boolean", agoMs: "number" }],
  },
  peers: [
    {
      name: "string",
      isLocal: "boolean",
      state: "string",
      isTandem: "boolean",
      lastStatus: "number",
      silentMs: ["nullable", "number"],
      dialsInMs: ["nullable", "number"],
      isTeaching: "boolean",
      sessionsTotal: "number",
      sentUpdateCount: "number",
      receivedUpdateCount: "number",
      tooLargeCount: "number",
      protocolErrorCount: "number",
      tables: [
        {
          name: "string",
          pendingCount: "number",
          unackedCount: "number",
          lagMs: "number",
          receivedCount: ["nullable", "number"],
        },
      ],
      mismatches: [{ table: "string", text: "string" }],
    },
  ],
};

/** What a balancer answers. */
export const BALANCER_SHAPE: ShapeOf<BalancerStatus> = {
  version: "string",
  pid: "number",
  uptimeMs: "number",
  isStopping: "boolean",
  fitness: { isFit: "boolean", reasons: ["string"] },
  sessionCount: "number",
  sessionsMax: ["nullable", "number"],
  listeners: [
    {
      address: "string",
      frontend: ["nullable", "string"],
      sessionCount: ["nullable", "number"],
    },
  ],
  backends: [
    {
      name: "string",
      sessionCount: "number",
      queueCount: "number",
      usableCount: "number",
      servers: [
        {
          name: "string",
          address: ["nullable", "string"],
          state: "string",
          status: "string",
          stateForMs: "number",
          isBackup: "boolean",
          weight: "number",
          sessionCount: "number",
          queueCount: "number",
          check: ["nullable", { code: "string", text: "string", tookMs: "number" }],
        },
      ],
    },
  ],
  tables: [
    {
      name: "string",
      type: "string",
      keyBytesMax: "number",
      entryCount: "number",
      entriesMax: "number",
      peers: ["nullable", "string"],
    },
  ],
  peers: [PEERS],
};
