// The fields of `show info`, in the order and with the tags of 2.6 (haproxy management §9.3). The
// numbers are positions in the typed and JSON forms; 45 and 46 are those of zlib, which is absent.
import { HAPROXY_VERSION_TEXT, RELEASE_DATE, TANDEM_VERSION } from "../../version.ts";
import * as figure from "./info-figures.ts";
import type { InfoGetter, InfoValue } from "./info-figures.ts";

/** One field. The tags are origin, nature and scope, as those of `show stat`. */
export interface InfoField {
  readonly position: number;
  readonly name: string;
  readonly tags: string;
  readonly type: "str" | "u32" | "u64";
  /** For `desc`. */
  readonly description: string;
  readonly value: InfoGetter;
}

type Row = readonly [
  position: number,
  name: string,
  tags: string,
  type: InfoField["type"],
  description: string,
  value: InfoGetter | InfoValue,
];

/** Fields that `float` shows as numbers with a fraction, with the tags that they then have in HAProxy. */
export const FLOAT_TAGS: ReadonlyMap<string, string> = new Map([
  ["Uptime_sec", "MDP"],
  ["ConnRate", "MRP"],
  ["SessRate", "MRP"],
  ["SslRate", "MRP"],
  ["SslFrontendKeyRate", "MRP"],
  ["SslFrontendSessionReuse_pct", "MRP"],
  ["SslBackendKeyRate", "MRP"],
  ["CompressBpsIn", "MRP"],
  ["CompressBpsOut", "MRP"],
  ["Start_time_sec", "MDP"],
]);

const MIB = 1024 * 1024;

