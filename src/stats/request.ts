// Decides what a request to a statistics proxy gets. HAProxy looks at the method and the URL first,
// then at the account; anything else goes to the proxy's backend, which has no server.
import type { Millis } from "../base/units.ts";
import type { StatsSettings } from "../config/model/proxy.ts";
import {
  NO_SERVER,
  notServedAnswer,
  okAnswer,
  seeOtherAnswer,
  type StatsAnswer,
  unauthorizedAnswer,
} from "./answer.ts";
import { isAuthorized } from "./authorization.ts";
import type { StatsRow } from "./columns.ts";
import { formatCsv } from "./csv.ts";
import { formatJson, formatTyped } from "./json.ts";
import { parseStatsOptions, type StatsOptions } from "./options.ts";
import { formatPage } from "./page.ts";
import type { RowSelection } from "./rows.ts";

/** A request, its body left aside. */
export interface StatsRequest {
  readonly method: string;
  /** As on the request line; absolute URLs are taken, too. */
  readonly target: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
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
}

/** HAProxy's own realm, which browsers may have stored passwords for. */
const REALM_DEFAULT = "HAProxy Statistics";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

/** Answers a request. The body is there also for HEAD; the server leaves it out. */
export function answerStats(
  request: StatsRequest,
  settings: StatsSettings,
  view: StatsView,
): StatsAnswer {
  const target = request.target.replace(/^https?:\/\/[^/]*/i, "");
  if (settings.metricsPath !== undefined && pathOf(target) === settings.metricsPath) {
    return notServedAnswer("Metrics are not served yet: use the statistics page with ;csv.");
  }
  const isPage = settings.enabled && target.startsWith(settings.uri);
  if (!isPage || !METHODS.has(request.method)) return NO_SERVER;
  if (!isAuthorized(settings.auth, request.authorization)) {
    return unauthorizedAnswer(settings.realm ?? REALM_DEFAULT);
  }
  if (request.method === "POST") return answerAction(settings);
  return answerForm(parseStatsOptions(target.slice(settings.uri.length)), settings, view);
}

/** Without `stats admin` nobody may act, and HAProxy's page says so when it comes back. */
function answerAction(settings: StatsSettings): StatsAnswer {
  if (settings.admin.length === 0) return seeOtherAnswer(`${settings.uri};st=DENY`);
  return notServedAnswer("Actions are not served yet: change the configuration and reload.");
}

function answerForm(options: StatsOptions, settings: StatsSettings, view: StatsView): StatsAnswer {
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
      return okAnswer("text/plain", formatCsv(rows()), headers);
    case "typed":
      return okAnswer("text/plain", formatTyped(rows()), headers);
    case "json":
      return okAnswer("application/json", formatJson(rows()), headers);
    case "schema":
      return notServedAnswer("The schema of the JSON form is not served; it is HAProxy 2.6's.");
    case "page":
      return okAnswer("text/html; charset=utf-8", formatPage(options, settings, view, rows()), {
        ...headers,
        "content-security-policy":
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        "x-content-type-options": "nosniff",
      });
  }
}

function pathOf(target: string): string {
  return /^[^?]*/.exec(target)![0];
}
