// What a dashboard's page is answered: the page, its files, what is new, and its searches.
import type { StatsSettings } from "../config/model/proxy.ts";
import {
  notModifiedAnswer,
  okAnswer,
  piecesAnswer,
  refusedAnswer,
  type StatsAnswer,
} from "../stats/answer.ts";
import { dashboardParameter, type StatsOptions } from "../stats/options.ts";
import type { LiveDocument } from "./document.ts";
import type { LiveQuestion } from "./live.ts";
import type { SearchQuery } from "./search.ts";
import { DASHBOARD_POLICY, formatShell } from "./shell.ts";

/** A file of the page, in memory. */
export interface DashboardFile {
  readonly type: string;
  readonly text: string;
  /** With its quotes. */
  readonly etag: string;
}

/** The dashboard of the process, as this client may see it. */
export interface DashboardView {
  readonly mayAct: boolean;
  readonly files: Readonly<Record<"dashboard.js" | "dashboard.css", DashboardFile>>;
  live(question: LiveQuestion): LiveDocument;
  sessions(query: SearchQuery, scope: readonly string[]): Iterable<string>;
  /** `undefined`: there is no such table. */
  entries(table: string, query: SearchQuery): Iterable<string> | undefined;
}

const SAFE = { "x-content-type-options": "nosniff" };

/** Answers a form that is a dashboard's. */
export function answerDashboard(
  options: StatsOptions,
  settings: StatsSettings,
  view: DashboardView,
  request: { readonly ifNoneMatch?: string | undefined; readonly title: string },
): StatsAnswer {
  switch (options.form) {
    case "dashboard.js":
    case "dashboard.css":
      return answerFile(view.files[options.form], request.ifNoneMatch);
    case "live":
      return okAnswer(
        "application/json",
        JSON.stringify(view.live(questionOf(options, settings, view))),
        SAFE,
      );
    case "sessions":
    case "entries":
      return answerSearch(options, settings, view);
    default:
      return okAnswer("text/html; charset=utf-8", formatShell(request.title, settings), {
        ...SAFE,
        "content-security-policy": DASHBOARD_POLICY,
        "referrer-policy": "same-origin",
      });
  }
}

function answerFile({ type, text, etag }: DashboardFile, known: string | undefined): StatsAnswer {
  const headers = { ...SAFE, etag };
  const isKnown = known?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
  return isKnown === true ? notModifiedAnswer(headers) : okAnswer(type, text, headers);
}

function questionOf(
  options: StatsOptions,
  settings: StatsSettings,
  view: DashboardView,
): LiveQuestion {
  return {
    since: numberOf(options, "since"),
    run: dashboardParameter(options, "run"),
    scope: settings.scope,
    mayAct: view.mayAct,
    maySearch: maySearch(settings, view),
  };
}

/** Addresses and client ids of devices are for those who have an account, or may act. */
function maySearch({ auth }: StatsSettings, { mayAct }: DashboardView): boolean {
  return auth.length > 0 || mayAct;
}

function answerSearch(
  options: StatsOptions,
  settings: StatsSettings,
  view: DashboardView,
): StatsAnswer {
  if (!maySearch(settings, view)) {
    return refusedAnswer(403, "Sessions and entries need 'stats auth' or 'stats admin'.");
  }
  const query = { text: dashboardParameter(options, "q"), from: numberOf(options, "from") };
  if (options.form === "sessions") {
    return piecesAnswer("application/json", view.sessions(query, settings.scope), SAFE);
  }
  const table = dashboardParameter(options, "table");
  const isSeen = settings.scope.length === 0 || settings.scope.includes(table);
  const found = isSeen ? view.entries(table, query) : undefined;
  if (found === undefined) return refusedAnswer(404, "There is no such table.");
  return piecesAnswer("application/json", found, SAFE);
}

function numberOf(options: StatsOptions, name: string): number {
  const text = dashboardParameter(options, name);
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
