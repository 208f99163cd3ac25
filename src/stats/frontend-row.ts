// The row of a frontend (haproxy management §9.1).
import type { Proxy } from "../config/model/proxy.ts";
import type { FrontendCounters } from "../session/counters.ts";
import type { FrontendState } from "../session/frontend-state.ts";
import type { StatsCells, StatsRow } from "./columns.ts";
import { commonCells, limitCell, type RowContext } from "./context.ts";
import { limitCells, packetCells } from "./own-columns.ts";
import type { PageCounters } from "./page-counters.ts";
import { responseCells } from "./response-cells.ts";

const STATUSES: Readonly<Record<FrontendState["admin"], string>> = {
  open: "OPEN",
  paused: "PAUSED",
  stopped: "STOP",
};

/** The frontend of a proxy that relays. */
export function frontendRow(
  { admin, counters, proxy }: FrontendState,
  context: RowContext,
): StatsRow {
  return row(proxy, counters, context, {
    req_rate: 0,
    req_rate_max: 0,
    req_tot: 0,
    status: STATUSES[admin],
    ...refusalCells(proxy, counters),
    ...limitCells(counters.limited, proxy.frontend?.mqttLimits !== undefined),
    ...packetCells(counters.packets),
  });
}

/** The frontend of a proxy in HTTP mode. */
export function pageFrontendRow(proxy: Proxy, page: PageCounters, context: RowContext): StatsRow {
  return row(proxy, page.frontend, context, {
    ...responseCells(page.responses),
    req_rate: page.requestRate.read(context.nowMs),
    req_rate_max: page.requestRate.highest,
    req_tot: page.requestsTotal,
    intercepted: page.intercepted,
    cache_lookups: 0,
    cache_hits: 0,
  });
}

/** Clients that the balancer answered itself, which HAProxy calls intercepted; where it may do so. */
export function refusalCells(proxy: Proxy, counters: { readonly refusals: number }): StatsCells {
  return proxy.flags.has("mqtt-refuse") ? { intercepted: counters.refusals } : {};
}

function row(
  proxy: Proxy,
  counters: FrontendCounters,
  { nowMs, maxconn }: RowContext,
  requests: StatsCells,
): StatsRow {
  const { sessions, sessionRate, connectionRate } = counters;
  const cells: StatsCells = {
    ...commonCells("frontend", proxy, "FRONTEND"),
    scur: sessions.current,
    smax: sessions.highest,
    stot: counters.sessionsTotal,
    bin: counters.bytesIn,
    bout: counters.bytesOut,
    dreq: counters.deniedRequests,
    dresp: counters.deniedResponses,
    ereq: counters.failedRequests,
    status: "OPEN",
    rate: sessionRate.read(nowMs),
    rate_lim: proxy.frontend?.rateLimitSessions ?? 0,
    rate_max: sessionRate.highest,
    ...requests,
    comp_in: 0,
    comp_out: 0,
    comp_byp: 0,
    comp_rsp: 0,
    conn_rate: connectionRate.read(nowMs),
    conn_rate_max: connectionRate.highest,
    conn_tot: counters.connectionsTotal,
    dcon: counters.deniedConnections,
    dses: counters.deniedSessions,
  };
  const limit = limitCell(proxy.frontend?.maxconn ?? maxconn);
  if (limit !== undefined) cells.slim = limit;
  return { kind: "frontend", proxyId: proxy.id, serverId: 0, cells };
}
