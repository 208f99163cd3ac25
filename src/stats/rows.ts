// All rows of the statistics: proxies in the order of the configuration, and of each its frontend
// with its listeners, its servers and its backend.
import type { ServerState } from "../balance/server.ts";
import type { Millis } from "../base/units.ts";
import type { Proxy } from "../config/model/proxy.ts";
import type { World } from "../session/world.ts";
import { backendRow, pageBackendRow } from "./backend-row.ts";
import type { StatsRow } from "./columns.ts";
import type { RowContext } from "./context.ts";
import { frontendRow, pageFrontendRow } from "./frontend-row.ts";
import type { PageCounters } from "./page-counters.ts";
import { listenerRows } from "./listener-row.ts";
import { serverRow } from "./server-row.ts";
import type { StatusLookup } from "./server-status.ts";

/** Where the figures come from. */
export interface StatsSource {
  readonly world: World;
  /** Of the configuration in force, in its order. */
  readonly proxies: readonly Proxy[];
  /** The counters of proxies in HTTP mode, by name. */
  readonly pages: ReadonlyMap<string, PageCounters>;
  /** When the process started. */
  readonly startedMs: Millis;
  readonly statusOf: StatusLookup;
}

/** Which rows, and how much of them. */
export interface RowSelection {
  /** `stats scope`: only proxies of these names; all when empty. */
  readonly scope: readonly string[];
  /** Only proxies whose name contains this, in upper or lower case; all when empty. */
  readonly search: string;
  /** Leaves out servers that are down or in maintenance. */
  readonly hideDown: boolean;
  /** Leaves out servers in maintenance. */
  readonly hideMaintenance: boolean;
  /** `stats show-legends`. */
  readonly legends: boolean;
}

/** Everything, as the runtime API shows it to operators. */
export const ALL_ROWS: RowSelection = {
  scope: [],
  search: "",
  hideDown: false,
  hideMaintenance: false,
  legends: true,
};

/** Whether a directive of ours is in use whose columns the CSV form is to have. */
export function hasOwnColumns({ proxies }: Pick<StatsSource, "proxies">): boolean {
  return proxies.some(
    ({ flags, frontend, backend }) =>
      flags.has("mqtt-packets") ||
      frontend?.mqttLimits !== undefined ||
      backend?.servers.some(({ connectRate }) => connectRate !== undefined),
  );
}

/** The rows of a selection. */
export function statsRows(
  source: StatsSource,
  selection: RowSelection,
  nowMs: Millis,
): readonly StatsRow[] {
  return [...eachStatsRow(source, selection, nowMs)];
}

/** The same, made one by one as they are asked for. */
export function* eachStatsRow(
  source: StatsSource,
  selection: RowSelection,
  nowMs: Millis,
): Generator<StatsRow, void> {
  const context: RowContext = {
    nowMs,
    legends: selection.legends,
    isFiltered: selection.hideDown || selection.hideMaintenance,
    maxconn: source.world.limits.maxconn,
    statusOf: source.statusOf,
  };
  for (const proxy of source.proxies) {
    if (!proxy.disabled && isSelected(proxy, selection)) {
      yield* proxyRows(source, proxy, selection, context);
    }
  }
}

function isSelected({ name }: Proxy, { scope, search }: RowSelection): boolean {
  if (scope.length > 0 && !scope.includes(name)) return false;
  return name.toLowerCase().includes(search.toLowerCase());
}

function* proxyRows(
  source: StatsSource,
  proxy: Proxy,
  selection: RowSelection,
  context: RowContext,
): Generator<StatsRow, void> {
  const { world } = source;
  const page = source.pages.get(proxy.name);
  if (proxy.mode === "http") {
    if (page === undefined) return;
    yield pageFrontendRow(proxy, page, context);
    yield* listenerRows(proxy, page.listenerCounts, context);
    if (proxy.kind === "listen") {
      yield pageBackendRow(proxy, page, source.startedMs, context);
    }
    return;
  }
  const frontend = world.frontends.get(proxy.name);
  const backend = world.backends.get(proxy.name);
  if (proxy.frontend !== undefined && frontend !== undefined) {
    yield frontendRow(frontend, context);
    yield* listenerRows(proxy, frontend.listenerCounts, context);
  }
  if (proxy.backend !== undefined && backend !== undefined) {
    for (const server of backend.balancer.servers) {
      if (isShown(server, selection)) yield serverRow(backend, server, context);
    }
    yield backendRow(backend, context);
  }
}

function isShown(server: ServerState, { hideDown, hideMaintenance }: RowSelection): boolean {
  if (hideDown && server.operational === "stopped") return false;
  return !(hideMaintenance || hideDown) || !server.isInMaintenance();
}