const ROWS: readonly Row[] = [
  [0, "Name", "POS", "str", "Name of the program that this one stands in for", "HAProxy"],
  [1, "Version", "POS", "str", "Version stood in for, and our own", HAPROXY_VERSION_TEXT],
  [2, "Release_date", "POS", "str", "Date of our version", RELEASE_DATE],
  [3, "Nbthread", "CGS", "u32", "Threads that move traffic", 1],
  [4, "Nbproc", "CGS", "u32", "Processes that move traffic", 1],
  [5, "Process_num", "KGP", "u32", "Number of this process", 1],
  [6, "Pid", "SGP", "u32", "Process id", figure.pid],
  [7, "Uptime", "MDP", "str", "Time since the start", figure.uptimeText],
  [8, "Uptime_sec", "MDP", "u32", "Seconds since the start", figure.uptimeSeconds],
  [9, "Memmax_MB", "CLP", "u32", "Limit of memory in MiB; 0 for none", 0],
  [10, "PoolAlloc_MB", "MGP", "u32", "Resident memory in MiB", figure.allocated(MIB)],
  [11, "PoolUsed_MB", "MGP", "u32", "Memory that holds something in MiB", figure.used(MIB)],
  [12, "PoolFailed", "MCP", "u32", "Failed allocations", 0],
  [13, "Ulimit-n", "CLP", "u32", "Limit of descriptors", figure.descriptors],
  [14, "Maxsock", "CLP", "u32", "Most sockets at once", figure.descriptors],
  [15, "Maxconn", "CLP", "u32", "Limit of connections", figure.maxconn],
  [16, "Hard_maxconn", "CLP", "u32", "Limit of connections at the start", figure.maxconn],
  [17, "CurrConns", "MGP", "u32", "Connections now", figure.connections],
  [18, "CumConns", "MCP", "u32", "Connections so far", figure.connectionsTotal],
  [19, "CumReq", "MCP", "u32", "Sessions and requests so far", figure.requestsTotal],
  [20, "MaxSslConns", "MMP", "u32", "Limit of TLS connections; 0 for none", 0],
  [21, "CurrSslConns", "MGP", "u32", "TLS connections now", 0],
  [22, "CumSslConns", "MCP", "u32", "TLS connections so far", 0],
  [23, "Maxpipes", "CLP", "u32", "Limit of pipes", 0],
  [24, "PipesUsed", "MGP", "u32", "Pipes in use", 0],
  [25, "PipesFree", "MGP", "u32", "Pipes that are free", 0],
  [26, "ConnRate", "MRP", "u32", "New connections per second", figure.connectionRate],
  [
    27,
    "ConnRateLimit",
    "CLP",
    "u32",
    "Limit of new connections per second",
    figure.connectionRateLimit,
  ],
  [28, "MaxConnRate", "MMP", "u32", "Most new connections per second", figure.connectionRateMax],
  [29, "SessRate", "MRP", "u32", "New sessions per second", figure.sessionRate],
  [30, "SessRateLimit", "CLP", "u32", "Limit of new sessions per second", figure.sessionRateLimit],
  [31, "MaxSessRate", "MRP", "u32", "Most new sessions per second", figure.sessionRateMax],
  [32, "SslRate", "MRP", "u32", "New TLS connections per second", 0],
  [33, "SslRateLimit", "CLP", "u32", "Limit of new TLS connections per second", 0],
  [34, "MaxSslRate", "MMP", "u32", "Most new TLS connections per second", 0],
  [35, "SslFrontendKeyRate", "MGP", "u32", "New keys of clients per second", 0],
  [36, "SslFrontendMaxKeyRate", "MMP", "u32", "Most new keys of clients per second", 0],
  [37, "SslFrontendSessionReuse_pct", "MGP", "u32", "Percentage of resumed TLS sessions", 0],
  [38, "SslBackendKeyRate", "MRP", "u32", "New keys of servers per second", 0],
  [39, "SslBackendMaxKeyRate", "MMP", "u32", "Most new keys of servers per second", 0],
  [40, "SslCacheLookups", "MCP", "u32", "Lookups of TLS sessions", 0],
  [41, "SslCacheMisses", "MCP", "u32", "Failed lookups of TLS sessions", 0],
  [42, "CompressBpsIn", "MRP", "u32", "Bytes per second to be compressed", 0],
  [43, "CompressBpsOut", "MRP", "u32", "Compressed bytes per second", 0],
  [44, "CompressBpsRateLim", "CLP", "u32", "Limit of compression", 0],
  [47, "Tasks", "MGP", "u32", "Sessions and checks that live", figure.tasks],
  [48, "Run_queue", "MGP", "u32", "Tasks that wait for their turn", 0],
  [49, "Idle_pct", "MaP", "u32", "Percentage of the time that is not used", figure.idle],
  [50, "node", "COS", "str", "Name of this node", figure.node],
  [51, "description", "COS", "str", "Description of this node", figure.description],
  [52, "Stopping", "MGP", "u32", "1 while the process stops", figure.stopping],
  [53, "Jobs", "MGP", "u32", "What keeps the process alive", figure.jobs],
  [54, "Unstoppable Jobs", "MGP", "u32", "What a stop does not end", 0],
  [55, "Listeners", "MGP", "u32", "Listening sockets", figure.listeners],
  [56, "ActivePeers", "MGP", "u32", "Peers that are being called or connected", figure.activePeers],
  [57, "ConnectedPeers", "MGP", "u32", "Peers that are connected", figure.connectedPeers],
  [58, "DroppedLogs", "MGP", "u32", "Log lines that no ring took", 0],
  [59, "BusyPolling", "MGP", "u32", "1 while the process never waits", 0],
  [60, "FailedResolutions", "MGP", "u32", "Names that could not be resolved", 0],
  [61, "TotalBytesOut", "MGP", "u64", "Bytes sent to clients", figure.bytesOut],
  [62, "TotalSplicdedBytesOut", "MGP", "u64", "Bytes that the kernel moved", 0],
  [63, "BytesOutRate", "MRP", "u64", "Bytes per second sent to clients", figure.bytesOutRate],
  [64, "DebugCommandsIssued", "MGP", "u32", "Debugging commands so far", 0],
  [65, "CumRecvLogs", "MCP", "u32", "Log lines received", 0],
  [66, "Build info", "POS", "str", "Our version", `Tandem ${TANDEM_VERSION}`],
  [67, "Memmax_bytes", "CLP", "u32", "Limit of memory in bytes; 0 for none", 0],
  [68, "PoolAlloc_bytes", "MGP", "u64", "Resident memory in bytes", figure.allocated(1)],
  [69, "PoolUsed_bytes", "MGP", "u64", "Memory that holds something in bytes", figure.used(1)],
  [
    70,
    "Start_time_sec",
    "MDP",
    "u32",
    "When the process started, seconds since 1970",
    figure.startTime,
  ],
  [71, "Tainted", "SGP", "str", "Whether debugging commands were used", "0"],
];

/** All fields in order. */
export const INFO_FIELDS: readonly InfoField[] = ROWS.map(
  ([position, name, tags, type, description, value]) => ({
    position,
    name,
    tags,
    type,
    description,
    value: typeof value === "function" ? value : () => value,
  }),
);
