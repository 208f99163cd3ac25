// The statistics page: one self-contained document, nothing is loaded from elsewhere.
import type { StatsSettings } from "../config/model/proxy.ts";
import type { StatsRow } from "./columns.ts";
import { escapeHtml } from "./escape-html.ts";
import type { StatsOptions } from "./options.ts";
import { formatOutcome, inActionForm } from "./page-actions.ts";
import { formatDuration } from "./page-figures.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { formatTable } from "./page-table.ts";
import type { StatsView } from "./request.ts";

/** The page as HTML. */
export function formatPage(
  options: StatsOptions,
  settings: StatsSettings,
  view: StatsView,
  rows: readonly StatsRow[],
): string {
  const { refreshMs } = settings;
  const refresh =
    refreshMs === undefined || options.noRefresh
      ? ""
      : `<meta http-equiv="refresh" content="${Math.ceil(refreshMs / 1000)}">`;
  const mayAct = view.mayAct();
  return [
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `${refresh}<title>${escapeHtml(titleOf(settings, view))}</title>`,
    `<style>${PAGE_STYLE}</style></head><body>`,
    formatHead(settings, view),
    formatLinks(options, settings),
    formatOutcome(options.outcome, settings.uri),
    ...groupByProxy(rows).map((proxy) => formatProxy(proxy, mayAct)),
    "</body></html>",
    "",
  ].join("\n");
}

/** The title of the page and of the dashboard. */
export function titleOf({ showNode }: StatsSettings, { process }: StatsView): string {
  const node = showNode === undefined ? "" : ` on ${showNode === true ? process.node : showNode}`;
  return `Statistics Report for Tandem${node}`;
}

function formatHead(settings: StatsSettings, view: StatsView): string {
  const { version, pid, uptimeMs, maxconn, connections, description } = view.process;
  const { showDesc } = settings;
  const text = showDesc === true ? description : showDesc;
  const facts = [
    ...(settings.hideVersion ? [] : [version]),
    `process ${pid}`,
    `up ${formatDuration(Math.floor(uptimeMs / 1000))}`,
    `${connections} connections${Number.isFinite(maxconn) ? ` of ${maxconn}` : ""}`,
  ];
  return [
    `<h1>${escapeHtml(titleOf(settings, view))}</h1>`,
    ...(text === undefined ? [] : [`<p>${escapeHtml(text)}</p>`]),
    `<p class="facts">${escapeHtml(facts.join(" · "))}</p>`,
  ].join("\n");
}

function formatLinks(options: StatsOptions, { uri, refreshMs }: StatsSettings): string {
  const scope = options.search === "" ? "" : `;scope=${encodeURIComponent(options.search)}`;
  const up = options.hideDown ? ";up" : "";
  const still = options.noRefresh ? ";norefresh" : "";
  const link = (text: string, suffix: string): string =>
    `<a href="${escapeHtml(`${uri}${suffix}${scope}`)}">${text}</a>`;
  return [
    "<nav>",
    link("Refresh", up + still || ";table"),
    options.hideDown
      ? link("Show all servers", still || ";table")
      : link("Hide what is down", `;up${still}`),
    ...(refreshMs === undefined
      ? []
      : [
          options.noRefresh
            ? link("Refresh by itself", up || ";table")
            : link("Stop refreshing", `${up};norefresh`),
        ]),
    link("CSV", ";csv;norefresh"),
    link("JSON", ";json;norefresh"),
    `<a href="${escapeHtml(uri)}">Dashboard</a>`,
    ...(options.search === ""
      ? []
      : [`<a href="${escapeHtml(uri + (up + still || ";table"))}">All proxies</a>`]),
    "</nav>",
  ].join("\n");
}

function groupByProxy(rows: readonly StatsRow[]): (readonly StatsRow[])[] {
  const groups = new Map<number, StatsRow[]>();
  for (const row of rows) {
    const group = groups.get(row.proxyId);
    if (group === undefined) groups.set(row.proxyId, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function formatProxy(rows: readonly StatsRow[], mayAct: boolean): string {
  const { proxyId, cells } = rows[0]!;
  const { pxname, mode } = cells;
  const algorithm = rows.find(({ cells }) => cells.algo !== undefined)?.cells.algo;
  const details = [mode, algorithm].filter((text) => text !== undefined).join(", ");
  const name = escapeHtml(String(pxname));
  const head = `<h2 id="${name}">${name} <small>${escapeHtml(details)}</small></h2>`;
  const isForm = mayAct && rows.some(({ kind }) => kind === "server");
  const table = formatTable(rows, isForm);
  return `${head}\n${isForm ? inActionForm(table, proxyId, String(pxname)) : table}`;
}
