// `tandem status --json`: everything in one object, with names that stay.
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import type { GuardReport } from "../../ha/supervise/guard-report.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import type { Answer, NodeFacts, Problem } from "./facts.ts";
import { otherNodes, type OtherNode } from "./other-nodes.ts";
import { brokerProblems } from "./problems/brokers.ts";
import { processProblems } from "./problems/processes.ts";
import { replicationProblems } from "./problems/replication.ts";
import { vrrpProblems } from "./problems/vrrp.ts";

/** The whole status of a node. */
export interface StatusDocument {
  /** Of these names: new ones may come, none goes while it is 1. */
  readonly schemaVersion: 1;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly host: string;
  readonly state: "ok" | "degraded" | "down";
  /** The worst first; of one severity in the order of the path of a connection. */
  readonly problems: readonly Problem[];
  /** `null`: it gave no answer. */
  readonly guard: GuardReport | null;
  readonly agent: AgentReport | null;
  readonly balancer: BalancerStatus | null;
  /** What this node knows of others, one for each virtual router. */
  readonly otherNodes: readonly OtherNode[];
  readonly sockets: readonly SocketReport[];
}

/** Where a process was asked, and how that ended. */
export interface SocketReport {
  readonly part: "guard" | "agent" | "balancer";
  readonly path: string;
  /** `null`: it answered. */
  readonly failure: string | null;
  readonly failureText: string;
}

const SEVERITIES: readonly Problem["severity"][] = ["down", "degraded", "note"];

/** The document of what the processes said. */
export function statusDocument(facts: NodeFacts): StatusDocument {
  const { guard, agent, balancer } = facts;
  const found = [
    ...processProblems(facts),
    ...vrrpProblems(agent.report),
    ...brokerProblems(balancer.report),
    ...replicationProblems(balancer.report),
  ];
  const problems = SEVERITIES.flatMap((severity) => found.filter((p) => p.severity === severity));
  const worst = problems[0]?.severity;
  return {
    schemaVersion: 1,
    time: facts.time,
    host: facts.host,
    state: worst === undefined || worst === "note" ? "ok" : worst,
    problems,
    guard: guard.report,
    agent: agent.report,
    balancer: balancer.report,
    otherNodes: otherNodes(agent.report, balancer.report),
    sockets: [
      socketReport("guard", guard),
      socketReport("agent", agent),
      socketReport("balancer", balancer),
    ],
  };
}

function socketReport(part: SocketReport["part"], answer: Answer<unknown>): SocketReport {
  const { path, failure, failureText } = answer;
  return { part, path, failure, failureText };
}

/** 0 ok, 1 degraded, 2 down. */
export function exitCodeOf({ state }: Pick<StatusDocument, "state">): 0 | 1 | 2 {
  return state === "ok" ? 0 : state === "degraded" ? 1 : 2;
}
