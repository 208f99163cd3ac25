// The few MQTT 3.1.1 packets that the clients of the lab send and read.
import { Buffer } from "node:buffer";

/** Packet types, the upper half of a packet's first byte. */
export const CONNACK = 2;
export const PUBLISH = 3;
export const PINGRESP = 13;

export const PINGREQ = Buffer.from([0xc0, 0]);
export const DISCONNECT = Buffer.from([0xe0, 0]);

/** A CONNECT. `isClean`: the broker keeps no session. `keepAliveS`: it ends who is silent for half more. */
export function connectPacket(clientId, isClean, keepAliveS = 60) {
  const id = Buffer.from(clientId);
  const flags = isClean ? 2 : 0;
  const head = [
    0x10,
    12 + id.length,
    0,
    4,
    0x4d,
    0x51,
    0x54,
    0x54,
    4,
    flags,
    keepAliveS >> 8,
    keepAliveS & 255,
    0,
    id.length,
  ];
  return Buffer.concat([Buffer.from(head), id]);
}

/** Cuts a stream into packets: gives a function to be called with each chunk. */
export function packetReader(onPacket) {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const size = packetSize(held);
      if (size === undefined || held.length < size.total) return;
      onPacket(held[0] >> 4, held.subarray(size.head, size.total));
      held = held.subarray(size.total);
    }
  };
}

function packetSize(bytes) {
  let length = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at += 1) {
    length += (bytes[at] & 0x7f) * 128 ** (at - 1);
    if (bytes[at] < 0x80) return { head: at + 1, total: at + 1 + length };
  }
  return undefined;
}

/** The payload of a PUBLISH of QoS 0: which broker this is, and through which node it was reached. */
export function placeOf(body) {
  const [broker, node] = body
    .subarray(2 + body.readUInt16BE(0))
    .toString()
    .split(" ");
  return { broker, node };
}
