// The columns of HAProxy's statistics, in the order of `show stat` of 2.6 (haproxy management §9.1).
// The CSV, typed and JSON forms and the rows themselves all follow from this one table. Columns of
// Tandem's own (own-columns.ts) stand behind it.
import { OWN_COLUMN_NAMES, type OwnColumnName } from "./own-columns.ts";

/**
 * Name, tags, type. The tags are origin (Metric, Status, Key, Config), nature (Age, avera(g)e "a",
 * Counter, Duration, Gauge, Limit, Max, Name, Output, Rate) and scope (Process, Service), as in
 * `show stat typed` (management §9.2).
 */
const TABLE = [
  ["pxname", "KNS", "str"],
  ["svname", "KNS", "str"],
  ["qcur", "MGP", "u32"],
  ["qmax", "MMP", "u32"],
  ["scur", "MGP", "u32"],
  ["smax", "MMP", "u32"],
  ["slim", "CLP", "u32"],
  ["stot", "MCP", "u64"],
  ["bin", "MCP", "u64"],
  ["bout", "MCP", "u64"],
  ["dreq", "MCP", "u64"],
  ["dresp", "MCP", "u64"],
  ["ereq", "MCP", "u64"],
  ["econ", "MCP", "u64"],
  ["eresp", "MCP", "u64"],
  ["wretr", "MCP", "u64"],
  ["wredis", "MCP", "u64"],
  ["status", "SGP", "str"],
  ["weight", "MaP", "u32"],
  ["act", "SGP", "u32"],
  ["bck", "SGP", "u32"],
  ["chkfail", "MCP", "u64"],
  ["chkdown", "MCP", "u64"],
  ["lastchg", "MAP", "u32"],
  ["downtime", "MCP", "u32"],
  ["qlimit", "CGS", "u32"],
  ["pid", "KGP", "u32"],
  ["iid", "KGS", "u32"],
  ["sid", "KGS", "u32"],
  ["throttle", "MaP", "u32"],
  ["lbtot", "MCP", "u64"],
  ["tracked", "CNS", "str"],
  ["type", "CGS", "u32"],
  ["rate", "MRP", "u32"],
  ["rate_lim", "CLP", "u32"],
  ["rate_max", "MMP", "u32"],
  ["check_status", "MOP", "str"],
  ["check_code", "MOP", "u32"],
  ["check_duration", "MDP", "u64"],
  ["hrsp_1xx", "MCP", "u64"],
  ["hrsp_2xx", "MCP", "u64"],
  ["hrsp_3xx", "MCP", "u64"],
  ["hrsp_4xx", "MCP", "u64"],
  ["hrsp_5xx", "MCP", "u64"],
  ["hrsp_other", "MCP", "u64"],
  ["hanafail", "MCP", "u64"],
  ["req_rate", "MRP", "u32"],
  ["req_rate_max", "MMP", "u32"],
  ["req_tot", "MCP", "u64"],
  ["cli_abrt", "MCP", "u64"],
  ["srv_abrt", "MCP", "u64"],
  ["comp_in", "MCP", "u64"],
  ["comp_out", "MCP", "u64"],
  ["comp_byp", "MCP", "u64"],
  ["comp_rsp", "MCP", "u64"],
  ["lastsess", "MAP", "s32"],
  ["last_chk", "MOP", "str"],
  ["last_agt", "MOP", "str"],
  ["qtime", "MaP", "u32"],
  ["ctime", "MaP", "u32"],
  ["rtime", "MaP", "u32"],
  ["ttime", "MaP", "u32"],
  ["agent_status", "MOP", "str"],
  ["agent_code", "MOP", "u32"],
  ["agent_duration", "MDP", "u64"],
  ["check_desc", "MOP", "str"],
  ["agent_desc", "MOP", "str"],
  ["check_rise", "CGS", "u32"],
  ["check_fall", "CGS", "u32"],
  ["check_health", "CGS", "u32"],
  ["agent_rise", "CGS", "u32"],
  ["agent_fall", "CGS", "u32"],
  ["agent_health", "CGS", "u32"],
  ["addr", "CGS", "str"],
  ["cookie", "CNS", "str"],
  ["mode", "CGS", "str"],
  ["algo", "CGS", "str"],
  ["conn_rate", "MRP", "u32"],
  ["conn_rate_max", "MMP", "u32"],
  ["conn_tot", "MCP", "u64"],
  ["intercepted", "MCP", "u64"],
  ["dcon", "MCP", "u64"],
  ["dses", "MCP", "u64"],
  ["wrew", "MCP", "u64"],
  ["connect", "MCP", "u64"],
  ["reuse", "MCP", "u64"],
  ["cache_lookups", "MCP", "u64"],
  ["cache_hits", "MCP", "u64"],
  ["srv_icur", "MGP", "u32"],
  ["src_ilim", "CLP", "u32"],
  ["qtime_max", "MMP", "u32"],
  ["ctime_max", "MMP", "u32"],
  ["rtime_max", "MMP", "u32"],
  ["ttime_max", "MMP", "u32"],
  ["eint", "MCP", "u64"],
  ["idle_conn_cur", "MGP", "u32"],
  ["safe_conn_cur", "MGP", "u32"],
  ["used_conn_cur", "MGP", "u32"],
  ["need_conn_est", "MGP", "u32"],
  ["uweight", "MaP", "u32"],
  ["agg_server_status", "MGP", "u32"],
  ["agg_server_check_status", "MGP", "u32"],
  ["agg_check_status", "MGP", "u32"],
  ["ssl_sess", "MCP", "u64"],
  ["ssl_reused_sess", "MCP", "u64"],
  ["ssl_failed_handshake", "MCP", "u64"],
  ["h2_headers_rcvd", "MCP", "u64"],
  ["h2_data_rcvd", "MCP", "u64"],
  ["h2_settings_rcvd", "MCP", "u64"],
  ["h2_rst_stream_rcvd", "MCP", "u64"],
  ["h2_goaway_rcvd", "MCP", "u64"],
  ["h2_detected_conn_protocol_errors", "MCP", "u64"],
  ["h2_detected_strm_protocol_errors", "MCP", "u64"],
  ["h2_rst_stream_resp", "MCP", "u64"],
  ["h2_goaway_resp", "MCP", "u64"],
  ["h2_open_connections", "MGP", "u64"],
  ["h2_backend_open_streams", "MGP", "u64"],
  ["h2_total_connections", "MCP", "u64"],
  ["h2_backend_total_streams", "MCP", "u64"],
  ["h1_open_connections", "MGP", "u64"],
  ["h1_open_streams", "MGP", "u64"],
  ["h1_total_connections", "MCP", "u64"],
  ["h1_total_streams", "MCP", "u64"],
  ["h1_bytes_in", "MCP", "u64"],
  ["h1_bytes_out", "MCP", "u64"],
  ["h1_spliced_bytes_in", "MCP", "u64"],
  ["h1_spliced_bytes_out", "MCP", "u64"],
] as const;

