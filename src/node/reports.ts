// The other processes of this node, as a balancer may know them: the part of what agent and guard
// answer at their control sockets that it shows (ha/agent/agent-report.ts, ha/supervise/guard-report.ts).
import type { ShapeOf } from "../base/shape.ts";
import type { Millis } from "../base/units.ts";

/** What is shown of the agent. */
export interface AgentFacts {
  readonly pid: number;
  readonly uptimeMs: Millis;
  /** In file order. */
  readonly instances: readonly InstanceFacts[];
  readonly heartbeats: readonly {
    readonly local: string;
    readonly peer: string;
    readonly isAlive: boolean;
    readonly silentMs: Millis | null;
  }[];
}

/** What is shown of a virtual router. */
export interface InstanceFacts {
  readonly name: string;
  readonly vrid: number;
  readonly interface: string;
  /** `INIT`, `BACKUP`, `MASTER`, `FAULT`. */
  readonly state: string;
  readonly stateForMs: Millis;
  /** Why the state was entered. */
  readonly reason: string;
  readonly basePriority: number;
  /** With what tracking adds and takes. */
  readonly priority: number;
  readonly vips: readonly string[];
  /** All VIPs are in the kernel. */
  readonly isHeld: boolean;
  readonly faults: readonly string[];
  readonly masterAddress: string | null;
  readonly masterPriority: number;
  readonly advertIntervalMs: Millis;
  /** Other nodes that speak for this virtual router, by each path. */
  readonly heard: readonly {
    readonly address: string;
    readonly priority: number;
    readonly state: string;
    readonly path: string;
    readonly agoMs: Millis;
  }[];
  readonly transitionCount: number;
  readonly becameMasterCount: number;
  /** How long no master was heard before it last took over from one. */
  readonly lastOutageMs: Millis | null;
  readonly sentCount: number;
  readonly receivedCount: number;
  readonly droppedCount: number;
}

/** What is shown of the guard. */
export interface GuardFacts {
  readonly pid: number;
  readonly uptimeMs: Millis;
  readonly isStopping: boolean;
  readonly agent: ChildFacts | null;
  readonly balancer: ChildFacts | null;
  /** What the agent is told of the balancer. */
  readonly report: {
    readonly state: string;
    readonly isFit: boolean;
    readonly reasons: readonly string[];
  };
}

/** A child of the guard. */
export interface ChildFacts {
  readonly phase: string;
  readonly pid: number | null;
  /** How many times it was started. */
  readonly runCount: number;
  readonly isGivenUp: boolean;
  readonly readyForMs: Millis | null;
  readonly lastCause: string | null;
  /** Runs that ended unasked, by what happened. */
  readonly lossCounts: Readonly<Record<LossCause, number>>;
}

/** What may happen to a child of the guard. */
export type LossCause = "exited" | "signalled" | "hung" | "stuck";

/** What is needed of the answer of an agent. */
export const AGENT_FACTS: ShapeOf<AgentFacts> = {
  pid: "number",
  uptimeMs: "number",
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
      masterAddress: ["nullable", "string"],
      masterPriority: "number",
      advertIntervalMs: "number",
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
};

const CHILD: ShapeOf<ChildFacts> = {
  phase: "string",
  pid: ["nullable", "number"],
  runCount: "number",
  isGivenUp: "boolean",
  readyForMs: ["nullable", "number"],
  lastCause: ["nullable", "string"],
  lossCounts: { exited: "number", signalled: "number", hung: "number", stuck: "number" },
};

/** What is needed of the answer of a guard. */
export const GUARD_FACTS: ShapeOf<GuardFacts> = {
  pid: "number",
  uptimeMs: "number",
  isStopping: "boolean",
  agent: ["nullable", CHILD],
  balancer: ["nullable", CHILD],
  report: { state: "string", isFit: "boolean", reasons: ["string"] },
};
