// What stands behind the prefix of a statistics URL: `;csv`, `;up`, `?scope=...`
// (haproxy management §9, the links of the page).

/** Forms that the statistics are served in. */
export type StatsForm = "page" | "csv" | "json" | "typed" | "schema" | DashboardForm;

/** What a dashboard asks for: its page, its files, and what it shows. */
export type DashboardForm =
  "dashboard" | "dashboard.js" | "dashboard.css" | "live" | "sessions" | "entries";

/** What a URL asks for. */
export interface StatsOptions {
  readonly form: StatsForm;
  /** `;up`. */
  readonly hideDown: boolean;
  /** `;no-maint`. */
  readonly hideMaintenance: boolean;
  /** `;norefresh`. */
  readonly noRefresh: boolean;
  /** `scope=`; empty for all proxies. */
  readonly search: string;
  /** `;st=`: how the last action ended; empty when there was none. */
  readonly outcome: string;
  /** The text itself, for parameters of a dashboard. */
  readonly text: string;
}

/** HAProxy compares no more of a scope. */
const SEARCH_CHARS_MAX = 20;

/** Reads the options. Unknown ones are passed over, as in HAProxy. */
export function parseStatsOptions(text: string): StatsOptions {
  return {
    form: formOf(text),
    hideDown: text.includes(";up"),
    hideMaintenance: text.includes(";no-maint"),
    noRefresh: text.includes(";norefresh"),
    search: decode(/scope=([^;& ]*)/.exec(text)?.[1] ?? "").slice(0, SEARCH_CHARS_MAX),
    outcome: /;st=([A-Z]+)/.exec(text)?.[1] ?? "",
    text,
  };
}

/** A parameter of a dashboard, `;name=value`; empty when it is not there. */
export function dashboardParameter({ text }: StatsOptions, name: string): string {
  return decode(new RegExp(`;${name}=([^;&]*)`).exec(text)?.[1] ?? "");
}

/** With several forms in one URL the order is HAProxy's. */
function formOf(text: string): StatsForm {
  // With any option of HAProxy's it is HAProxy's page.
  if (text === "") return "dashboard";
  const own = /^;(live|sessions|entries|dashboard\.js|dashboard\.css)(?:;|$)/.exec(text)?.[1];
  if (own !== undefined) return own as DashboardForm;
  if (text.includes(";json-schema")) return "schema";
  if (text.includes(";json")) return "json";
  if (text.includes(";typed")) return "typed";
  return text.includes(";csv") ? "csv" : "page";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