/** The name of a column. */
export type ColumnName = (typeof TABLE)[number][0] | OwnColumnName;

/** How a value is typed in the typed and JSON forms. */
export type ColumnType = "str" | "u32" | "s32" | "u64";

/** Three letters: origin, nature, scope. */
export type ColumnTags = (typeof TABLE)[number][1] | "MGP";

/** One column. */
export interface Column {
  readonly name: ColumnName;
  readonly tags: ColumnTags;
  readonly type: ColumnType;
}

/** All columns in order. A column's index is its `pos` in the typed and JSON forms. */
export const COLUMNS: readonly Column[] = [
  ...TABLE.map(([name, tags, type]) => ({ name, tags, type })),
  ...OWN_COLUMN_NAMES.map((name) => ({ name, tags: "MCP", type: "u64" }) as const),
];

/** The first of the columns that HAProxy does not have. */
export const FIRST_OWN_COLUMN: number = TABLE.length;

/** What a row is about; `show stat` numbers them 0, 1, 2 and 3. */
export type RowKind = "frontend" | "backend" | "server" | "listener";

/** The value of the `type` column. */
export const ROW_TYPES: Readonly<Record<RowKind, number>> = {
  frontend: 0,
  backend: 1,
  server: 2,
  listener: 3,
};

/** In backends these columns are sums or counts of servers, and so tagged as gauges. */
const BACKEND_GAUGES: ReadonlySet<ColumnName> = new Set(["act", "bck", "rate", "rate_max"]);

/** The tags of a column in a row of this kind. */
export function tagsOf(column: Column, kind: RowKind): ColumnTags {
  return kind === "backend" && BACKEND_GAUGES.has(column.name) ? "MGP" : column.tags;
}

/** The first column of HAProxy's modules; the CSV form has a column "-" before it. */
export const FIRST_MODULE_COLUMN: number = COLUMNS.findIndex(({ name }) => name === "ssl_sess");

/** The modules' columns that servers and listeners have, too. */
const TLS_COLUMNS: readonly ColumnName[] = ["ssl_sess", "ssl_reused_sess", "ssl_failed_handshake"];

/** The modules' columns of a row. Nothing of HTTP is relayed and TLS is counted nowhere: all 0. */
export function moduleColumns(kind: RowKind): readonly ColumnName[] {
  if (kind === "server" || kind === "listener") return TLS_COLUMNS;
  return COLUMNS.slice(FIRST_MODULE_COLUMN, FIRST_OWN_COLUMN).map(({ name }) => name);
}

/** A value in a cell. Numbers are whole. */
export type StatsValue = string | number;

/** The cells of a row; what is absent does not apply and is empty in CSV. */
export type StatsCells = Partial<Record<ColumnName, StatsValue>>;

/** One row of the statistics. */
export interface StatsRow {
  readonly kind: RowKind;
  /** `iid`. */
  readonly proxyId: number;
  /** `sid`: a number of the server or listener within its proxy; 0 for proxies. */
  readonly serverId: number;
  readonly cells: Readonly<StatsCells>;
}
