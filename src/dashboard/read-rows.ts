// The rows of the dashboard as the running process has them: frontends, then each backend with its
// servers, in the order of the configuration.
import { formatEndpoint } from "../base/address.ts";
import type { ServerState } from "../balance/server.ts";
import { serverKey } from "../health/monitored.ts";
import { DASHBOARD_ROWS_MAX } from "./limits.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { FrontendState } from "../session/frontend-state.ts";
import type { World } from "../session/world.ts";
import { conditionOf } from "../stats/balancer-status.ts";
import type { StatsSource } from "../stats/rows.ts";
import { healthSource, serverStatus } from "../stats/server-status.ts";
import type { RowReading, TotalReading } from "./board.ts";

/** All rows; `wallOffsetMs` makes an instant of the process one since the epoch. */
export function readRows(source: StatsSource, wallOffsetMs: number): RowReading[] {
  const { world } = source;
  const addresses = addressesByFrontend(world);
  const frontends: RowReading[] = [];
  const backends: RowReading[] = [];
  for (const proxy of source.proxies) {
    if (proxy.disabled || proxy.mode === "http") continue;
    const frontend = world.frontends.get(proxy.name);
    if (proxy.frontend !== undefined && frontend !== undefined) {
      frontends.push(frontendReading(frontend, addresses.get(proxy.name) ?? []));
    }
    const backend = world.backends.get(proxy.name);
    if (proxy.backend === undefined || backend === undefined) continue;
    backends.push(backendReading(backend));
    for (const server of backend.balancer.servers) {
      backends.push(serverReading(backend, server, source, wallOffsetMs));
    }
  }
  return [...frontends, ...backends].slice(0, DASHBOARD_ROWS_MAX);
}

/** The counters of the whole process. */
export function readTotals({ frontends, connectionCount, counters }: World): TotalReading {
  let bytesInTotal = 0;
  let bytesOutTotal = 0;
  for (const frontend of frontends.values()) {
    bytesInTotal += frontend.counters.bytesIn;
    bytesOutTotal += frontend.counters.bytesOut;
  }
  return {
    sessions: connectionCount,
    connectsTotal: counters.connectionsTotal,
    bytesInTotal,
    bytesOutTotal,
  };
}

function addressesByFrontend({ listeners }: World): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [address, { frontend }] of listeners) {
    const known = found.get(frontend.name);
    if (known === undefined) found.set(frontend.name, [address]);
    else known.push(address);
  }
  return found;
}

function frontendReading(
  { name, proxy, side, counters, admin }: FrontendState,
  addresses: readonly string[],
): RowReading {
  const { deniedConnections, deniedSessions, deniedRequests } = counters;
  return {
    key: `frontend ${name}`,
    proxy: proxy.name,
    facts: {
      kind: "frontend",
      name,
      addresses,
      sessionsMax: finite(side.maxconn),
      admin,
      deniedCount: deniedConnections + deniedSessions + deniedRequests,
      limited: counters.limited.entries().map(({ reason, count }) => [reason, count]),
    },
    counters: {
      sessions: counters.sessions.current,
      queued: 0,
      connectsTotal: counters.connectionsTotal,
      bytesInTotal: counters.bytesIn,
      bytesOutTotal: counters.bytesOut,
      checkMs: -1,
    },
  };
}

function backendReading({ name, proxy, side, balancer, counters }: BackendState): RowReading {
  const counts = balancer.counts();
  return {
    key: `backend ${name}`,
    proxy: proxy.name,
    facts: {
      kind: "backend",
      name,
      algorithm: side.balance.algorithm,
      serverCount: balancer.servers.length,
      usableCount: counts.activeUsable + counts.backupUsable,
    },
    counters: {
      sessions: counters.sessions.current,
      queued: counts.queuedTotal,
      connectsTotal: counters.sessions.total,
      bytesInTotal: counters.bytesIn,
      bytesOutTotal: counters.bytesOut,
      checkMs: -1,
    },
  };
}

function serverReading(
  backend: BackendState,
  server: ServerState,
  { statusOf }: StatsSource,
  wallOffsetMs: number,
): RowReading {
  const key = serverKey(backend.name, server.name);
  const source = healthSource(key, statusOf);
  const endpoint = backend.facts.get(server.name)?.endpoint;
  const check = source.health?.check;
  const isChecked = check?.enabled === true;
  const report = isChecked ? check.lastReport : undefined;
  const { counters } = server;
  return {
    key: `server ${key}`,
    proxy: backend.proxy.name,
    facts: {
      kind: "server",
      name: server.name,
      backend: backend.name,
      address: endpoint === undefined ? null : formatEndpoint(endpoint),
      state: conditionOf(server, isChecked || source.health?.agent?.enabled === true),
      status: serverStatus(server, source),
      sinceMs: Math.round(wallOffsetMs + server.lastChangeMs),
      isBackup: server.isBackup,
      weight: backend.balancer.shownWeight(server),
      sessionsMax: finite(server.maxconn),
      check: report === undefined ? null : { code: report.code, text: report.info },
    },
    counters: {
      sessions: server.served,
      queued: server.queued,
      connectsTotal: counters.total,
      bytesInTotal: counters.bytesIn,
      bytesOutTotal: counters.bytesOut,
      checkMs: report === undefined ? -1 : Math.round(report.durationMs),
    },
  };
}

/** 0 and infinity are no limit. */
function finite(limit: number | undefined): number | null {
  return limit === undefined || limit === 0 || !Number.isFinite(limit) ? null : limit;
}
