// All metrics as text, in pieces that are made as the collector reads. With 200 servers this is a
// megabyte, and a piece takes a fraction of a millisecond.
import type { Millis } from "../base/units.ts";
import { METRICS_PIECE_CHARS } from "../limits.ts";
import type { World } from "../session/world.ts";
import type { StatsRow } from "../stats/columns.ts";
import { ALL_ROWS, eachStatsRow } from "../stats/rows.ts";
import { formatHead, formatSample, type MetricSample } from "./exposition.ts";
import { family, type FamilySamples } from "./families.ts";
import { processFamilies } from "./process-families.ts";
import type { MetricsSelection } from "./query.ts";
import { ROW_FAMILIES } from "./row-families.ts";
import { type LabelledRow, type RowScope, samplesOf } from "./row-samples.ts";
import { tandemFamilies, type TandemSources } from "./tandem-families.ts";

/** Rows that are looked at in one go. */
const ROWS_PER_TURN = 64;

/** Where metrics come from. */
export type MetricsSources = TandemSources;

/**
 * The metrics of a selection. A piece has about `METRICS_PIECE_CHARS`, and is empty when work was
 * done that gave no text; between two pieces others may have their turn.
 */
export function* renderMetrics(
  sources: MetricsSources,
  selection: MetricsSelection,
  nowMs: Millis,
): Generator<string, void> {
  const rows: StatsRow[] = [];
  for (const row of eachStatsRow(sources.context.stats, ALL_ROWS, nowMs)) {
    if (rows.push(row) % ROWS_PER_TURN === 0) yield "";
  }
  let piece = "";
  for (const { family: head, samples } of families(sources, selection, rows, nowMs)) {
    let isFirst = true;
    for (const sample of samples) {
      if (isFirst) piece += formatHead(head);
      isFirst = false;
      piece += formatSample(head.name, sample);
      if (piece.length < METRICS_PIECE_CHARS) continue;
      yield piece;
      piece = "";
    }
  }
  yield piece;
}

function* families(
  sources: MetricsSources,
  { scopes, hideMaintenance }: MetricsSelection,
  rows: readonly StatsRow[],
  nowMs: Millis,
): Generator<FamilySamples, void> {
  const { world } = sources.context;
  if (scopes.has("global")) yield* processFamilies(sources.context, nowMs);
  if (scopes.has("frontend")) yield* rowFamilies("frontend", labelledProxies(rows, "frontend"));
  if (scopes.has("backend")) yield* rowFamilies("backend", labelledProxies(rows, "backend"));
  if (scopes.has("server")) {
    const servers = rows.filter(({ kind }) => kind === "server");
    const shown = hideMaintenance ? servers.filter((row) => !isInMaintenance(row)) : servers;
    yield* rowFamilies("server", shown.map(labelledServer));
  }
  if (scopes.has("sticktable")) yield* tableFamilies(world);
  if (scopes.has("tandem")) yield* tandemFamilies(sources);
}

function* rowFamilies(
  scope: RowScope,
  rows: readonly LabelledRow[],
): Generator<FamilySamples, void> {
  const letter = scope.charAt(0);
  for (const each of ROW_FAMILIES) {
    if (!each.scopes.includes(letter)) continue;
    const name = `haproxy_${scope}_${each.name}`;
    yield family(name, each.type, each.help, samplesOfRows(rows, scope, each));
  }
}

function* samplesOfRows(
  rows: readonly LabelledRow[],
  scope: RowScope,
  each: (typeof ROW_FAMILIES)[number],
): Generator<MetricSample, void> {
  for (const row of rows) yield* samplesOf(each, scope, row);
}

function labelledProxies(
  rows: readonly StatsRow[],
  kind: "frontend" | "backend",
): readonly LabelledRow[] {
  const servers = new Map<number, StatsRow[]>();
  for (const row of kind === "backend" ? rows : []) {
    if (row.kind !== "server") continue;
    const known = servers.get(row.proxyId);
    if (known === undefined) servers.set(row.proxyId, [row]);
    else known.push(row);
  }
  return rows
    .filter((row) => row.kind === kind)
    .map((row) => ({
      row,
      labels: [["proxy", String(row.cells.pxname)]],
      servers: servers.get(row.proxyId) ?? [],
    }));
}

function labelledServer(row: StatsRow): LabelledRow {
  const { pxname, svname } = row.cells;
  return {
    row,
    labels: [
      ["proxy", String(pxname)],
      ["server", String(svname)],
    ],
    servers: [],
  };
}

function isInMaintenance({ cells }: StatsRow): boolean {
  return String(cells.status).startsWith("MAINT");
}

function* tableFamilies({ tables }: World): Generator<FamilySamples, void> {
  const figures = [
    ["size", "Entries that the table may hold", ({ size }) => size],
    ["used", "Entries that the table holds", ({ usedCount }) => usedCount],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (table: { readonly size: number; readonly usedCount: number }) => number,
  ])[];
  for (const [name, help, figure] of figures) {
    const samples = [...tables].map(([table, state]) => ({
      labels: [
        ["name", table],
        ["type", state.spec.keyType],
      ] as const,
      value: figure(state),
    }));
    yield family(`haproxy_sticktable_${name}`, "gauge", help, samples);
  }
}
