// How two peers begin (haproxy peers-v2.0.txt, "Handshake"): the one that connects sends three
// lines, the other one answers with a status.
//
// HAProxy reads only the first word of the third line. Words after it say that a node is Tandem and
// which of its lives this is; a node that knows them answers alike. HAProxy never sees such an answer.
import { PEER_HELLO_BYTES_MAX, PEER_STATUS_BYTES_MAX } from "../limits.ts";

/** The statuses that answer a greeting; 300: this node's former process is connected already. */
export const STATUS = {
  ok: 200,
  tryAgain: 300,
  protocolError: 501,
  badVersion: 502,
  notMe: 503,
  unknownPeer: 504,
} as const;

/** The protocol's minor version; 2.0 knows no timed updates. */
export type MinorVersion = 0 | 1;

/** A greeting. */
export interface Hello {
  readonly minorVersion: MinorVersion;
  /** The name of the peer that is called. */
  readonly calledName: string;
  readonly callerName: string;
  /** The caller's process, as it writes it. */
  readonly pid: string;
  /** Tells lives of a Tandem node apart, u32; `undefined` for other programs. */
  readonly instance: number | undefined;
}

/** What a connection begins with. */
export type HelloOutcome =
  | { readonly kind: "need-more" }
  /** `byteCount`: where messages begin. */
  | { readonly kind: "hello"; readonly hello: Hello; readonly byteCount: number }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

/** What a greeting is answered with. */
export type StatusOutcome =
  | { readonly kind: "need-more" }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly instance: number | undefined;
      readonly byteCount: number;
    }
  | { readonly kind: "malformed"; readonly reason: string };

const MARK = "tandem/1";

/** The three lines of a greeting. */
export function encodeHello(hello: Hello): Buffer {
  const mark = hello.instance === undefined ? "" : ` ${MARK} ${hex(hello.instance)}`;
  return Buffer.from(
    `HAProxyS 2.${hello.minorVersion}\n${hello.calledName}\n` +
      `${hello.callerName} ${hello.pid} 1${mark}\n`,
    "utf8",
  );
}

/** Reads a greeting from the beginning of a connection, a line at a time, as HAProxy judges them. */
export function readHello(bytes: Uint8Array): HelloOutcome {
  const version = takeLine(bytes, 0);
  if (version === undefined) return unfinished(bytes);
  const minorVersion = parseVersion(version.text);
  if (minorVersion === "not-peers") {
    return refuse(STATUS.protocolError, `it begins with ${quote(version.text)}, not HAProxyS`);
  }
  if (minorVersion === "unknown") {
    return refuse(STATUS.badVersion, `it asks for ${quote(version.text)}, expected 2.0 or 2.1`);
  }
  const called = takeLine(bytes, version.end);
  if (called === undefined) return unfinished(bytes);
  const caller = takeLine(bytes, called.end);
  if (caller === undefined) return unfinished(bytes);
  const [callerName, pid = "", , mark, instance] = caller.text.split(" ");
  if (callerName === undefined || !caller.text.includes(" ")) {
    return refuse(STATUS.protocolError, "no space follows its name");
  }
  const hello: Hello = {
    minorVersion,
    calledName: called.text,
    callerName,
    pid,
    instance: mark === MARK ? parseHex(instance) : undefined,
  };
  return { kind: "hello", hello, byteCount: caller.end };
}

/** The line that answers a greeting; `instance` only to a node that has told its own. */
export function encodeStatus(status: number, instance?: number): Buffer {
  const mark = instance === undefined ? "" : ` ${MARK} ${hex(instance)}`;
  return Buffer.from(`${status}${mark}\n`, "latin1");
}

/** Reads the answer to a greeting. */
export function readStatus(bytes: Uint8Array): StatusOutcome {
  const line = takeLine(bytes.subarray(0, PEER_STATUS_BYTES_MAX), 0);
  if (line === undefined) {
    if (bytes.length < PEER_STATUS_BYTES_MAX) return { kind: "need-more" };
    return { kind: "malformed", reason: `no line ends within ${PEER_STATUS_BYTES_MAX} bytes` };
  }
  const match = /^(\d{3})(?: (\S+)(?: (\S+))?)?\s*$/.exec(line.text);
  if (match === null) {
    return { kind: "malformed", reason: `it answers ${quote(line.text)}, expected a status` };
  }
  const instance = match[2] === MARK ? parseHex(match[3]) : undefined;
  return { kind: "status", status: Number(match[1]), instance, byteCount: line.end };
}

function parseVersion(text: string): MinorVersion | "not-peers" | "unknown" {
  if (!text.startsWith("HAProxyS ")) return "not-peers";
  const version = text.slice("HAProxyS ".length);
  if (version === "2.1") return 1;
  return version === "2.0" ? 0 : "unknown";
}

/** A line without its end, which is LF or CRLF, and where the next one begins. */
function takeLine(
  bytes: Uint8Array,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const newline = bytes.subarray(0, PEER_HELLO_BYTES_MAX).indexOf(0x0a, start);
  if (newline < 0) return undefined;
  const text = Buffer.from(bytes.subarray(start, newline)).toString("utf8").replace(/\r$/, "");
  return { text, end: newline + 1 };
}

function unfinished(bytes: Uint8Array): HelloOutcome {
  if (bytes.length < PEER_HELLO_BYTES_MAX) return { kind: "need-more" };
  const reason = `its greeting has no end within ${PEER_HELLO_BYTES_MAX} bytes`;
  return refuse(STATUS.protocolError, reason);
}

function refuse(status: number, reason: string): HelloOutcome {
  return { kind: "refused", status, reason };
}

function hex(instance: number): string {
  return (instance >>> 0).toString(16).padStart(8, "0");
}

function parseHex(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9a-f]{8}$/.test(text) ? parseInt(text, 16) : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
