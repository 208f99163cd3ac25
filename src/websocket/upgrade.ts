// The upgrade to WebSocket as it passes through (RFC 6455 §4, MQTT 5.0 chapter 6): the client's request is
// answered here, so that its CONNECT can be seen before a server is chosen, and is made once more to that
// server, which must then accept the very same connection.
import { createHash } from "node:crypto";
import { WEBSOCKET_HEAD_BYTES_MAX } from "../limits.ts";

/** Appended to the key by the server before it is hashed (RFC 6455 §1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The subprotocols of MQTT 3.1.1 and 5 (§6.0), and of 3.1. */
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"] as const;

/** An upgrade that the client may have. */
export interface Upgrade {
  /** Bytes of the request. */
  readonly byteCount: number;
  /** The answer to the client. */
  readonly response: Uint8Array;
  /** The request to the server: the client's, less what has been settled with the client. */
  readonly replay: Uint8Array;
  readonly subprotocol: string;
  /** What the server's answer must have hashed. */
  readonly accept: string;
}

/** What the first bytes of a client are. */
export type UpgradeRequest =
  | { readonly kind: "need-more" }
  /** `response` says why, in HTTP; the connection is closed after it. */
  | { readonly kind: "refused"; readonly response: Uint8Array; readonly reason: string }
  | { readonly kind: "upgrade"; readonly upgrade: Upgrade };

/** What the server makes of the request that was made once more. */
export type UpgradeAnswer =
  | { readonly kind: "need-more" }
  | { readonly kind: "accepted"; readonly byteCount: number }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads the client's request. */
