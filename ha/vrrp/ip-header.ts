// The IP headers around VRRP messages: RFC 791 §3.1, RFC 8200 §3, with the values of RFC 9568 §5.1.
import type { IpBytes } from "../../src/base/ip.ts";
import { internetChecksum } from "./checksum.ts";

/** Precedence "internetwork control", as routing protocols have it (RFC 791 §3.1). */
const TRAFFIC_CLASS = 0xc0;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** The fields of a header that vary. */
export interface IpHeaderFields {
  readonly source: IpBytes;
  readonly destination: IpBytes;
  /** TTL or hop limit, 1..255. */
  readonly ttl: number;
  readonly protocol: number;
  /** IPv4 identification, 0..65535. The kernel chooses one for 0. */
  readonly id: number;
  /** Type of service or traffic class, 0..255; that of routing protocols when absent. */
  readonly trafficClass?: number;
}

/** A packet as an IPv4 header and what follows it. */
export interface Ipv4Packet {
  readonly source: IpBytes;
  readonly destination: IpBytes;
  readonly ttl: number;
  readonly protocol: number;
  /** Shares memory with the packet. */
  readonly payload: Uint8Array;
}

/** An IPv4 packet: no options, no fragmentation flags. */
export function buildIpv4Packet(fields: IpHeaderFields, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(IPV4_HEADER_BYTES + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  packet[1] = fields.trafficClass ?? TRAFFIC_CLASS;
  view.setUint16(2, packet.length);
  view.setUint16(4, fields.id);
  packet[8] = fields.ttl;
  packet[9] = fields.protocol;
  packet.set(fields.source, 12);
  packet.set(fields.destination, 16);
  view.setUint16(10, internetChecksum(packet.subarray(0, IPV4_HEADER_BYTES)));
  packet.set(payload, IPV4_HEADER_BYTES);
  return packet;
}

/** An IPv6 packet without extension headers; flow label 0. */
export function buildIpv6Packet(fields: IpHeaderFields, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(IPV6_HEADER_BYTES + payload.length);
  const trafficClass = fields.trafficClass ?? TRAFFIC_CLASS;
  packet[0] = 0x60 | (trafficClass >> 4);
  packet[1] = (trafficClass & 0xf) << 4;
  new DataView(packet.buffer).setUint16(4, payload.length);
  packet[6] = fields.protocol;
  packet[7] = fields.ttl;
  packet.set(fields.source, 8);
  packet.set(fields.destination, 24);
  packet.set(payload, IPV6_HEADER_BYTES);
  return packet;
}

/**
 * Takes an IPv4 packet apart as a raw socket delivers it: reassembled, with its header. `undefined`
 * for what is none. Bytes behind the total length (padding of a link) are left out.
 */
export function readIpv4Packet(bytes: Uint8Array): Ipv4Packet | undefined {
  if (bytes.length < IPV4_HEADER_BYTES || bytes[0]! >> 4 !== 4) return undefined;
  const headerBytes = (bytes[0]! & 0xf) * 4;
  const totalBytes = (bytes[2]! << 8) | bytes[3]!;
  if (headerBytes < IPV4_HEADER_BYTES || totalBytes < headerBytes) return undefined;
  if (totalBytes > bytes.length) return undefined;
  return {
    source: Uint8Array.from(bytes.subarray(12, 16)),
    destination: Uint8Array.from(bytes.subarray(16, 20)),
    ttl: bytes[8]!,
    protocol: bytes[9]!,
    payload: bytes.subarray(headerBytes, totalBytes),
  };
}
