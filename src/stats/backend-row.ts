// The row of a backend (haproxy management §9.1).
import { scaleOf } from "../balance/algorithm/create.ts";
import { fullconnOf } from "../balance/capacity.ts";
import type { ServerState } from "../balance/server.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { StatsCells, StatsRow } from "./columns.ts";
import { commonCells, type RowContext, seconds, secondsSince } from "./context.ts";
import { refusalCells } from "./frontend-row.ts";
import { packetCells } from "./own-columns.ts";
import type { PageCounters } from "./page-counters.ts";
import { responseCells } from "./response-cells.ts";
import { timeCells } from "./time-cells.ts";

/** The backend of a proxy that relays. */
export function backendRow(backend: BackendState, context: RowContext): StatsRow {
  const { proxy, balancer, counters } = backend;
  const { nowMs } = context;
  const counts = balancer.counts();
  const { availability } = balancer;
  const hasServers = balancer.servers.length > 0;
  const cells: StatsCells = {
    ...commonCells("backend", proxy, "BACKEND"),
    ...unusedCells(),
    qcur: counts.queued,
    qmax: counts.queuedMax,
    scur: counters.sessions.current,
    smax: counters.sessions.highest,
    slim: Math.max(1, fullconnOf(balancer.spec)),
    stot: counters.sessions.total,
    bin: counters.bytesIn,
    bout: counters.bytesOut,
    dreq: counters.deniedRequests,
    dresp: counters.deniedResponses,
    econ: counters.failedConnects,
    eresp: counters.failedResponses,
    wretr: counters.retries,
    wredis: counters.redispatches,
    status: backendStatus(backend, context.isFiltered),
    weight: shownTotalWeight(backend, counts.totalWeight),
    uweight: userWeight(backend),
    act: counts.activeUsable,
    bck: counts.backupUsable,
    chkdown: availability.downTransitions,
    lastchg: secondsSince(availability.lastChangeMs, nowMs),
    ...(hasServers ? { downtime: seconds(availability.downMs(nowMs)) } : {}),
    ...refusalCells(proxy, counters),
    lbtot: balancer.lbTotal,
    rate: counters.sessionRate.read(nowMs),
    rate_max: counters.sessionRate.highest,
    cli_abrt: counters.clientAborts,
    srv_abrt: counters.serverAborts,
    lastsess: secondsSince(counters.lastSessionMs, nowMs),
    connect: counters.connects,
    ...timeCells(counters.times),
    ...packetCells(counters.packets),
  };
  if (context.legends) cells.algo = backend.side.balance.algorithm;
  return { kind: "backend", proxyId: proxy.id, serverId: 0, cells };
}

/**
 * The backend of a `listen` section in HTTP mode: it has no server, so what is not for the page
 * fails there, and it is up since the proxy exists.
 */
export function pageBackendRow(
  proxy: Proxy,
  page: PageCounters,
  sinceMs: number,
  context: RowContext,
): StatsRow {
  const { strayRequests, strayRate, frontend } = page;
  const { nowMs } = context;
  const maxconn = proxy.frontend?.maxconn ?? context.maxconn;
  const fullconn = proxy.backend?.fullconn ?? Math.ceil(maxconn / 10);
  const cells: StatsCells = {
    ...commonCells("backend", proxy, "BACKEND"),
    ...unusedCells(),
    ...responseCells([0, 0, 0, 0, strayRequests.total, 0]),
    qcur: 0,
    qmax: 0,
    scur: strayRequests.current,
    smax: strayRequests.highest,
    ...(Number.isFinite(fullconn) ? { slim: Math.max(1, fullconn) } : {}),
    stot: strayRequests.total,
    // HAProxy counts the bytes of a `listen` section on both of its sides.
    bin: frontend.bytesIn,
    bout: frontend.bytesOut,
    dreq: 0,
    econ: strayRequests.total,
    eresp: 0,
    wretr: 0,
    wredis: 0,
    status: context.isFiltered ? "UP (0/0)" : "UP",
    weight: 0,
    uweight: 0,
    act: 0,
    bck: 0,
    chkdown: 0,
    lastchg: secondsSince(sinceMs, nowMs),
    lbtot: 0,
    rate: strayRate.read(nowMs),
    rate_max: strayRate.highest,
    req_tot: strayRequests.total,
    cli_abrt: 0,
    srv_abrt: 0,
    lastsess: secondsSince(page.lastStrayMs, nowMs),
    connect: 0,
    cache_lookups: 0,
    cache_hits: 0,
    ...timeCells(undefined),
  };
  if (context.legends) cells.algo = proxy.backend?.balance.algorithm ?? "roundrobin";
  return { kind: "backend", proxyId: proxy.id, serverId: 0, cells };
}

/** Columns of HTTP and of clusters, 0 in every backend here. */
function unusedCells(): StatsCells {
  return {
    comp_in: 0,
    comp_out: 0,
    comp_byp: 0,
    comp_rsp: 0,
    reuse: 0,
    agg_server_status: 0,
    agg_server_check_status: 0,
    agg_check_status: 0,
  };
}

function backendStatus({ balancer }: BackendState, isFiltered: boolean): string {
  const { servers, availability } = balancer;
  const status = availability.isUp || servers.length === 0 ? "UP" : "DOWN";
  const up = servers.filter(isUp).length;
  return isFiltered ? `${status} (${up}/${servers.length})` : status;
}

function isUp({ operational }: ServerState): boolean {
  return operational === "running" || operational === "starting";
}

/** The effective weight in the scale that users write. */
function shownTotalWeight({ side }: BackendState, totalWeight: number): number {
  const { multiplier, divisor } = scaleOf(side);
  return Math.ceil((totalWeight * divisor) / multiplier);
}

/** The weights as set, of the servers that share the connections. */
function userWeight({ balancer, proxy }: BackendState): number {
  const usable = balancer.servers.filter((server) => server.isUsable());
  const active = usable.filter((server) => !server.isBackup);
  const backups = proxy.flags.has("allbackups") ? usable : usable.slice(0, 1);
  return (active.length > 0 ? active : backups).reduce((sum, each) => sum + each.userWeight, 0);
}
