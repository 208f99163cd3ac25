// The row of a server (haproxy management §9.1).
import { formatEndpoint } from "../base/address.ts";
import { isDynamic } from "../balance/algorithm/create.ts";
import type { ServerState } from "../balance/server.ts";
import { WEIGHT_SCALE } from "../balance/weight.ts";
import type { HealthStatus, ProbeStatus } from "../health/events.ts";
import { serverKey } from "../health/monitored.ts";
import { describeCode, isDataCode } from "../health/result.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { StatsCells, StatsRow } from "./columns.ts";
import { commonCells, limitCell, type RowContext, seconds, secondsSince } from "./context.ts";
import { packetCells } from "./own-columns.ts";
import { healthSource, serverStatus } from "./server-status.ts";
import { timeCells } from "./time-cells.ts";

/** One server of a backend that relays. */
export function serverRow(
  backend: BackendState,
  server: ServerState,
  context: RowContext,
): StatsRow {
  const { proxy } = backend;
  const cells: StatsCells = {
    ...commonCells("server", proxy, server.name, server.id),
    ...loadCells(backend, server, context),
    ...healthCells(backend, server, context),
  };
  const limits = {
    slim: limitCell(server.maxconn),
    qlimit: limitCell(server.spec.maxqueue),
    throttle: throttlePercent(backend, server),
    ...(context.legends
      ? { addr: addressText(backend, server), cookie: server.spec.cookie }
      : undefined),
  };
  for (const [column, value] of Object.entries(limits)) {
    if (value !== undefined) cells[column as keyof typeof limits] = value;
  }
  return { kind: "server", proxyId: proxy.id, serverId: server.id, cells };
}

function loadCells(backend: BackendState, server: ServerState, { nowMs }: RowContext): StatsCells {
  const { counters } = server;
  const rate = backend.serverRates.get(server);
  return {
    qcur: server.queued,
    qmax: counters.queuedMax,
    scur: server.served,
    smax: counters.servedMax,
    stot: counters.total,
    bin: counters.bytesIn,
    bout: counters.bytesOut,
    dresp: counters.deniedResponses,
    econ: counters.connectErrors,
    eresp: counters.responseErrors,
    wretr: counters.retries,
    wredis: counters.redispatches,
    lbtot: counters.lbTotal,
    rate: rate?.read(nowMs) ?? 0,
    rate_max: rate?.highest ?? 0,
    cli_abrt: counters.clientAborts,
    srv_abrt: counters.serverAborts,
    lastsess: secondsSince(server.lastSessionMs, nowMs),
    connect: counters.total,
    reuse: 0,
    // Connections to servers are never kept for another client.
    srv_icur: 0,
    idle_conn_cur: 0,
    safe_conn_cur: 0,
    used_conn_cur: server.served,
    need_conn_est: counters.servedMax,
    ...timeCells(backend.serverTimes.get(server)),
    ...packetCells(counters.packets),
  };
}

function healthCells(backend: BackendState, server: ServerState, context: RowContext): StatsCells {
  const { nowMs, statusOf } = context;
  const key = serverKey(backend.name, server.name);
  const source = healthSource(key, statusOf);
  const health = statusOf(key);
  return {
    status: serverStatus(server, source),
    weight: backend.balancer.shownWeight(server),
    uweight: server.userWeight,
    act: server.isBackup ? 0 : 1,
    bck: server.isBackup ? 1 : 0,
    lastchg: secondsSince(server.lastChangeMs, nowMs),
    ...(source.via === undefined ? {} : { tracked: source.via }),
    ...(health?.check?.enabled === true ? outageCells(health, server, context) : {}),
    ...(isShown(health?.check, server) ? checkCells(health.check) : {}),
    ...(isShown(health?.agent, server) ? agentCells(health.agent) : {}),
  };
}

/** What only a checked server has. */
function outageCells(health: HealthStatus, server: ServerState, context: RowContext): StatsCells {
  return {
    chkfail: health.failedChecks,
    chkdown: health.transitionsDown,
    downtime: seconds(server.downMs(context.nowMs)),
    ...(server.spec.observe === undefined ? {} : { hanafail: health.failedTraffic }),
  };
}

/** Probes rest in maintenance, and then their last word is not shown. */
function isShown(probe: ProbeStatus | undefined, server: ServerState): probe is ProbeStatus {
  return probe?.enabled === true && !server.isInMaintenance();
}

function checkCells(check: ProbeStatus): StatsCells {
  const { code, info, status, durationMs } = reportOf(check);
  return {
    check_status: check.inProgress ? `* ${code}` : code,
    ...(isDataCode(code) ? { check_code: status ?? 0 } : {}),
    ...(code === "INI" ? {} : { check_duration: Math.floor(Math.max(0, durationMs)) }),
    check_desc: describeCode(code),
    last_chk: info,
    check_rise: check.rise,
    check_fall: check.fall,
    check_health: check.health,
  };
}

function agentCells(agent: ProbeStatus): StatsCells {
  const { code, info, status, durationMs } = reportOf(agent);
  return {
    agent_status: agent.inProgress ? `* ${code}` : code,
    ...(isDataCode(code) ? { agent_code: status ?? 0 } : {}),
    agent_duration: Math.floor(Math.max(0, durationMs)),
    agent_desc: describeCode(code),
    last_agt: info,
    agent_rise: agent.rise,
    agent_fall: agent.fall,
    agent_health: agent.health,
  };
}

function reportOf(probe: ProbeStatus): NonNullable<ProbeStatus["lastReport"]> {
  return probe.lastReport ?? { ok: true, code: "INI", info: "", durationMs: 0 };
}

/** How far a server is on its way to its full weight; absent when it is not starting slowly. */
function throttlePercent({ side }: BackendState, server: ServerState): number | undefined {
  if (server.operational !== "starting" || server.isDraining()) return undefined;
  if (server.userWeight === 0 || !isDynamic(side)) return 100;
  const fullWeight = WEIGHT_SCALE * server.userWeight;
  return Math.floor((100 * server.effectiveWeight + WEIGHT_SCALE - 1) / fullWeight);
}

function addressText(backend: BackendState, server: ServerState): string | undefined {
  const endpoint = backend.facts.get(server.name)?.endpoint;
  // HAProxy names the kind of such an address and not its path.
  if (endpoint?.kind === "unix") return "unix";
  return endpoint === undefined ? undefined : formatEndpoint(endpoint);
}
