// The checksum of the Internet protocols (RFC 1071), and the pseudo headers that VRRP puts before a
// message: RFC 9568 §5.2.8, RFC 8200 §8.1.
import type { IpBytes } from "../../src/base/ip.ts";

/** IP protocol number of VRRP (RFC 9568 §5.1). */
export const PROTOCOL_VRRP = 112;

/**
 * The one's complement of the one's complement sum of 16-bit words, as if the parts stood one after
 * another. Every part but the last has an even length; an odd last byte is padded with zero.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    const evenLength = part.length & ~1;
    for (let i = 0; i < evenLength; i += 2) sum += (part[i]! << 8) | part[i + 1]!;
    if (evenLength < part.length) sum += part[evenLength]! << 8;
  }
  // 65,535 bytes make a sum below 2^31: two folds take all carries.
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * What stands before a message of `length` bytes while its checksum is computed: 12 bytes for IPv4
 * addresses, 40 for IPv6 addresses.
 */
export function pseudoHeader(
  source: IpBytes,
  destination: IpBytes,
  protocol: number,
  length: number,
): Uint8Array {
  if (source.length === 4) {
    const header = new Uint8Array(12);
    header.set(source, 0);
    header.set(destination, 4);
    header[9] = protocol;
    new DataView(header.buffer).setUint16(10, length);
    return header;
  }
  const header = new Uint8Array(40);
  header.set(source, 0);
  header.set(destination, 16);
  new DataView(header.buffer).setUint32(32, length);
  header[39] = protocol;
  return header;
}
