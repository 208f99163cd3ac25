// All metrics as text, in pieces that are made as the collector reads. With 200 servers this is a
// megabyte, and a piece takes a fraction of a millisecond.
import type { Millis } from "../base/units.ts";
import { METRICS_PIECE_CHARS } from "../limits.ts";
import type { World } from "../session/world.ts";
import type { StatsRow } from "../stats/columns.ts";
import { ALL_ROWS, eachStatsRow } from "../stats/rows.ts";
import { formatHead } from "./exposition.ts";
import { family, type FamilyLines } from "./families.ts";
import { processFamilies } from "./process-families.ts";
import type { MetricsSelection } from "./query.ts";
import { ROW_FAMILIES, type RowFamily } from "./row-families.ts";
import { formatRow, type LabelledRow, labelRow, type RowScope } from "./row-samples.ts";
import { tandemFamilies, type TandemSources } from "./tandem-families.ts";

/** Rows that are looked at in one go. */
const ROWS_PER_TURN = 64;

const ROW_SCOPES = [
  "frontend",
  "listener",
  "backend",
  "server",
] as const satisfies readonly RowScope[];

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
  const isRowless = ROW_SCOPES.every((scope) => !selection.scopes.has(scope));
  for (const row of isRowless ? [] : eachStatsRow(sources.context.stats, ALL_ROWS, nowMs)) {
    if (rows.push(row) % ROWS_PER_TURN === 0) yield "";
  }
  let piece = "";
  for (const { family: head, lines } of families(sources, selection, rows, nowMs)) {
    let isFirst = true;
    for (const line of lines) {
      if (isFirst) piece += formatHead(head);
      isFirst = false;
      piece += line;
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
): Generator<FamilyLines, void> {
  const { world } = sources.context;
  if (scopes.has("global")) yield* processFamilies(sources.context, nowMs);
  const servers = rows
    .filter(({ kind }) => kind === "server")
    .map((row) => labelRow("server", row));
  for (const scope of ["frontend", "listener"] as const) {
    if (!scopes.has(scope)) continue;
    const shown = rows.filter(({ kind }) => kind === scope);
    yield* rowFamilies(
      scope,
      shown.map((row) => labelRow(scope, row)),
    );
  }
  if (scopes.has("backend")) yield* rowFamilies("backend", labelledBackends(rows, servers));
  if (scopes.has("server")) {
    const shown = hideMaintenance ? servers.filter(({ state }) => state !== "MAINT") : servers;
    yield* rowFamilies("server", shown);
  }
  if (scopes.has("sticktable")) yield* tableFamilies(world);
  if (scopes.has("tandem")) yield* tandemFamilies(sources);
}

function* rowFamilies(scope: RowScope, rows: readonly LabelledRow[]): Generator<FamilyLines, void> {
  const letter = scope.charAt(0);
  for (const each of ROW_FAMILIES) {
    if (!each.scopes.includes(letter)) continue;
    const { type, help } = each;
    const name = `haproxy_${scope}_${each.name}`;
    yield { family: { name, type, help }, lines: linesOfRows(each, name, scope, rows) };
  }
}

function* linesOfRows(
  each: RowFamily,
  name: string,
  scope: RowScope,
  rows: readonly LabelledRow[],
): Generator<string, void> {
  for (const row of rows) {
    const lines = formatRow(each, name, scope, row);
    if (lines !== "") yield lines;
  }
}

function labelledBackends(
  rows: readonly StatsRow[],
  servers: readonly LabelledRow[],
): readonly LabelledRow[] {
  const byProxy = new Map<number, LabelledRow[]>();
  for (const server of servers) {
    const known = byProxy.get(server.row.proxyId);
    if (known === undefined) byProxy.set(server.row.proxyId, [server]);
    else known.push(server);
  }
  return rows
    .filter(({ kind }) => kind === "backend")
    .map((row) => labelRow("backend", row, byProxy.get(row.proxyId) ?? []));
}

function* tableFamilies({ tables }: World): Generator<FamilyLines, void> {
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
