// One of a server's two recurring checks: its health check or its agent check.
import type { Millis } from "../base/units.ts";
import type { AgentSettings, CheckSettings } from "../config/model/server.ts";
import type { ProbeStatus } from "./events.ts";
import type { CheckReport } from "./result.ts";
import { isDataCode } from "./result.ts";
import { initialHealth, recordVerdict, rescaleHealth } from "./rise-fall.ts";
import type { CheckPace } from "./schedule.ts";
import { paceOf } from "./schedule.ts";

/** A probe's own state; the monitor alone changes it. */
export interface Probe {
  readonly kind: "check" | "agent";
  pace: CheckPace;
  rise: number;
  fall: number;
  health: number;
  enabled: boolean;
  inFlight: boolean;
  /** Absent while in flight or not to be run. */
  dueMs: Millis | undefined;
  lastReport: CheckReport | undefined;
}

/** A server's health check, before its first run. */
export function newCheckProbe(settings: CheckSettings): Probe {
  const { rise, fall } = settings;
  const health = initialHealth(settings);
  return { kind: "check", pace: settings, rise, fall, health, ...idle() };
}

/** A server's agent check; one word of the agent decides. */
export function newAgentProbe(settings: AgentSettings): Probe {
  return { kind: "agent", pace: settings, rise: 1, fall: 1, health: 1, ...idle() };
}

function idle(): Pick<Probe, "enabled" | "inFlight" | "dueMs" | "lastReport"> {
  return { enabled: true, inFlight: false, dueMs: undefined, lastReport: undefined };
}

/** Takes over changed settings and keeps the health; a longer wait than the settings ask is cut. */
export function retuneProbe(probe: Probe, to: Probe, nowMs: Millis): void {
  probe.health = rescaleHealth(probe, to);
  probe.pace = to.pace;
  probe.rise = to.rise;
  probe.fall = to.fall;
  if (probe.dueMs !== undefined) {
    probe.dueMs = Math.min(probe.dueMs, nowMs + paceOf(probe.pace, probe));
  }
}

/** Starts counting anew: one verdict decides whether the server keeps the state it has. */
export function resetProbe(probe: Probe, isUp: boolean): void {
  probe.health = isUp ? probe.rise : probe.rise - 1;
  probe.lastReport = undefined;
}

/**
 * Counts one verdict; true when the health moved. An agent that cannot be reached says nothing
 * about its server, and `CHECKED` nothing at all.
 */
export function countVerdict(probe: Probe, report: CheckReport): boolean {
  if (report.code === "CHECKED") return false;
  if (!report.ok && probe.kind === "agent" && !isDataCode(report.code)) return false;
  const before = probe.health;
  probe.health = recordVerdict(probe, report.ok);
  return probe.health !== before;
}

/** A copy for statistics. */
export function probeStatus(probe: Probe): ProbeStatus {
  const { health, rise, fall, enabled, inFlight, lastReport } = probe;
  return {
    health,
    rise,
    fall,
    enabled,
    inProgress: inFlight,
    ...(lastReport === undefined ? {} : { lastReport }),
  };
}
