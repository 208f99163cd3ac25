// The %-variables of log-format that mean something for a TCP connection (haproxy configuration
// §8.2.4). HTTP ones are known by name, so that a format that uses them is refused as HAProxy does.
import { formatAcceptDate, formatZonedDate, type UtcOffset } from "./date.ts";
import type { Endpoint } from "../base/address.ts";
import { ipv4ToHex, ipv6ToHex } from "./hex-address.ts";
import type { ConnectionRecord } from "./record.ts";

/** What the lines of one process have in common. */
export interface LogIdentity {
  /** `%H`. */
  readonly hostName: string;
  /** `%pid`. */
  readonly pid: number;
  readonly utcOffset: UtcOffset;
}

/** How the flags of a variable stand: `+Q` quotes, `+X` hexadecimal, `+E` escapes. */
export interface VariableFlags {
  readonly quote: boolean;
  readonly hex: boolean;
  readonly escape: boolean;
}

/** One %-variable. */
export interface Variable {
  /** Text is quoted, escaped and replaced by `-` when empty; an address likewise unless in hexadecimal. */
  readonly kind: "text" | "address" | "bare";
  /** Whether its value is only final when the connection has ended. */
  readonly needsEnd: boolean;
  readonly value: (record: ConnectionRecord, identity: LogIdentity, hex: boolean) => string;
}

type Value = Variable["value"];

function text(value: Value, needsEnd = false): Variable {
  return { kind: "text", needsEnd, value };
}

function address(value: Value): Variable {
  return { kind: "address", needsEnd: false, value };
}

function bare(value: Value, needsEnd = true): Variable {
  return { kind: "bare", needsEnd, value };
}

function hexNumber(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}

function host(endpoint: Endpoint | undefined, hex: boolean): string {
  if (endpoint === undefined) return "";
  if (endpoint.kind === "unix") return "unix";
  if (!hex) return endpoint.host;
  return endpoint.family === 4 ? ipv4ToHex(endpoint.host) : ipv6ToHex(endpoint.host);
}

/** A unix socket has no port: HAProxy writes the number of the listener, which is 1 for the first. */
function port(endpoint: Endpoint | undefined, hex: boolean): string {
  if (endpoint === undefined) return "-";
  const value = endpoint.kind === "unix" ? 1 : endpoint.port;
  return hex ? hexNumber(value, 4) : String(value);
}

/** `+` says that the figure was taken before the end (`option logasap`). */
function early(record: ConnectionRecord, value: number): string {
  return record.logAsap ? `+${value}` : String(value);
}

function millis(value: number): number {
  return Math.trunc(value);
}

function dataMillis(record: ConnectionRecord): number {
  if (record.connectMs < 0) return -1;
  const waited = Math.max(0, record.queueMs) + Math.max(0, record.connectMs);
  return Math.max(0, millis(record.totalMs) - millis(waited));
}

function counter(value: (record: ConnectionRecord) => number): Variable {
  return bare((record) => String(value(record)));
}

function captures(record: ConnectionRecord): string {
  if (record.captured.length === 0) return "";
  return `{${record.captured.map((value) => value ?? "").join("|")}}`;
}

/** Every variable served, by its name without `%`. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ["B", bare((r) => early(r, r.bytesToClient))],
  ["H", text((_r, identity) => identity.hostName)],
  ["ID", text(() => "", true)],
  ["ST", bare(() => "0")],
  ["T", bare((r) => formatZonedDate(r.acceptWallMs, 0), false)],
  ["Tc", counter((r) => millis(r.connectMs))],
  ["Td", counter(dataMillis)],
  ["Th", counter((r) => millis(r.handshakeMs))],
  ["Tl", bare((r, i) => formatZonedDate(r.acceptWallMs, i.utcOffset(r.acceptWallMs)), false)],
  ["Ts", bare((r, _i, hex) => seconds(r.acceptWallMs, hex), false)],
  ["Tt", bare((r) => early(r, millis(r.totalMs)))],
  ["Tu", bare((r) => early(r, millis(r.totalMs)))],
  ["Tw", counter((r) => millis(r.queueMs))],
  ["U", counter((r) => r.bytesToServer)],
  ["ac", counter((r) => r.actconn)],
  ["b", text((r) => r.backend)],
  ["bc", counter((r) => r.beconn)],
  ["bi", address((r, _i, hex) => host(r.localAddress, hex))],
  ["bp", bare((r, _i, hex) => port(r.localAddress, hex), false)],
  ["bq", counter((r) => r.backendQueue)],
  ["ci", address((r, _i, hex) => host(r.client, hex))],
  ["cp", bare((r, _i, hex) => port(r.client, hex), false)],
  ["f", text((r) => r.frontend)],
  ["fc", counter((r) => r.feconn)],
  ["fi", address((r, _i, hex) => host(r.frontendAddress, hex))],
  ["fp", bare((r, _i, hex) => port(r.frontendAddress, hex), false)],
  ["ft", text((r) => (r.frontendTls ? `${r.frontend}~` : r.frontend))],
  ["hr", bare(captures)],
  ["hrl", bare((r) => r.captured.map((value) => value ?? "").join(" "))],
  ["hs", bare(() => "")],
  ["hsl", bare(() => "")],
  ["lc", bare((r, _i, hex) => (hex ? hexNumber(r.lineCount, 4) : String(r.lineCount)), false)],
  ["ms", bare((r, _i, hex) => acceptMillis(r.acceptWallMs, hex), false)],
  ["pid", bare((_r, i, hex) => (hex ? hexNumber(i.pid, 4) : String(i.pid)), false)],
  ["rc", bare((r) => `${r.redispatched ? "+" : ""}${r.retries}`)],
  [
    "rt",
    bare((r, _i, hex) => (hex ? hexNumber(r.requestCount, 4) : String(r.requestCount)), false),
  ],
  ["s", text((r) => r.server ?? "<NOSRV>")],
  ["sc", counter((r) => r.srvconn)],
  ["si", address((r, _i, hex) => host(r.serverAddress, hex))],
  ["sp", bare((r, _i, hex) => port(r.serverAddress, hex), false)],
  ["sq", counter((r) => r.serverQueue)],
  ["sslc", text((r) => r.tls?.cipher ?? "")],
  ["sslv", text((r) => r.tls?.protocol ?? "")],
  ["t", bare((r, i) => formatAcceptDate(r.acceptWallMs, i.utcOffset), false)],
  ["ts", bare((r) => r.termination)],
  ["tsc", bare((r) => `${r.termination}--`)],
]);

function seconds(epochMs: number, hex: boolean): string {
  const value = Math.floor(epochMs / 1000);
  return hex ? hexNumber(value, 4) : String(value);
}

function acceptMillis(epochMs: number, hex: boolean): string {
  const value = Math.floor(epochMs) % 1000;
  return hex ? hexNumber(value, 2) : String(value).padStart(3, "0");
}

/** Variables that HAProxy keeps for HTTP mode. */
export const HTTP_VARIABLES: ReadonlySet<string> = new Set(
  ["CC", "CS", "HM", "HP", "HPO", "HQ", "HU", "HV", "Ta", "Ti", "TR"].concat([
    "Tq",
    "Tr",
    "r",
    "tr",
    "trg",
    "trl",
  ]),
);
