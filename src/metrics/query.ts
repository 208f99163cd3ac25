// What a collector asks for: `?scope=server&no-maint` (HAProxy's README of its Prometheus exporter).

/** The parts that a collector may pick. `tandem` is ours, and none of HAProxy's. */
export const METRICS_SCOPES = [
  "global",
  "frontend",
  "listener",
  "backend",
  "server",
  "sticktable",
  "tandem",
] as const;

/** One part. */
export type MetricsScope = (typeof METRICS_SCOPES)[number];

/** Which metrics. */
export interface MetricsSelection {
  readonly scopes: ReadonlySet<MetricsScope>;
  /** `no-maint`: servers in maintenance are left out. */
  readonly hideMaintenance: boolean;
}

/**
 * Reads the query of a request's target; `undefined` for a scope that does not exist and for
 * escapes that are none. The first `scope` empties the choice that each adds to, as in HAProxy; an
 * empty one adds nothing and `*` everything. Other parameters are passed over.
 */
export function parseMetricsQuery(target: string): MetricsSelection | undefined {
  let scopes: Set<MetricsScope> | undefined;
  let hideMaintenance = false;
  for (const parameter of queryOf(target).split("&")) {
    const equals = parameter.indexOf("=");
    const name = decode(equals < 0 ? parameter : parameter.slice(0, equals));
    const value = decode(equals < 0 ? "" : parameter.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    if (name === "no-maint") hideMaintenance = true;
    if (name !== "scope") continue;
    if (equals < 0) return undefined;
    scopes ??= new Set();
    if (value === "*") METRICS_SCOPES.forEach((scope) => scopes!.add(scope));
    else if (isScope(value)) scopes.add(value);
    else if (value !== "") return undefined;
  }
  return { scopes: scopes ?? new Set(METRICS_SCOPES), hideMaintenance };
}

function queryOf(target: string): string {
  return /^[^?#]*\?([^#]*)/.exec(target)?.[1] ?? "";
}

function isScope(text: string): text is MetricsScope {
  return (METRICS_SCOPES as readonly string[]).includes(text);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
