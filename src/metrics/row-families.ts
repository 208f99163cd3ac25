// The families of proxies, listeners and servers: columns of `show stat` under the names of HAProxy
// 2.6's exporter.
import type { ColumnName } from "../stats/columns.ts";
import type { MetricType } from "./exposition.ts";

/** How the value of a family comes from its column. */
export type RowValue =
  /** The cell; what is absent is NaN. */
  | "plain"
  /** ms in the cell, seconds with six decimals in the sample. */
  | "seconds"
  /** As it is, and left out where the cell is absent. */
  | "present"
  /** Of HTTP: proxies in TCP mode have none. */
  | "http"
  /** A sample for each class of responses. */
  | "responses"
  /** A sample for each state, of which one is 1. */
  | "state"
  /** A sample for each result of a check, of which one is 1. */
  | "check-state"
  /** 0 where a check has no code; only for what is checked. */
  | "check-code"
  /** As `seconds`, only for what is checked. */
  | "check-seconds"
  /** A sample for each state: how many servers have it. */
  | "server-states"
  /** A sample for each result of a check: how many servers have it. */
  | "check-states";

/** A family without the prefix of its scope. */
export interface RowFamily {
  readonly name: string;
  readonly column: ColumnName;
  readonly type: MetricType;
  readonly value: RowValue;
  /** Letters of the scopes that have it: frontend, listener, backend, server. */
  readonly scopes: string;
  readonly help: string;
}

type Row = readonly [
  name: string,
  column: ColumnName,
  scopes: string,
  value: RowValue,
  help: string,
];

