// The shapes of the three reports that a status is made of.
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import type { GuardReport } from "../../ha/supervise/guard-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import type { PeersReport } from "../../src/stats/peers-report.ts";
import type { ShapeOf } from "../../src/base/shape.ts";
import { AGENT_FACTS, GUARD_FACTS } from "../../src/node/reports.ts";

/** What a guard answers: all of it is shown elsewhere, too. */
export const GUARD_SHAPE: ShapeOf<GuardReport> = GUARD_FACTS;

/** What an agent answers: what others show of it, and more. */
export const AGENT_SHAPE: ShapeOf<AgentReport> = {
  ...AGENT_FACTS,
  routerId: "string",
  instances: [
    { ...AGENT_FACTS.instances[0], source: ["nullable", "string"], masterDownMs: "number" },
  ],
  balancer: GUARD_FACTS.report,
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
  refused: [{ frontend: "string", reason: "string", count: "number" }],
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
          packets: [{ type: "string", toServer: "number", toClient: "number" }],
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
