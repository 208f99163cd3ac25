// What the three processes of a node said of themselves, or why they did not.
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import type { GuardReport } from "../../ha/supervise/guard-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";

/** Why there is no report; the same words as a control socket's, and `unreadable`: another version's. */
export type NoReport =
  "absent" | "ended" | "denied" | "silent" | "garbled" | "failed" | "unreadable";

/** What one process said. */
export interface Answer<T> {
  /** Its control socket. */
  readonly path: string;
  /** `null`: see `failure`. */
  readonly report: T | null;
  readonly failure: NoReport | null;
  /** More about the failure, for people; empty without one. */
  readonly failureText: string;
}

/** A node at one moment. */
export interface NodeFacts {
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly guard: Answer<GuardReport>;
  readonly agent: Answer<AgentReport>;
  readonly balancer: Answer<BalancerStatus>;
}

/** Something that is not as it should be. */
export interface Problem {
  /**
   * down: this node does not serve, or cannot say whether it does. degraded: it serves, and something
   * needs a person. note: worth knowing, and no fault.
   */
  readonly severity: "down" | "degraded" | "note";
  readonly area: "process" | "vrrp" | "broker" | "table" | "peer";
  /** What, and where. Names that strangers chose are in it as they are. */
  readonly text: string;
  /** What to do; empty when there is nothing to say. */
  readonly hint: string;
}
