// A VRRP packet as it comes from the network and as it goes out.
import type { IpBytes } from "../../src/base/ip.ts";

/** What a socket delivered, before any check of ours. */
export interface ReceivedPacket {
  readonly family: 4 | 6;
  /** The interface it came in on. */
  readonly interface: string;
  readonly source: IpBytes;
  /** `undefined` where the socket cannot tell (IPv6 raw sockets). */
  readonly destination: IpBytes | undefined;
  /** TTL or hop limit; `undefined` where the socket cannot tell. */
  readonly ttl: number | undefined;
  /** The bytes after the IP header. */
  readonly payload: Uint8Array;
}

/** A packet to be sent: IP header included, so that source and TTL are ours. */
export interface OutgoingPacket {
  readonly family: 4 | 6;
  /** Where it leaves; a macvlan with `use_vmac`. */
  readonly interface: string;
  readonly destination: IpBytes;
  /** Complete: IPv4 or IPv6 header, VRRP message, checksums. */
  readonly bytes: Uint8Array;
}
