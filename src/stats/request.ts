// Decides what a request to a statistics proxy gets. HAProxy looks at the method and the URL first,
// then at the account; anything else goes to the proxy's backend, which has no server.
import type { Millis } from "../base/units.ts";
import { ANY_METRICS_PATH, type StatsSettings } from "../config/model/proxy.ts";
import { answerDashboard, type DashboardView } from "../dashboard/answer.ts";
import { METRICS_TYPE } from "../metrics/exposition.ts";
import { type MetricsSelection, parseMetricsQuery } from "../metrics/query.ts";
import { type ActionForm, type ActionOutcome, parseActionForm } from "./action-form.ts";
import {
  BAD_REQUEST,
  NO_SERVER,
  okAnswer,
  piecesAnswer,
  seeOtherAnswer,
  type StatsAnswer,
  unauthorizedAnswer,
} from "./answer.ts";
import { isAuthorized } from "./authorization.ts";
import type { StatsRow } from "./columns.ts";
import { formatCsv } from "./csv.ts";
import { formatJson, formatTyped } from "./json.ts";
import { JSON_SCHEMA } from "./json-schema.ts";
import { parseStatsOptions, type StatsOptions } from "./options.ts";
import { formatPage, titleOf } from "./page.ts";
import type { RowSelection } from "./rows.ts";
import { isSameOrigin, type OriginHeaders } from "./same-origin.ts";

/** A request. */
export interface StatsRequest extends OriginHeaders {
  readonly method: string;
  /** As on the request line; absolute URLs are taken, too. */
  readonly target: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The `If-None-Match` header. */
  readonly ifNoneMatch?: string | undefined;
  /** What follows the header, where `needsBody` asked for it; "exceeded" when it is too long. */
  readonly body: { readonly text: string } | "exceeded" | undefined;
}

/** Facts about the process for the head of the page. */
export interface ProcessFacts {
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: Millis;
  /** `node`, else the host's name. */
  readonly node: string;
  readonly description: string | undefined;
  readonly maxconn: number;
  readonly connections: number;
}

/** The statistics at the moment of the request. */
export interface StatsView {
  readonly process: ProcessFacts;
  rows(selection: RowSelection): readonly StatsRow[];
  /** Whether the CSV form has columns that HAProxy does not have. */
  readonly hasOwnColumns: boolean;
  /** Whether `stats admin` lets this client act. */
  mayAct(): boolean;
  /** Carries an action out. */
  act(form: ActionForm): ActionOutcome;
  metrics(selection: MetricsSelection): Iterable<string>;
  /** Absent where its files are missing: the table takes its place. */
  readonly dashboard?: DashboardView | undefined;
}

/** HAProxy's own realm, which browsers may have stored passwords for. */
const REALM_DEFAULT = "HAProxy Statistics";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

/** Whether the answer depends on the request's body; the bodies of others are not worth reading. */
export function needsBody(
  request: StatsRequest,
  settings: StatsSettings,
  view: StatsView,
): boolean {
  const target = pathAndQuery(request);
  return (
    request.method === "POST" &&
    !isForMetrics(target, settings) &&
    isForPage(target, settings) &&
    isAuthorized(settings.auth, request.authorization) &&
    isAllowed(request, view)
  );
}

/** Answers a request. The body is there also for HEAD; the server leaves it out. */
export function answerStats(
  request: StatsRequest,
  settings: StatsSettings,
  view: StatsView,
): StatsAnswer {
  const target = pathAndQuery(request);
  // As in HAProxy metrics need no account: a rule hands them out before the page is looked at.
  if (isForMetrics(target, settings)) {
    const selection = parseMetricsQuery(target);
    if (selection === undefined) return BAD_REQUEST;
    return piecesAnswer(METRICS_TYPE, view.metrics(selection));
  }
  if (!isForPage(target, settings) || !METHODS.has(request.method)) return NO_SERVER;
  if (!isAuthorized(settings.auth, request.authorization)) {
    return unauthorizedAnswer(settings.realm ?? REALM_DEFAULT);
  }
  const options = parseStatsOptions(target.slice(settings.uri.length));
  if (request.method !== "POST") return answerForm(request, options, settings, view);
  // A dashboard stays where it is.
  if (options.form === "live") {
    return okAnswer("application/json", JSON.stringify({ outcome: act(request, view) }));
  }
  return seeOtherAnswer(settings.uri + suffixAfter(act(request, view), options, settings));
}

function pathAndQuery({ target }: StatsRequest): string {
  return target.replace(/^https?:\/\/[^/]*/i, "");
}

function isForMetrics(target: string, { metricsPath }: StatsSettings): boolean {
  return metricsPath === ANY_METRICS_PATH || /^[^?]*/.exec(target)![0] === metricsPath;
}

function isForPage(target: string, { enabled, uri }: StatsSettings): boolean {
  return enabled && target.startsWith(uri);
}

function isAllowed(request: StatsRequest, view: StatsView): boolean {
  return view.mayAct() && isSameOrigin(request);
}

function act(request: StatsRequest, view: StatsView): ActionOutcome {
  if (!isAllowed(request, view)) return "DENY";
  const { body } = request;
  if (body === undefined) return "NONE";
  if (body === "exceeded") return "EXCD";
  const form = parseActionForm(body.text);
  return typeof form === "string" ? form : view.act(form);
}

/** What a browser is sent back to: the outcome, and the page as it was. */
function suffixAfter(
  outcome: ActionOutcome,
  { hideDown, noRefresh, search }: StatsOptions,
  { refreshMs }: StatsSettings,
): string {
  const up = hideDown ? ";up" : "";
  const still = noRefresh && refreshMs !== undefined ? ";norefresh" : "";
  const scope = /^[\w.:-]+$/.test(search) ? `?scope=${search}` : "";
  return `;st=${outcome}${up}${still}${scope}`;
}

function answerForm(
  request: StatsRequest,
  options: StatsOptions,
  settings: StatsSettings,
  view: StatsView,
): StatsAnswer {
  const { refreshMs } = settings;
  const refreshes = refreshMs !== undefined && !options.noRefresh;
  const headers = refreshes ? { refresh: String(Math.ceil(refreshMs / 1000)) } : {};
  const rows = (): readonly StatsRow[] =>
    view.rows({
      scope: settings.scope,
      search: options.search,
      hideDown: options.hideDown,
      hideMaintenance: options.hideMaintenance,
      legends: settings.showLegends,
    });
  switch (options.form) {
    case "csv":
      return okAnswer("text/plain", formatCsv(rows(), view.hasOwnColumns), headers);
    case "typed":
      return okAnswer("text/plain", formatTyped(rows()), headers);
    case "json":
      return okAnswer("application/json", formatJson(rows()), headers);
    case "schema":
      return okAnswer("application/json", JSON_SCHEMA, headers);
    case "dashboard":
    case "dashboard.js":
    case "dashboard.css":
    case "live":
    case "sessions":
    case "entries":
      if (view.dashboard !== undefined) {
        const { dashboard } = view;
        const asked = { ...request, title: titleOf(settings, view) };
        return answerDashboard(options, settings, dashboard, asked);
      }
      return answerPage();
    case "page":
      return answerPage();
  }
  function answerPage(): StatsAnswer {
    return okAnswer("text/html; charset=utf-8", formatPage(options, settings, view, rows()), {
      ...headers,
      // Within another site's frame a click could be led onto 'Apply'.
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; " +
        "frame-ancestors 'self'",
      "x-content-type-options": "nosniff",
    });
  }
}
