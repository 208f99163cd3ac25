// What the guard hears and asks for. It starts, watches, ends and restarts agent and balancer.
import type { EventMark } from "../../src/base/event.ts";
import type { FromBalancer } from "../../src/base/life.ts";
import type { Millis } from "../../src/base/units.ts";
import type { BalancerReport, LastWill, ToGuard } from "./messages.ts";

/** Which child. */
export type Child = "agent" | "balancer";

/** How the guard supervises; from `#tandem` directives. */
export interface GuardSettings {
  /** `tandem agent` has no balancer, `tandem run` both. */
  readonly children: readonly Child[];
  readonly balancerTimeoutMs: Millis;
  readonly agentTimeoutMs: Millis;
  readonly balancerStartTimeoutMs: Millis;
  readonly agentStartTimeoutMs: Millis;
  /** From asking a child to end to killing it. */
  readonly stopTimeoutMs: Millis;
  /** The same for the agent, which may have a shutdown script to run. Default: `stopTimeoutMs`. */
  readonly agentStopTimeoutMs?: Millis;
  readonly restartBudget: { readonly count: number; readonly periodMs: Millis };
  /** Whether a balancer stands in reserve. Default false. */
  readonly hasReserve?: boolean;
}

/** What a guard hears. `run` tells the runs of one child apart: what an earlier run says late is ignored. */
export type GuardEvent =
  | { readonly kind: "start" }
  | { readonly kind: "timeout" }
  | {
      readonly kind: "ended";
      readonly child: Child;
      readonly run: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** One that was never woken; also when it could not be started. */
  | {
      readonly kind: "reserve-ended";
      readonly reserve: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly kind: "from-agent"; readonly run: number; readonly message: ToGuard }
  | { readonly kind: "from-balancer"; readonly run: number; readonly message: FromBalancer }
  /** The answer to `inspect`: how long the child waited for a CPU since its last beat, and whether it is stopped. */
  | {
      readonly kind: "inspected";
      readonly child: Child;
      readonly run: number;
      readonly waitedForCpuMs: Millis;
      readonly isStopped: boolean;
    }
  /** SIGHUP: new settings; a spent restart budget is full again. */
  | { readonly kind: "reload"; readonly settings: GuardSettings }
  /** SIGTERM. */
  | { readonly kind: "stop" };

/** What a guard asks for, in this order. */
export type GuardEffect =
  /** With `reserve`: that one is woken and becomes the run; when it has just ended, one is started. */
  | {
      readonly kind: "spawn";
      readonly child: Child;
      readonly run: number;
      readonly reserve?: number;
    }
  /** Start a balancer that loads its program and waits. */
  | { readonly kind: "prepare-reserve"; readonly reserve: number }
  /** Nobody will need it: it ends. */
  | { readonly kind: "end-reserve"; readonly reserve: number }
  /** By process id; KILL also ends a stopped process. */
  | {
      readonly kind: "signal";
      readonly child: Child;
      readonly run: number;
      readonly signal: "SIGTERM" | "SIGKILL" | "SIGHUP";
    }
  /** Before a silent child is judged: ask the kernel what it does. */
  | { readonly kind: "inspect"; readonly child: Child; readonly run: number }
  /** Do what the dead agent would have done. */
  | { readonly kind: "execute-will"; readonly will: LastWill }
  | { readonly kind: "tell-agent-balancer"; readonly report: BalancerReport }
  | { readonly kind: "tell-agent"; readonly message: "beat" | "reload" | "stop" }
  | { readonly kind: "beat-balancer" }
  /** The VIPs that this node holds: after each change, and when a balancer is ready. */
  | { readonly kind: "tell-balancer-vips"; readonly held: readonly string[] }
  /** Worth nothing unless it is read now. */
  | { readonly kind: "tell-agent-tickle"; readonly connections: string }
  /** All children have ended: exit. */
  | { readonly kind: "exit"; readonly code: number }
  | {
      readonly kind: "log";
      readonly level: "info" | "warning" | "error";
      readonly text: string;
      readonly child?: Child;
      /** The line is an event. */
      readonly event?: EventMark;
    };
