// Adverts of this node as packets: one to the multicast group, or one to each unicast peer.
import type { IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { Advert } from "../vrrp/advert.ts";
import { buildPacket } from "../vrrp/build-packet.ts";
import type { OutgoingPacket } from "../vrrp/packet.ts";

/** What an instance says of itself with this priority. */
export function advertOf(instance: InstanceConfiguration, priority: number): Advert {
  return {
    version: instance.version,
    family: instance.family,
    vrid: instance.vrid,
    priority,
    intervalMs: instance.advertIntervalMs,
    vips: instance.vips.map((vip) => vip.address),
  };
}

/** Builds the packets of adverts, and counts them. */
export class Outbound {
  readonly #sent = new Map<string, number>();
  readonly #ids = new Map<string, number>();

  /** One packet for each destination. */
  packets(
    instance: InstanceConfiguration,
    priority: number,
    source: IpBytes,
  ): readonly OutgoingPacket[] {
    const advert = advertOf(instance, priority);
    return destinationsOf(instance).map((destination) =>
      buildPacket(instance, { advert, source, destination, id: this.#nextId(instance.name) }),
    );
  }

  /** Notes that adverts of this instance went out. */
  count(instance: string): void {
    this.#sent.set(instance, this.sentCount(instance) + 1);
  }

  /** Adverts sent, those of priority 0 included. */
  sentCount(instance: string): number {
    return this.#sent.get(instance) ?? 0;
  }

  /** Identification of the IPv4 header, 1..65535 as Keepalived counts it. */
  #nextId(instance: string): number {
    const id = ((this.#ids.get(instance) ?? 0) % 0xffff) + 1;
    this.#ids.set(instance, id);
    return id;
  }
}

function destinationsOf(instance: InstanceConfiguration): readonly IpBytes[] {
  return instance.unicast?.peers.map((peer) => peer.address) ?? [instance.multicastGroup];
}
