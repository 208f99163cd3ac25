// What the monitor of health is told, what it answers, and what it shows.
import type { Millis } from "../base/units.ts";
import type { CheckReport } from "./result.ts";
import type { CheckHealth } from "./rise-fall.ts";
import type { SlowTurn } from "./slow-weight.ts";

/** A server's state as checks see it; "stopping" takes no new sessions but keeps those it has. */
export type OperationalState = "up" | "down" | "stopping";

/** Why a server's state changed; `describe.ts` words it. */
export type StateCause =
  | { readonly kind: "check"; readonly report: CheckReport }
  | { readonly kind: "agent"; readonly report: CheckReport }
  /** `via` is the key of the server that is tracked. */
  | { readonly kind: "tracked"; readonly via: string }
  | { readonly kind: "forced"; readonly text: string };

/** What the monitor is told. Servers are named by key, `backend/server`. */
export type HealthEvent =
  | { readonly kind: "check-done"; readonly server: string; readonly report: CheckReport }
  | {
      readonly kind: "agent-done";
      readonly server: string;
      readonly report: CheckReport;
      /** The agent's line, when it sent one. */
      readonly reply?: string;
    }
  /** A client's connection to the server was made or failed (`observe layer4`). */
  | { readonly kind: "traffic"; readonly server: string; readonly ok: boolean }
  | { readonly kind: "maintenance"; readonly server: string; readonly on: boolean }
  | { readonly kind: "enable-checks"; readonly server: string; readonly on: boolean }
  | { readonly kind: "enable-agent"; readonly server: string; readonly on: boolean }
  /** `set server <s> health|agent up|stopping|down`. */
  | {
      readonly kind: "force-health";
      readonly server: string;
      readonly check: "check" | "agent";
      readonly state: OperationalState;
      /** Ends the line about the change; the runtime API's words when absent. */
      readonly reason?: string;
    }
  | { readonly kind: "timeout" };

/** A server's state changed outside maintenance. */
export interface StateChange {
  readonly kind: "server-up" | "server-down" | "server-stopping";
  readonly server: string;
  readonly cause: StateCause;
}

/** What the monitor wants done or known. */
export type HealthEffect =
  | { readonly kind: "start-check"; readonly server: string }
  | { readonly kind: "start-agent"; readonly server: string }
  | { readonly kind: "abort-check"; readonly server: string }
  | { readonly kind: "abort-agent"; readonly server: string }
  | StateChange
  /** The tracked server `via` went into maintenance or left it, and this one with it. */
  | {
      readonly kind: "inherit-maintenance";
      readonly server: string;
      readonly on: boolean;
      readonly via: string;
    }
  /** Agents repeat themselves: these three are to be carried out by difference. */
  | { readonly kind: "set-weight"; readonly server: string; readonly percent: number }
  | {
      readonly kind: "set-admin";
      readonly server: string;
      readonly state: "ready" | "drain" | "maint";
    }
  | { readonly kind: "set-maxconn"; readonly server: string; readonly maxconn: number }
  /** What a server's slowness leaves of its weight; of an end of that, 100 and no more. */
  | {
      readonly kind: "set-slowness";
      readonly server: string;
      readonly percent: number;
      /** What its answers take, smoothed, and whether that has just crossed a limit. */
      readonly meanMs?: Millis;
      readonly turn?: SlowTurn;
    }
  /** `option log-health-checks`: a verdict worth a line. */
  | {
      readonly kind: "log-check";
      readonly server: string;
      readonly agent: boolean;
      readonly report: CheckReport;
      readonly health: CheckHealth;
    };

/** One of a server's two checks, for statistics. */
export interface ProbeStatus extends CheckHealth {
  readonly enabled: boolean;
  readonly inProgress: boolean;
  readonly lastReport?: CheckReport;
}

/** A server's health for statistics and the runtime API. */
export interface HealthStatus {
  readonly state: OperationalState;
  /** Takes new sessions as far as health is concerned. */
  readonly up: boolean;
  readonly maintenance: "none" | "forced" | "inherited";
  readonly check?: ProbeStatus;
  readonly agent?: ProbeStatus;
  /** The key of the server whose health counts, when it is another's. */
  readonly tracked?: string;
  /** `chkfail`, `hanafail` and `chkdown` of the statistics. */
  readonly failedChecks: number;
  readonly failedTraffic: number;
  readonly transitionsDown: number;
  readonly lastChangeMs: Millis;
}
