// An advert as a whole packet, ready for a socket that takes the IP header from us.
import type { IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { Advert } from "./advert.ts";
import { PROTOCOL_VRRP } from "./checksum.ts";
import { encodeAdvert } from "./codec.ts";
import { buildIpv4Packet, buildIpv6Packet } from "./ip-header.ts";
import type { OutgoingPacket } from "./packet.ts";

/** RFC 9568 §5.1.1.3, §5.1.2.3: a receiver discards anything else. */
const TTL_MULTICAST = 255;

/** What of a packet is not in the configuration. */
export interface PacketFields {
  readonly advert: Advert;
  readonly source: IpBytes;
  /** The multicast group, or one unicast peer. */
  readonly destination: IpBytes;
  /** IPv4 identification, 1..65535. */
  readonly id: number;
}

/** The packet of one advert to one destination. */
export function buildPacket(
  instance: Pick<
    InstanceConfiguration,
    "interface" | "vmac" | "unicast" | "authentication" | "checksumForm"
  >,
  { advert, source, destination, id }: PacketFields,
): OutgoingPacket {
  const { vmac, unicast, authentication, checksumForm } = instance;
  const message = encodeAdvert(advert, { authentication, checksumForm, source, destination });
  const ttl = unicast?.ttl ?? TTL_MULTICAST;
  const fields = { source, destination, ttl, protocol: PROTOCOL_VRRP, id };
  return {
    family: advert.family,
    interface: vmac === undefined || vmac.sendsOnParent ? instance.interface : vmac.device,
    destination,
    bytes:
      advert.family === 4 ? buildIpv4Packet(fields, message) : buildIpv6Packet(fields, message),
  };
}
