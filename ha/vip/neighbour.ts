// Unsolicited neighbour advertisements (RFC 4861 §7.2.6): the gratuitous ARP of IPv6.
import type { IpBytes } from "../../src/base/ip.ts";
import { internetChecksum, pseudoHeader } from "../vrrp/checksum.ts";

const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const MESSAGE_BYTES = 32;
/** IP protocol number of ICMPv6. */
export const PROTOCOL_ICMPV6 = 58;
const TYPE_NEIGHBOUR_ADVERTISEMENT = 136;
/** RFC 4861 §4.4: not a router, not solicited, overrides what is cached. */
const FLAG_OVERRIDE = 0x20;
const OPTION_TARGET_LINK_ADDRESS = 2;
/** ff02::1, all nodes. */
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/**
 * The whole Ethernet frame, from the address itself to all nodes. `mac` has 6 bytes, `address` 16.
 */
export function neighbourAdvertisementFrame(mac: Uint8Array, address: IpBytes): Uint8Array {
  if (mac.length !== 6 || address.length !== 16) {
    throw new RangeError("a neighbour advertisement needs an Ethernet and an IPv6 address");
  }
  const frame = new Uint8Array(ETHERNET_BYTES + IPV6_BYTES + MESSAGE_BYTES);
  // RFC 2464 §7: 33:33 and the last four bytes of the group.
  frame.set([0x33, 0x33, 0, 0, 0, 1], 0);
  frame.set(mac, 6);
  frame.set([0x86, 0xdd], 12);
  // Version 6, payload length, next header, hop limit 255 (RFC 4861 §7.1.2 demands it).
  frame.set([0x60, 0, 0, 0, 0, MESSAGE_BYTES, PROTOCOL_ICMPV6, 255], ETHERNET_BYTES);
  frame.set(address, ETHERNET_BYTES + 8);
  frame.set(ALL_NODES, ETHERNET_BYTES + 24);
  frame.set(messageOf(mac, address), ETHERNET_BYTES + IPV6_BYTES);
  return frame;
}

function messageOf(mac: Uint8Array, address: IpBytes): Uint8Array {
  const message = new Uint8Array(MESSAGE_BYTES);
  message[0] = TYPE_NEIGHBOUR_ADVERTISEMENT;
  message[4] = FLAG_OVERRIDE;
  message.set(address, 8);
  // The option's length counts units of 8 bytes.
  message.set([OPTION_TARGET_LINK_ADDRESS, 1], 24);
  message.set(mac, 26);
  const before = pseudoHeader(address, ALL_NODES, PROTOCOL_ICMPV6, message.length);
  const checksum = internetChecksum(before, message);
  message.set([checksum >> 8, checksum & 0xff], 2);
  return message;
}
