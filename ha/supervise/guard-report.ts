// What `tandem status` is told by a guard. The names are part of `tandem status --json`; unknown
// values are `null`.
import type { Millis } from "../../src/base/units.ts";
import type { ChildStatus, LossCounts } from "./child.ts";
import type { GuardStatus } from "./guard.ts";
import type { Child } from "./guard-events.ts";
import type { BalancerReport } from "./messages.ts";

/** A guard at one moment. */
export interface GuardReport {
  readonly pid: number;
  readonly uptimeMs: Millis;
  readonly isStopping: boolean;
  /** `null`: it supervises none. */
  readonly agent: ChildReport | null;
  readonly balancer: ChildReport | null;
  /** What the agent is told of the balancer. */
  readonly report: BalancerReport;
}

/** A child of the guard. */
export interface ChildReport {
  /** `off`, `resting`, `starting`, `ready`, `stopping`, `killed`. */
  readonly phase: string;
  readonly pid: number | null;
  /** How many times it was started. */
  readonly runCount: number;
  /** Its restarts are spent: it is started again after long pauses only. */
  readonly isGivenUp: boolean;
  readonly readyForMs: Millis | null;
  /** Why the last run ended that was not asked to. */
  readonly lastCause: string | null;
  /** Runs that ended unasked, by what happened. */
  readonly lossCounts: LossCounts;
}

/** The report of a process that started at `startedMs`; `pidOf` gives the ids of running children. */
export function guardReport(
  { isStopping, agent, balancer, report }: GuardStatus,
  process: {
    readonly pid: number;
    readonly startedMs: Millis;
    pidOf(child: Child): number | undefined;
  },
  nowMs: Millis,
): GuardReport {
  const child = (name: Child, status: ChildStatus | undefined): ChildReport | null =>
    status === undefined ? null : childReport(status, process.pidOf(name), nowMs);
  return {
    pid: process.pid,
    uptimeMs: Math.round(nowMs - process.startedMs),
    isStopping,
    agent: child("agent", agent),
    balancer: child("balancer", balancer),
    report,
  };
}

function childReport(status: ChildStatus, pid: number | undefined, nowMs: Millis): ChildReport {
  const { readySinceMs } = status;
  return {
    phase: status.phase,
    pid: pid ?? null,
    runCount: status.run,
    isGivenUp: status.isGivenUp,
    readyForMs: readySinceMs === undefined ? null : Math.max(0, Math.round(nowMs - readySinceMs)),
    lastCause: status.lastCause ?? null,
    lossCounts: status.lossCounts,
  };
}
