// The status column of servers (haproxy management §9.1, field 17): the administrator's word first,
// then what checks say and how many steps are left to the next change.
import { ADMIN } from "../balance/admin.ts";
import type { ServerState } from "../balance/server.ts";
import type { HealthStatus, ProbeStatus } from "../health/events.ts";
import { fullHealth } from "../health/rise-fall.ts";

/** The health of a server by key, `backend/server`. */
export type StatusLookup = (key: string) => HealthStatus | undefined;

/** Whose health counts for a server. */
export interface HealthSource {
  /** The key of the server that it tracks itself. */
  readonly via: string | undefined;
  /** The health at the end of the chain of tracking; its own when it tracks none. */
  readonly health: HealthStatus | undefined;
}

/** Follows a server's tracking to its end. */
export function healthSource(key: string, statusOf: StatusLookup): HealthSource {
  const own = statusOf(key);
  let health = own;
  // The configuration refuses loops; counting them out keeps a page from ever hanging on one.
  const seen = new Set<string>();
  while (health?.tracked !== undefined && !seen.has(health.tracked)) {
    seen.add(health.tracked);
    health = statusOf(health.tracked) ?? health;
  }
  return { via: own?.tracked, health };
}

/** The status of a server in HAProxy's words. */
export function serverStatus(server: ServerState, source: HealthSource): string {
  const { admin } = server;
  if ((admin & ADMIN.resolveMaint) !== 0) return "MAINT (resolution)";
  if ((admin & ADMIN.inheritedMaint) !== 0) return `MAINT (via ${source.via ?? "?"})`;
  if (server.isInMaintenance()) return "MAINT";
  const check = enabled(source.health?.check);
  const agent = enabled(source.health?.agent);
  switch (server.operational) {
    case "running":
    case "starting":
      return upStatus(server.isDraining(), check, agent);
    case "stopping":
      return check === undefined || isFull(check) ? "NOLB" : `NOLB ${steps(check)}`;
    case "stopped":
      return downStatus(check, agent);
  }
}

function upStatus(
  isDraining: boolean,
  check: ProbeStatus | undefined,
  agent: ProbeStatus | undefined,
): string {
  const isGoingDown = check !== undefined && !isFull(check);
  if (isDraining) {
    if (agent !== undefined) return "DRAIN (agent)";
    return isGoingDown ? `DRAIN ${steps(check)}` : "DRAIN";
  }
  if (isGoingDown) return `UP ${steps(check)}`;
  return check === undefined ? "no check" : "UP";
}

function downStatus(check: ProbeStatus | undefined, agent: ProbeStatus | undefined): string {
  if (agent?.health === 0) return "DOWN (agent)";
  if (check === undefined && agent === undefined) return "DOWN";
  if (check === undefined || check.health === 0) return "DOWN";
  return `DOWN ${steps(check)}`;
}

function enabled(probe: ProbeStatus | undefined): ProbeStatus | undefined {
  return probe?.enabled === true ? probe : undefined;
}

function isFull(check: ProbeStatus): boolean {
  return check.health >= fullHealth(check);
}

/** How far the counter is on its way to the other state. */
function steps({ health, rise, fall }: ProbeStatus): string {
  return health >= rise ? `${health - rise + 1}/${fall}` : `${health}/${rise}`;
}