/** In HAProxy's order; what ends in `_total` is a counter. */
const ROWS: readonly Row[] = [
  ["current_queue", "qcur", "bs", "plain", "Sessions that wait in the queue"],
  ["max_queue", "qmax", "bs", "plain", "Most sessions that have waited at once"],
  ["current_sessions", "scur", "flbs", "plain", "Sessions at this moment"],
  ["max_sessions", "smax", "flbs", "plain", "Most sessions at once so far"],
  ["limit_sessions", "slim", "flbs", "plain", "Limit of sessions at once"],
  ["sessions_total", "stot", "flbs", "plain", "Sessions so far"],
  ["bytes_in_total", "bin", "flbs", "plain", "Bytes from clients"],
  ["bytes_out_total", "bout", "flbs", "plain", "Bytes to clients"],
  ["requests_denied_total", "dreq", "flb", "plain", "Requests that a rule refused"],
  ["responses_denied_total", "dresp", "flbs", "plain", "Answers that a rule refused"],
  ["request_errors_total", "ereq", "fl", "plain", "Requests that were none"],
  ["connection_errors_total", "econ", "bs", "plain", "Connections to servers that failed"],
  ["response_errors_total", "eresp", "bs", "plain", "Answers of servers that failed"],
  ["retry_warnings_total", "wretr", "bs", "plain", "Repeated connection attempts"],
  ["redispatch_warnings_total", "wredis", "bs", "plain", "Sessions moved to another server"],
  ["status", "status", "flbs", "state", "State: 1 for the one it is in"],
  ["weight", "weight", "bs", "plain", "Effective weight"],
  ["active_servers", "act", "b", "plain", "Active servers that are up"],
  ["backup_servers", "bck", "b", "plain", "Backup servers that are up"],
  ["check_failures_total", "chkfail", "s", "plain", "Checks that failed while the server was up"],
  ["check_up_down_total", "chkdown", "bs", "plain", "Changes from up to down"],
  ["check_last_change_seconds", "lastchg", "bs", "plain", "Time since the last change of state"],
  ["downtime_seconds_total", "downtime", "bs", "plain", "Time spent down"],
  ["queue_limit", "qlimit", "s", "plain", "Limit of the server's queue"],
  ["current_throttle", "throttle", "s", "plain", "Percentage of the weight during slowstart"],
  ["loadbalanced_total", "lbtot", "bs", "plain", "Times that the algorithm chose it"],
  ["limit_session_rate", "rate_lim", "f", "plain", "Limit of new sessions per second"],
  ["max_session_rate", "rate_max", "fbs", "plain", "Most new sessions per second so far"],
  ["check_status", "check_status", "s", "check-state", "Last check: 1 for its result"],
  ["check_code", "check_code", "s", "check-code", "Code of the last check, 0 without one"],
  ["check_duration_seconds", "check_duration", "s", "check-seconds", "Time the last check took"],
  ["http_responses_total", "hrsp_1xx", "fb", "responses", "HTTP answers by class"],
  ["http_requests_rate_max", "req_rate_max", "f", "http", "Most HTTP requests per second so far"],
  ["http_requests_total", "req_tot", "fb", "http", "HTTP requests so far"],
  ["client_aborts_total", "cli_abrt", "bs", "plain", "Sessions that the client broke off"],
  ["server_aborts_total", "srv_abrt", "bs", "plain", "Sessions that the server broke off"],
  ["http_comp_bytes_in_total", "comp_in", "fb", "http", "Bytes to be compressed"],
  ["http_comp_bytes_out_total", "comp_out", "fb", "http", "Compressed bytes"],
  ["http_comp_bytes_bypassed_total", "comp_byp", "fb", "http", "Bytes that were not compressed"],
  ["http_comp_responses_total", "comp_rsp", "fb", "http", "Compressed answers"],
  ["last_session_seconds", "lastsess", "bs", "plain", "Time since the last session, or -1"],
  ["queue_time_average_seconds", "qtime", "bs", "seconds", "Average time in the queue"],
  ["connect_time_average_seconds", "ctime", "bs", "seconds", "Average time to connect"],
  ["response_time_average_seconds", "rtime", "bs", "seconds", "Average time to answer"],
  ["total_time_average_seconds", "ttime", "bs", "seconds", "Average length of sessions"],
  ["connections_rate_max", "conn_rate_max", "f", "plain", "Most new connections per second so far"],
  ["connections_total", "conn_tot", "f", "plain", "Connections so far"],
  ["intercepted_requests_total", "intercepted", "f", "present", "Requests answered here"],
  ["denied_connections_total", "dcon", "fl", "plain", "Connections that a rule refused"],
  ["denied_sessions_total", "dses", "fl", "plain", "Sessions that a rule refused"],
  ["failed_header_rewriting_total", "wrew", "flbs", "plain", "Failed rewrites of headers"],
  ["connection_attempts_total", "connect", "bs", "plain", "Connections to servers so far"],
  ["connection_reuses_total", "reuse", "bs", "plain", "Connections to servers used again"],
  ["http_cache_lookups_total", "cache_lookups", "fb", "http", "Lookups in the cache"],
  ["http_cache_hits_total", "cache_hits", "fb", "http", "Hits in the cache"],
  ["idle_connections_current", "srv_icur", "s", "plain", "Idle connections to the server"],
  ["idle_connections_limit", "src_ilim", "s", "plain", "Limit of idle connections"],
  ["max_queue_time_seconds", "qtime_max", "bs", "seconds", "Longest time in the queue"],
  ["max_connect_time_seconds", "ctime_max", "bs", "seconds", "Longest time to connect"],
  ["max_response_time_seconds", "rtime_max", "bs", "seconds", "Longest time to answer"],
  ["max_total_time_seconds", "ttime_max", "bs", "seconds", "Longest session"],
  ["internal_errors_total", "eint", "flbs", "plain", "Internal errors"],
  ["unsafe_idle_connections_current", "idle_conn_cur", "s", "plain", "Unsafe idle connections"],
  ["safe_idle_connections_current", "safe_conn_cur", "s", "plain", "Safe idle connections"],
  ["used_connections_current", "used_conn_cur", "s", "plain", "Connections in use"],
  ["need_connections_current", "need_conn_est", "s", "plain", "Estimate of connections needed"],
  ["uweight", "uweight", "bs", "plain", "Weight as configured or set"],
  ["agg_server_status", "agg_server_status", "b", "server-states", "Servers by state"],
  [
    "agg_server_check_status",
    "agg_server_check_status",
    "b",
    "server-states",
    "Servers by state, under the former name",
  ],
  ["agg_check_status", "agg_check_status", "b", "check-states", "Servers by result of the check"],
];

/** All families of rows. */
export const ROW_FAMILIES: readonly RowFamily[] = ROWS.map(
  ([name, column, scopes, value, help]) => ({
    name,
    column,
    scopes,
    value,
    help,
    type: name.endsWith("_total") ? "counter" : "gauge",
  }),
);
