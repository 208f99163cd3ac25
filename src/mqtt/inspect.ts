// Theory of operation: the first packet of an MQTT connection is framed here (type, flags,
// remaining length, bound). `plain-connect.ts` reads what nearly all clients send; everything else is
// checked by `strict.ts` and read by mqtt-packet, which is fed exactly one whole frame and forgotten
// afterwards. Only CONNECT (from a client) and CONNACK (from a
// server) can be first. Where this differs from HAProxy: docs/decisions/0001-mqtt-verdicts.md.
import { parseConnect } from "./parse-connect.ts";
import { parseFrame } from "./parse-frame.ts";
import { readPlainConnect } from "./plain-connect.ts";
import { findConnackFault } from "./strict.ts";

/** Values of MQTT 5 properties by mqtt-packet's names. */
export type PropertyValues = Readonly<Record<string, unknown>>;

/** What a CONNECT says. */
export interface ConnectFacts {
  readonly protocolName: string;
  readonly protocolVersion: 3 | 4 | 5;
  /** The connect flags as sent. */
  readonly flags: number;
  readonly clean: boolean;
  readonly keepaliveSeconds: number;
  /** Empty when the server is to choose one. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly qos: number;
    readonly retain: boolean;
    readonly properties: PropertyValues;
  };
  readonly properties: PropertyValues;
}

/** What a CONNACK says. */
export interface ConnackFacts {
  /** 4 stands for 3.1 as well: their CONNACKs are alike. */
  readonly protocolVersion: 4 | 5;
  /** The acknowledge flags as sent; bit 0 is session present. */
  readonly flags: number;
  readonly reasonCode: number;
  readonly properties: PropertyValues;
}

/** What the first bytes are. `bytesWanted` is the length of the whole packet, once known. */
export type Inspection =
  | { readonly kind: "need-more"; readonly bytesWanted?: number }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "connect"; readonly packet: ConnectFacts; readonly byteCount: number }
  | { readonly kind: "connack"; readonly packet: ConnackFacts; readonly byteCount: number };

const CONNECT = 0x10;
const CONNACK = 0x20;

function malformed(reason: string): Inspection {
  return { kind: "malformed", reason };
}

/**
 * Classifies the first bytes of a connection. Bytes behind the first packet are ignored. A packet
 * longer than `bytesMax` is malformed as soon as its length is known.
 */
export function inspectFirstPacket(bytes: Uint8Array, bytesMax: number): Inspection {
  const type = bytes[0];
  if (type === undefined) return { kind: "need-more" };
  if (type !== CONNECT && type !== CONNACK) {
    return malformed(`The first byte is ${hex(type)}, neither a CONNECT nor a CONNACK`);
  }
  let remaining = 0;
  let start = 1;
  for (;;) {
    const byte = bytes[start];
    if (byte === undefined) return { kind: "need-more" };
    remaining += (byte & 0x7f) * 128 ** (start - 1);
    start += 1;
    if (byte < 0x80) break;
    if (start > 4) return malformed("The remaining length is longer than 4 bytes");
  }
  const byteCount = start + remaining;
  if (byteCount > bytesMax) {
    return malformed(`The packet has ${byteCount} bytes, more than the ${bytesMax} allowed`);
  }
  if (bytes.length < byteCount) return { kind: "need-more", bytesWanted: byteCount };
  if (type === CONNACK) return inspectConnack(bytes.subarray(0, byteCount), start);
  const packet =
    readPlainConnect(bytes, start, byteCount) ?? parseConnect(bytes.subarray(0, byteCount), start);
  return typeof packet === "string" ? malformed(packet) : { kind: "connect", packet, byteCount };
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** The remaining length of every CONNACK before MQTT 5; there it is 3 or more (§3.2.2). */
const OLD_CONNACK_BYTES = 2;

function inspectConnack(frame: Uint8Array, start: number): Inspection {
  const version = frame.length - start === OLD_CONNACK_BYTES ? 4 : 5;
  const fault = findConnackFault(frame, start, version);
  if (fault !== undefined) return malformed(fault);
  const packet = parseFrame(frame, version);
  if (typeof packet === "string") return malformed(packet);
  if (packet.cmd !== "connack") return malformed(`mqtt-packet sees a ${packet.cmd}`);
  const facts: ConnackFacts = {
    protocolVersion: version,
    flags: frame[start]!,
    reasonCode: frame[start + 1]!,
    properties: packet.properties ?? {},
  };
  return { kind: "connack", packet: facts, byteCount: frame.length };
}
