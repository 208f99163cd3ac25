// The health of all servers of a configuration.
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import type { AgentSettings, CheckSettings, Server } from "../config/model/server.ts";
import type { AgentReply } from "./agent-reply.ts";
import type { CheckReport } from "./result.ts";

/** One server as the monitor sees it. */
export interface MonitoredServer {
  /** `backend/server`. */
  readonly key: string;
  readonly check?: CheckSettings;
  readonly agent?: AgentSettings;
  /** The key of the server whose health this one shares. */
  readonly track?: string;
  readonly observe?: "layer4";
  readonly errorLimit: number;
  readonly onError: Server["onError"];
  /** Starts in maintenance. */
  readonly disabled: boolean;
  /** `option log-health-checks`. */
  readonly logChecks: boolean;
}

/** Why a server's state changed; `describe.ts` words it. */
export type StateCause =
  | { readonly kind: "check"; readonly report: CheckReport }
  | { readonly kind: "agent"; readonly report: CheckReport }
  | { readonly kind: "tracked"; readonly via: string }
  | { readonly kind: "forced"; readonly text: string };

/** What the monitor is told. */
export type HealthEvent =
  | { readonly kind: "check-done"; readonly server: string; readonly report: CheckReport }
  | {
      readonly kind: "agent-done";
      readonly server: string;
      readonly report: CheckReport;
      readonly reply?: string;
    }
  | { readonly kind: "traffic"; readonly server: string; readonly ok: boolean }
  | { readonly kind: "maintenance"; readonly server: string; readonly on: boolean }
  | { readonly kind: "enable-checks"; readonly server: string; readonly on: boolean }
  | { readonly kind: "enable-agent"; readonly server: string; readonly on: boolean }
  | {
      readonly kind: "force-health";
      readonly server: string;
      readonly check: "check" | "agent";
      readonly state: "up" | "stopping" | "down";
    }
  | { readonly kind: "timeout" };

/** What the monitor wants done or known. */
export type HealthEffect =
  | { readonly kind: "start-check"; readonly server: string }
  | { readonly kind: "start-agent"; readonly server: string }
  | { readonly kind: "abort-check"; readonly server: string }
  | { readonly kind: "abort-agent"; readonly server: string }
  | { readonly kind: "server-up"; readonly server: string; readonly cause: StateCause }
  | { readonly kind: "server-down"; readonly server: string; readonly cause: StateCause }
  | { readonly kind: "server-stopping"; readonly server: string; readonly cause: StateCause }
  | {
      readonly kind: "inherit-maintenance";
      readonly server: string;
      readonly on: boolean;
      readonly via: string;
    }
  | {
      readonly kind: "set-weight";
      readonly server: string;
      readonly weight: NonNullable<AgentReply["weight"]>;
    }
  | {
      readonly kind: "set-admin";
      readonly server: string;
      readonly state: "ready" | "drain" | "maint";
    }
  | { readonly kind: "set-maxconn"; readonly server: string; readonly maxconn: number }
  | {
      readonly kind: "log-check";
      readonly server: string;
      readonly agent: boolean;
      readonly report: CheckReport;
      readonly health: CheckHealth;
    };

/** A rise/fall counter's position: `health` is 0..rise+fall-1, up from `rise` on. */
export interface CheckHealth {
  readonly health: number;
  readonly rise: number;
  readonly fall: number;
}

/** A server's health for statistics and the runtime API. */
export interface HealthStatus extends CheckHealth {
  readonly state: "up" | "down" | "stopping";
  readonly up: boolean;
  readonly checked: boolean;
  readonly checksEnabled: boolean;
  readonly lastReport?: CheckReport;
  readonly agent?: CheckHealth & {
    readonly enabled: boolean;
    readonly lastReport?: CheckReport;
  };
  readonly failedChecks: number;
  readonly failedTraffic: number;
  readonly transitionsDown: number;
  readonly lastChangeMs: Millis;
}

/** Settings of the monitor itself. */
export interface MonitorSettings {
  /** `spread-checks`, percent. */
  readonly spreadPercent: number;
  readonly spreadMaxMs?: Millis;
  /** Uniform in 0..1. */
  random(): number;
}

/** Decides when each server is checked and which servers are up. */
export declare class HealthMonitor implements Machine<HealthEvent, HealthEffect> {
  constructor(settings: MonitorSettings);
  reconfigure(servers: readonly MonitoredServer[], nowMs: Millis): void;
  handle(event: HealthEvent, nowMs: Millis): void;
  poll(): HealthEffect | undefined;
  nextTimeout(): Millis | undefined;
  statusOf(server: string): HealthStatus | undefined;
}
