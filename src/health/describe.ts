// The lines that tell of changes in health, worded as HAProxy words them. Its log levels:
// DOWN and "going DOWN for maintenance" are alerts, "no server available" an emergency, all else
// a notice. Lines have no final line feed.
import type { Millis } from "../base/units.ts";
import type { OperationalState, StateCause } from "./events.ts";
import type { CheckReport } from "./result.ts";
import { describeCode, isDataCode } from "./result.ts";
import type { CheckHealth } from "./rise-fall.ts";
import { isHealthy } from "./rise-fall.ts";

/** The counts that a state change line ends with, after the change. */
export interface ChangeCounts {
  /** Usable servers of the backend. */
  readonly active: number;
  readonly backup: number;
  /** Sessions on the server. */
  readonly sessions: number;
  /** Sessions taken off the server's queue to be balanced again. */
  readonly requeued: number;
  /** Connections waiting: the server's queue for lines that say "left", else the backend's. */
  readonly queued: number;
}

/** The server that a line is about. */
export interface DescribedServer {
  /** `backend/server`. */
  readonly key: string;
  readonly backup: boolean;
  /** `option log-health-checks`: the check's own line gives the reason, so the change does not. */
  readonly logChecks: boolean;
}

/** A server's change of state. */
export function describeChange(
  server: DescribedServer,
  to: OperationalState,
  cause: StateCause,
  counts: ChangeCounts,
): string {
  const verb = to === "up" ? "UP" : to === "down" ? "DOWN" : "stopping";
  const reason = describeCause(cause, server.logChecks);
  return `${nameOf(server)} is ${verb}${reason}${describeCounts(to === "down", counts)}`;
}

/** Why, for an event: the same facts without the words before them. */
export function causeOf(cause: StateCause): string {
  return describeCause(cause, false).replace(/^,? (?:reason: )?/, "");
}

function describeCause(cause: StateCause, logChecks: boolean): string {
  switch (cause.kind) {
    case "check":
    case "agent":
      return logChecks ? "" : describeReport(cause.report);
    case "tracked":
      return ` via ${cause.via}`;
    case "forced":
      return `, ${cause.text}`;
  }
}

/** One verdict of a check, for `option log-health-checks`. */
export function describeCheck(
  server: DescribedServer,
  agent: boolean,
  report: CheckReport,
  health: CheckHealth,
  draining: boolean,
): string {
  const what = agent ? "Agent" : "Health";
  const backup = server.backup ? "backup " : "";
  const verdict =
    report.code === "L7OKC" ? "conditionally succeeded" : report.ok ? "succeeded" : "failed";
  return (
    `${what} check for ${backup}server ${server.key} ${verdict}` +
    `${describeReport(report)}, status: ${describeHealth(health, draining)}.`
  );
}

/** Steps from the next change of state and the state, for example "2/3 UP". */
function describeHealth(at: CheckHealth, draining: boolean): string {
  if (!isHealthy(at)) return `${at.health}/${at.rise} DOWN`;
  return `${at.health - at.rise + 1}/${at.fall} ${draining ? "DRAIN" : "UP"}`;
}

/** The verdict with all that is known of it. */
function describeReport(report: CheckReport): string {
  const code = isDataCode(report.code) ? `, code: ${report.status ?? 0}` : "";
  const info = report.info === "" ? "" : `, info: "${escapeInfo(report.info)}"`;
  const duration =
    report.durationMs < 0 ? "" : `, check duration: ${Math.floor(report.durationMs)}ms`;
  return `, reason: ${describeCode(report.code)}${code}${info}${duration}`;
}

/** Anything that could confuse a terminal or a parser of logs becomes its code in hexadecimal. */
function escapeInfo(info: string): string {
  return info.replace(/[\r\n]+$/, "").replace(/[^ -~]|[<>"]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `<${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** A server goes into maintenance; `via` is the tracked server that took it along. */
export function describeMaintenance(
  server: DescribedServer,
  wasDown: boolean,
  counts: ChangeCounts,
  via?: string,
): string {
  const origin = via === undefined ? "" : ` via ${via}`;
  if (wasDown) return `${nameOf(server)} was DOWN and now enters maintenance${origin}.`;
  return `${nameOf(server)} is going DOWN for maintenance${origin}${describeCounts(true, counts)}`;
}

/** A server leaves maintenance; `inherited`: because the server it tracks did. */
export function describeReturn(
  server: DescribedServer,
  state: { readonly up: boolean; readonly draining: boolean; readonly inherited: boolean },
): string {
  const health = state.up ? "UP" : "DOWN";
  const admin = state.draining ? "DRAIN" : "READY";
  const forced = state.inherited ? "" : "forced ";
  return `${nameOf(server)} is ${health}/${admin} (leaving ${forced}maintenance).`;
}

/** A server takes no new sessions from here on; one that is down is told of as one that has left. */
export function describeDrain(
  server: DescribedServer,
  counts: ChangeCounts,
  via?: string,
  isDown = false,
): string {
  const origin = via === undefined ? "" : ` via ${via}`;
  return `${nameOf(server)} enters drain state${origin}${describeCounts(isDown, counts)}`;
}

/** A server has come out of maintenance into the drain that it was in before. */
export function describeRemainingDrain(server: DescribedServer): string {
  return `${nameOf(server)} remains in forced drain mode.`;
}

/** A server takes new sessions again. */
export function describeDrainEnd(server: DescribedServer, up: boolean): string {
  return `${nameOf(server)} is ${up ? "UP" : "DOWN"} (leaving forced drain).`;
}

/** A proxy's last usable server is gone. HAProxy calls a `listen` section "proxy" here. */
export function describeNoServer(kind: "backend" | "listen", proxy: string): string {
  return `${kind === "listen" ? "proxy" : "backend"} ${proxy} has no server available!`;
}

function nameOf(server: DescribedServer): string {
  return `${server.backup ? "Backup " : ""}Server ${server.key}`;
}

function describeCounts(left: boolean, counts: ChangeCounts): string {
  const { active, backup, sessions, requeued, queued } = counts;
  const onBackup = backup > 0 && active === 0 ? " Running on backup." : "";
  const servers = `. ${active} active and ${backup} backup servers ${left ? "left" : "online"}.`;
  const work = left
    ? ` ${sessions} sessions active, ${requeued} requeued, ${queued} remaining in queue.`
    : ` ${requeued} sessions requeued, ${queued} total in queue.`;
  return `${servers}${onBackup}${work}`;
}

/** A server whose checks are answered late, or no longer are; `key` is `backend/server`. */
export function describeSlowness(key: string, isSlow: boolean, meanMs: Millis): string {
  const took = `answers its checks after ${Math.round(meanMs)}ms`;
  return isSlow ? `${key} ${took}: it gets less` : `${key} ${took} again: its weight returns`;
}
