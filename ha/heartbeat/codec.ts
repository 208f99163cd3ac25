// Datagrams of the second heartbeat path (`#tandem heartbeat`):
//
//   0   4  magic "TDHB"
//   4   1  version, 1
//   5   1  zero
//   6   2  count of entries
//   8   8  nonce of the sender, new at each start
//  16   8  nonce of the receiver as last heard; zeros before
//  24   8  sequence number
//  32  24n entries: family, VRID, priority, state, interval in ms (4), source address (16)
//      32  HMAC-SHA256 over all before it
//
// Numbers are in network order. An IPv4 address is followed by 12 zeros.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import { HEARTBEAT_ENTRIES_MAX } from "../limits.ts";
import type { VrrpState } from "../vrrp/election-events.ts";

const MAGIC = Uint8Array.of(0x54, 0x44, 0x48, 0x42);
const VERSION = 1;
const HEADER_BYTES = 32;
const ENTRY_BYTES = 24;
const TAG_BYTES = 32;
const STATES: readonly VrrpState[] = ["INIT", "BACKUP", "MASTER", "FAULT"];

/** Length of a nonce. */
export const NONCE_BYTES = 8;

/** One virtual router of the sender. */
export interface HeartbeatEntry {
  readonly family: 4 | 6;
  /** 1..255. */
  readonly vrid: number;
  /** 0..255. */
  readonly priority: number;
  /** Whole ms. */
  readonly intervalMs: Millis;
  /** Where the sender's adverts come from; zeros when it has no address. */
  readonly source: IpBytes;
  readonly state: VrrpState;
}

/** What a datagram says. */
export interface Heartbeat {
  readonly senderNonce: Uint8Array;
  readonly receiverNonce: Uint8Array;
  readonly sequence: bigint;
  readonly entries: readonly HeartbeatEntry[];
}

/** What bytes turned out to be. */
export type DecodedHeartbeat =
  | { readonly kind: "heartbeat"; readonly heartbeat: Heartbeat }
  | { readonly kind: "malformed"; readonly reason: "format" | "version" | "tag" };

/** The bytes of a datagram. Entries beyond `HEARTBEAT_ENTRIES_MAX` are left out. */
export function encodeHeartbeat(heartbeat: Heartbeat, key: Uint8Array): Uint8Array {
  const entries = heartbeat.entries.slice(0, HEARTBEAT_ENTRIES_MAX);
  const tagAt = HEADER_BYTES + entries.length * ENTRY_BYTES;
  const bytes = new Uint8Array(tagAt + TAG_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  bytes[4] = VERSION;
  view.setUint16(6, entries.length);
  bytes.set(heartbeat.senderNonce, 8);
  bytes.set(heartbeat.receiverNonce, 16);
  view.setBigUint64(24, heartbeat.sequence);
  for (const [i, entry] of entries.entries()) {
    const at = HEADER_BYTES + i * ENTRY_BYTES;
    bytes.set([entry.family, entry.vrid, entry.priority, STATES.indexOf(entry.state)], at);
    view.setUint32(at + 4, Math.round(entry.intervalMs));
    bytes.set(entry.source, at + 8);
  }
  bytes.set(tagOf(bytes.subarray(0, tagAt), key), tagAt);
  return bytes;
}

/** Reads a datagram and checks its tag. Never throws; parts of the result are copies. */
export function decodeHeartbeat(bytes: Uint8Array, key: Uint8Array): DecodedHeartbeat {
  if (bytes.length < HEADER_BYTES + TAG_BYTES) return malformed("format");
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return malformed("format");
  if (bytes[4] !== VERSION) return malformed("version");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint16(6);
  const tagAt = HEADER_BYTES + count * ENTRY_BYTES;
  if (count > HEARTBEAT_ENTRIES_MAX || bytes.length !== tagAt + TAG_BYTES) {
    return malformed("format");
  }
  if (!timingSafeEqual(tagOf(bytes.subarray(0, tagAt), key), bytes.subarray(tagAt))) {
    return malformed("tag");
  }
  const entries: HeartbeatEntry[] = [];
  for (let at = HEADER_BYTES; at < tagAt; at += ENTRY_BYTES) {
    const entry = readEntry(bytes, view, at);
    if (entry === undefined) return malformed("format");
    entries.push(entry);
  }
  return {
    kind: "heartbeat",
    heartbeat: {
      senderNonce: Uint8Array.from(bytes.subarray(8, 16)),
      receiverNonce: Uint8Array.from(bytes.subarray(16, 24)),
      sequence: view.getBigUint64(24),
      entries,
    },
  };
}

function readEntry(bytes: Uint8Array, view: DataView, at: number): HeartbeatEntry | undefined {
  const family = bytes[at]!;
  const state = STATES[bytes[at + 3]!];
  const vrid = bytes[at + 1]!;
  const intervalMs = view.getUint32(at + 4);
  if ((family !== 4 && family !== 6) || state === undefined) return undefined;
  if (vrid === 0 || intervalMs === 0) return undefined;
  const source = Uint8Array.from(bytes.subarray(at + 8, at + 8 + (family === 4 ? 4 : 16)));
  return { family, vrid, priority: bytes[at + 2]!, intervalMs, source, state };
}

function tagOf(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(bytes).digest();
}

function malformed(reason: "format" | "version" | "tag"): DecodedHeartbeat {
  return { kind: "malformed", reason };
}