export function readUpgrade(bytes: Uint8Array): UpgradeRequest {
  const head = readHead(bytes, "GET ");
  if (head === undefined) return { kind: "need-more" };
  if (typeof head === "string") return refused("400 Bad Request", head);
  const { lines, byteCount } = head;
  if (!/^GET \S+ HTTP\/1\.1$/.test(lines[0]!)) {
    return refused("400 Bad Request", "The request line is not one of HTTP/1.1");
  }
  const fault = findFault(lines);
  if (fault !== undefined) return fault;
  const [key] = valuesOf(lines, "sec-websocket-key");
  const offered = tokensOf(lines, "sec-websocket-protocol");
  const subprotocol = SUBPROTOCOLS.find((name) => offered.includes(name));
  if (subprotocol === undefined) {
    return refused("400 Bad Request", "Sec-WebSocket-Protocol offers no 'mqtt'");
  }
  const accept = createHash("sha1").update(`${key!}${KEY_SUFFIX}`).digest("base64");
  const response = headOf([
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${subprotocol}`,
  ]);
  const kept = lines.filter((line) => !SETTLED.has(nameOf(line)));
  const replay = headOf([...kept, `Sec-WebSocket-Protocol: ${subprotocol}`]);
  return { kind: "upgrade", upgrade: { byteCount, response, replay, subprotocol, accept } };
}

/**
 * Reads the server's answer. One that settles anything else than the client was told cannot be used: its
 * frames would not be understood.
 */
export function readUpgradeAnswer(bytes: Uint8Array, upgrade: Upgrade): UpgradeAnswer {
  const head = readHead(bytes, "HTTP/1.1 ");
  if (head === undefined) return { kind: "need-more" };
  if (typeof head === "string") return { kind: "refused", reason: head };
  const { lines, byteCount } = head;
  if (!/^HTTP\/1\.1 101(?: |$)/.test(lines[0]!)) {
    return { kind: "refused", reason: `The upgrade was answered by '${lines[0]!.slice(0, 80)}'` };
  }
  if (valuesOf(lines, "sec-websocket-accept")[0] !== upgrade.accept) {
    return { kind: "refused", reason: "Sec-WebSocket-Accept does not answer the key" };
  }
  const protocols = tokensOf(lines, "sec-websocket-protocol");
  if (protocols.some((name) => name !== upgrade.subprotocol)) {
    return { kind: "refused", reason: "The server has chosen another subprotocol" };
  }
  if (valuesOf(lines, "sec-websocket-extensions").length > 0) {
    return { kind: "refused", reason: "The server has chosen an extension that nobody offered" };
  }
  return { kind: "accepted", byteCount };
}

/** Headers of the client that the server is not to judge again. */
const SETTLED: ReadonlySet<string> = new Set([
  "sec-websocket-extensions",
  "sec-websocket-protocol",
]);

function findFault(lines: readonly string[]): UpgradeRequest | undefined {
  const bad = (text: string): UpgradeRequest => refused("400 Bad Request", text);
  if (!tokensOf(lines, "upgrade").includes("websocket")) {
    return refused("426 Upgrade Required", "This is a WebSocket port for MQTT", [
      "Upgrade: websocket",
    ]);
  }
  if (!tokensOf(lines, "connection").includes("upgrade")) return bad("Connection has no 'Upgrade'");
  const versions = valuesOf(lines, "sec-websocket-version");
  if (versions.length !== 1 || versions[0] !== "13") {
    const text = "Sec-WebSocket-Version is not 13";
    return refused("426 Upgrade Required", text, ["Sec-WebSocket-Version: 13"]);
  }
  const keys = valuesOf(lines, "sec-websocket-key");
  if (keys.length !== 1 || !/^[A-Za-z0-9+/]{22}==$/.test(keys[0]!)) {
    return bad("Sec-WebSocket-Key is not one of 16 bytes");
  }
  const hasBody = valuesOf(lines, "content-length").some((value) => value !== "0");
  if (hasBody || valuesOf(lines, "transfer-encoding").length > 0) return bad("There is a body");
  if (valuesOf(lines, "host").length !== 1) return bad("There is not one Host");
  return undefined;
}

/** The lines of a head and its length with the empty line, what is wrong with it, or nothing yet. */
function readHead(
  bytes: Uint8Array,
  start: string,
): { readonly lines: readonly string[]; readonly byteCount: number } | string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seen = buffer.toString("latin1", 0, start.length);
  if (!start.startsWith(seen)) return "The first bytes are not HTTP/1.1";
  const end = buffer.subarray(0, WEBSOCKET_HEAD_BYTES_MAX).indexOf("\r\n\r\n");
  if (end < 0) {
    const isTooLong = bytes.length >= WEBSOCKET_HEAD_BYTES_MAX;
    return isTooLong ? `The head is longer than ${WEBSOCKET_HEAD_BYTES_MAX} bytes` : undefined;
  }
  const lines = buffer.toString("latin1", 0, end).split("\r\n");
  // RFC 9112 §5: names are tokens right before a colon; lines that go on are obsolete.
  const isBroken = lines.slice(1).some((line) => !/^[!#$%&'*+\-.^_`|~\w]+:[^\r\n\0]*$/.test(line));
  if (isBroken) return "A header is malformed";
  return { lines, byteCount: end + 4 };
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(":")).toLowerCase();
}

function valuesOf(lines: readonly string[], name: string): readonly string[] {
  return lines
    .slice(1)
    .filter((line) => nameOf(line) === name)
    .map((line) => line.slice(name.length + 1).trim());
}

/** The comma-separated words of a header in lower case. */
function tokensOf(lines: readonly string[], name: string): readonly string[] {
  return valuesOf(lines, name).flatMap((value) =>
    value.split(",").map((word) => word.trim().toLowerCase()),
  );
}

function refused(
  status: string,
  reason: string,
  headers: readonly string[] = [],
): Extract<UpgradeRequest, { kind: "refused" }> {
  const body = `${reason}.\n`;
  const head = headOf([
    `HTTP/1.1 ${status}`,
    ...headers,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${body.length}`,
  ]);
  return { kind: "refused", reason, response: Buffer.concat([head, Buffer.from(body)]) };
}

function headOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
