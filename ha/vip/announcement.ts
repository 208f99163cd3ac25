// One announcement of a VIP as an effect, and a set of them as Keepalived logs it.
import { printIp } from "../../src/base/ip.ts";
import { gratuitousArpFrame } from "./arp.ts";
import { neighbourAdvertisementFrame } from "./neighbour.ts";
import type { KernelAddress, VipEffect } from "./vip-events.ts";

/** A gratuitous ARP or an unsolicited NA that says: this address is at this MAC address (6 bytes). */
export function announcement(address: KernelAddress, mac: Uint8Array): VipEffect {
  const isIpv6 = address.address.length === 16;
  const bytes = isIpv6
    ? neighbourAdvertisementFrame(mac, address.address)
    : gratuitousArpFrame(mac, address.address);
  return { kind: "announce", address, frame: { device: address.device, bytes } };
}

/** Log lines for a set: one for each family, with Keepalived's words. */
export function announcementLines(addresses: readonly KernelAddress[]): readonly string[] {
  return [4, 16].flatMap((length) => {
    const ofFamily = addresses.filter(({ address }) => address.length === length);
    const [first] = ofFamily;
    if (first === undefined) return [];
    const what = length === 4 ? "gratuitous ARPs" : "unsolicited Neighbour Adverts";
    const more = ofFamily.length > 1 ? ` and ${ofFamily.length - 1} more` : "";
    return [`Sending/queueing ${what} on ${first.device} for ${printIp(first.address)}${more}`];
  });
}
