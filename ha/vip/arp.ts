// Gratuitous ARP (RFC 5227 §3, RFC 826): a request for one's own address, which every host that has
// the address in its cache takes as news. Keepalived sends the same frame.
import type { IpBytes } from "../../src/base/ip.ts";

const FRAME_BYTES = 42;

/** The whole Ethernet frame, to the broadcast address. `mac` has 6 bytes, `address` 4. */
export function gratuitousArpFrame(mac: Uint8Array, address: IpBytes): Uint8Array {
  if (mac.length !== 6 || address.length !== 4) {
    throw new RangeError("a gratuitous ARP needs an Ethernet and an IPv4 address");
  }
  const frame = new Uint8Array(FRAME_BYTES);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.set([0x08, 0x06], 12);
  // Hardware Ethernet, protocol IPv4, lengths 6 and 4, operation 1: request.
  frame.set([0, 1, 0x08, 0, 6, 4, 0, 1], 14);
  frame.set(mac, 22);
  frame.set(address, 28);
  frame.fill(0xff, 32, 38);
  frame.set(address, 38);
  return frame;
}
