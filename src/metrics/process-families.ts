// `haproxy_process_*`: the fields of `show info` under the names of HAProxy 2.6's exporter.
import { INFO_FIELDS } from "../runtime/show/info-fields.ts";
import type { RuntimeContext } from "../runtime/command.ts";
import type { MetricSample, MetricType } from "./exposition.ts";
import { family, type FamilyLines } from "./families.ts";

/** A family and the field of `show info` that it shows. */
type Row = readonly [name: string, field: string, type: MetricType];

/** In HAProxy's order. zlib is absent, and its two families are NaN, as in HAProxy built so. */
const ROWS: readonly Row[] = [
  ["nbthread", "Nbthread", "gauge"],
  ["nbproc", "Nbproc", "gauge"],
  ["relative_process_id", "Process_num", "gauge"],
  ["uptime_seconds", "Uptime_sec", "gauge"],
  ["pool_failures_total", "PoolFailed", "counter"],
  ["max_fds", "Ulimit-n", "gauge"],
  ["max_sockets", "Maxsock", "gauge"],
  ["max_connections", "Maxconn", "gauge"],
  ["hard_max_connections", "Hard_maxconn", "gauge"],
  ["current_connections", "CurrConns", "gauge"],
  ["connections_total", "CumConns", "counter"],
  ["requests_total", "CumReq", "counter"],
  ["max_ssl_connections", "MaxSslConns", "gauge"],
  ["current_ssl_connections", "CurrSslConns", "gauge"],
  ["ssl_connections_total", "CumSslConns", "counter"],
  ["max_pipes", "Maxpipes", "gauge"],
  ["pipes_used_total", "PipesUsed", "counter"],
  ["pipes_free_total", "PipesFree", "counter"],
  ["current_connection_rate", "ConnRate", "gauge"],
  ["limit_connection_rate", "ConnRateLimit", "gauge"],
  ["max_connection_rate", "MaxConnRate", "gauge"],
  ["current_session_rate", "SessRate", "gauge"],
  ["limit_session_rate", "SessRateLimit", "gauge"],
  ["max_session_rate", "MaxSessRate", "gauge"],
  ["current_ssl_rate", "SslRate", "gauge"],
  ["limit_ssl_rate", "SslRateLimit", "gauge"],
  ["max_ssl_rate", "MaxSslRate", "gauge"],
  ["current_frontend_ssl_key_rate", "SslFrontendKeyRate", "gauge"],
  ["max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate", "gauge"],
  ["frontend_ssl_reuse", "SslFrontendSessionReuse_pct", "gauge"],
  ["current_backend_ssl_key_rate", "SslBackendKeyRate", "gauge"],
  ["max_backend_ssl_key_rate", "SslBackendMaxKeyRate", "gauge"],
  ["ssl_cache_lookups_total", "SslCacheLookups", "counter"],
  ["ssl_cache_misses_total", "SslCacheMisses", "counter"],
  ["http_comp_bytes_in_total", "CompressBpsIn", "counter"],
  ["http_comp_bytes_out_total", "CompressBpsOut", "counter"],
  ["limit_http_comp", "CompressBpsRateLim", "gauge"],
  ["current_zlib_memory", "ZlibMemUsage", "gauge"],
  ["max_zlib_memory", "MaxZlibMemUsage", "gauge"],
  ["current_tasks", "Tasks", "gauge"],
  ["current_run_queue", "Run_queue", "gauge"],
  ["idle_time_percent", "Idle_pct", "gauge"],
  ["stopping", "Stopping", "gauge"],
  ["jobs", "Jobs", "gauge"],
  ["unstoppable_jobs", "Unstoppable Jobs", "gauge"],
  ["listeners", "Listeners", "gauge"],
  ["active_peers", "ActivePeers", "gauge"],
  ["connected_peers", "ConnectedPeers", "gauge"],
  ["dropped_logs_total", "DroppedLogs", "counter"],
  ["busy_polling_enabled", "BusyPolling", "gauge"],
  // HAProxy calls it a counter, and promtool refuses a counter of this name.
  ["failed_resolutions", "FailedResolutions", "gauge"],
  ["bytes_out_total", "TotalBytesOut", "counter"],
  ["spliced_bytes_out_total", "TotalSplicdedBytesOut", "counter"],
  ["bytes_out_rate", "BytesOutRate", "gauge"],
  ["recv_logs_total", "CumRecvLogs", "counter"],
  ["build_info", "Version", "gauge"],
  ["max_memory_bytes", "Memmax_bytes", "gauge"],
  ["pool_allocated_bytes", "PoolAlloc_bytes", "gauge"],
  ["pool_used_bytes", "PoolUsed_bytes", "gauge"],
  ["start_time_seconds", "Start_time_sec", "gauge"],
];

const FIELDS = new Map(INFO_FIELDS.map((field) => [field.name, field]));

/** Each family with its only sample. */
export function* processFamilies(
  context: RuntimeContext,
  nowMs: number,
): Generator<FamilyLines, void> {
  for (const [name, fieldName, type] of ROWS) {
    const field = FIELDS.get(fieldName);
    const help = field?.description ?? "Memory of zlib in bytes, which is not used";
    const value = field?.value(context, nowMs, false);
    // A text is told by a label of a constant sample.
    const sample: MetricSample =
      name === "build_info"
        ? { labels: [["version", String(value)]], value: 1 }
        : { labels: [], value };
    yield family(`haproxy_process_${name}`, type, help, [sample]);
  }
}
