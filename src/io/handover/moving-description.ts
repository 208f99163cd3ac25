// A relay that moves to another machine, as bytes: the description of what it has in hand, then those of its two
// connections. They come from another machine and are believed in nothing that can be checked; what remains,
// such as a window, its kernel checks.
import { Buffer } from "node:buffer";
import type { IpEndpoint } from "../../base/address.ts";
import { parseIp, printIp } from "../../base/ip.ts";
import { MOVED_QUEUE_BYTES_MAX } from "../../limits.ts";
import { decodeFrozen, encodeFrozen } from "./frozen-relay.ts";
import type { MovingRelay } from "./moving-relay.ts";
import { type TcpState, WINDOW_NUMBERS } from "./tcp-state.ts";

// Version, length of the relay's part, length of the client's; the three parts. Big-endian.
const VERSION = 1;
const PREFIX_BYTES = 1 + 2 * 4;

/** The description of a relay; `undefined` when the relay holds too many bytes to be frozen. */
export function encodeMoving(moving: MovingRelay): Buffer | undefined {
  const relay = encodeFrozen(moving.relay);
  if (relay === undefined) return undefined;
  const [client, server] = [encodeTcp(moving.client), encodeTcp(moving.server)];
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(VERSION, 0);
  prefix.writeUInt32BE(relay.length, 1);
  prefix.writeUInt32BE(client.length, 5);
  return Buffer.concat([prefix, relay, client, server]);
}

/** Reads a description; `undefined` when it is none of ours. */
export function decodeMoving(bytes: Buffer): MovingRelay | undefined {
  if (bytes.length < PREFIX_BYTES || bytes[0] !== VERSION) return undefined;
  const clientAt = PREFIX_BYTES + bytes.readUInt32BE(1);
  const serverAt = clientAt + bytes.readUInt32BE(5);
  if (serverAt > bytes.length) return undefined;
  const relay = decodeFrozen(bytes.subarray(PREFIX_BYTES, clientAt));
  const client = decodeTcp(bytes.subarray(clientAt, serverAt));
  const server = decodeTcp(bytes.subarray(serverAt));
  if (relay === undefined || client === undefined || server === undefined) return undefined;
  return { relay, client, server };
}

// A connection: family, agreed options, two shifts, two ports; then numbers of 32 bits: the limit of a segment, two
// sequence numbers, the clock of timestamps, the window, three counts of bytes; both addresses; the bytes.
const AGREED = { scales: 1, sack: 2, timestamps: 4 } as const;
const NUMBERS_AT = 8;
const NUMBERS = 4 + WINDOW_NUMBERS + 3;
const ADDRESSES_AT = NUMBERS_AT + 4 * NUMBERS;
const LENGTHS = { 4: 4, 6: 16 } as const;
/** RFC 7323, 2.3. */
const SHIFT_MAX = 14;
const SEGMENT_BYTES_MAX = 65_535;

function encodeTcp(state: TcpState): Buffer {
  const { local, peer, scales, timestamp, received, unacknowledged, unsent } = state;
  const head = Buffer.alloc(ADDRESSES_AT);
  const agreed =
    (scales === undefined ? 0 : AGREED.scales) |
    (state.hasSack ? AGREED.sack : 0) |
    (timestamp === undefined ? 0 : AGREED.timestamps);
  head.set([local.family, agreed, scales?.[0] ?? 0, scales?.[1] ?? 0]);
  head.writeUInt16BE(local.port, 4);
  head.writeUInt16BE(peer.port, 6);
  const lengths = [received, unacknowledged, unsent].map((queue) => queue.length);
  const { maxSegment, receiveSequence, sendSequence, window } = state;
  const sequences = [receiveSequence, sendSequence];
  [maxSegment, ...sequences, timestamp ?? 0, ...window, ...lengths].forEach((number, index) => {
    head.writeUInt32BE(number, NUMBERS_AT + 4 * index);
  });
  const addresses = [local, peer].map(({ host }) => parseIp(host)!);
  return Buffer.concat([head, ...addresses, received, unacknowledged, unsent]);
}

function decodeTcp(bytes: Buffer): TcpState | undefined {
  const family = bytes[0];
  if (bytes.length < ADDRESSES_AT || (family !== 4 && family !== 6)) return undefined;
  const [agreed, peerShift, ownShift] = [bytes[1]!, bytes[2]!, bytes[3]!];
  const numbers = Array.from({ length: NUMBERS }, (_, index) =>
    bytes.readUInt32BE(NUMBERS_AT + 4 * index),
  );
  const [maxSegment, receiveSequence, sendSequence, timestamp] = numbers as FourNumbers;
  const lengths = numbers.slice(4 + WINDOW_NUMBERS);
  const queuesAt = ADDRESSES_AT + 2 * LENGTHS[family];
  const length = lengths.reduce((sum, each) => sum + each, queuesAt);
  if (bytes.length !== length || lengths.some((each) => each > MOVED_QUEUE_BYTES_MAX))
    return undefined;
  if (maxSegment < 1 || maxSegment > SEGMENT_BYTES_MAX) return undefined;
  if (Math.max(peerShift, ownShift) > SHIFT_MAX) return undefined;
  const local = readEndpoint(bytes, family, ADDRESSES_AT, 4);
  const peer = readEndpoint(bytes, family, ADDRESSES_AT + LENGTHS[family], 6);
  if (local.port === 0 || peer.port === 0) return undefined;
  let at = queuesAt;
  const [received, unacknowledged, unsent] = lengths.map((each) =>
    bytes.subarray(at, (at += each)),
  ) as [Buffer, Buffer, Buffer];
  return {
    ...{ local, peer, receiveSequence, sendSequence, received, unacknowledged, unsent, maxSegment },
    scales: (agreed & AGREED.scales) === 0 ? undefined : [peerShift, ownShift],
    hasSack: (agreed & AGREED.sack) !== 0,
    timestamp: (agreed & AGREED.timestamps) === 0 ? undefined : timestamp,
    window: numbers.slice(4, 4 + WINDOW_NUMBERS),
  };
}

type FourNumbers = [number, number, number, number];

function readEndpoint(bytes: Buffer, family: 4 | 6, at: number, portAt: number): IpEndpoint {
  const host = printIp(bytes.subarray(at, at + LENGTHS[family]));
  return { kind: "ip", family, host, port: bytes.readUInt16BE(portAt) };
}
