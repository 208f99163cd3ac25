// What stands behind the prefix of a statistics URL: `;csv`, `;up`, `?scope=...`
// (haproxy management §9, the links of the page).

/** Forms that the statistics are served in. */
export type StatsForm = "page" | "csv" | "json" | "typed" | "schema";

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
  };
}

/** With several forms in one URL the order is HAProxy's. */
function formOf(text: string): StatsForm {
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
