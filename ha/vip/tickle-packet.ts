// A bare ACK that seems to belong to a connection of another node (RFC 9293 §3.1). Its numbers are
// none of that connection's, so that the client answers with its own (RFC 9293 §3.10.7.4).
import type { ConnectionEnd, KeyedConnection } from "../../src/base/connection-key.ts";
import { internetChecksum, pseudoHeader } from "../vrrp/checksum.ts";
import { buildIpv4Packet, buildIpv6Packet } from "../vrrp/ip-header.ts";

const PROTOCOL_TCP = 6;
const HEADER_BYTES = 20;
/** Data offset: five words, no options. */
const OFFSET = 5 << 4;
const FLAG_ACK = 0x10;
/** Not 0, which would be a window that is closed. */
const WINDOW = 1_024;
const TTL = 64;

/** The whole IP packet, from the local end to the client. `sequence` is a u32. */
export function ticklePacket({ client, local }: KeyedConnection, sequence: number): Uint8Array {
  const segment = segmentOf(local, client, sequence);
  const fields = {
    source: local.address,
    destination: client.address,
    ttl: TTL,
    protocol: PROTOCOL_TCP,
    id: 0,
    trafficClass: 0,
  };
  return client.address.length === 4
    ? buildIpv4Packet(fields, segment)
    : buildIpv6Packet(fields, segment);
}

function segmentOf(from: ConnectionEnd, to: ConnectionEnd, sequence: number): Uint8Array {
  const segment = new Uint8Array(HEADER_BYTES);
  const view = new DataView(segment.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, sequence);
  segment[12] = OFFSET;
  segment[13] = FLAG_ACK;
  view.setUint16(14, WINDOW);
  const before = pseudoHeader(from.address, to.address, PROTOCOL_TCP, segment.length);
  view.setUint16(16, internetChecksum(before, segment));
  return segment;
}
