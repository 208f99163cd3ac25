// Which address adverts come from, and whether an interface has one: the first of its family that is
// not a VIP, link-local for IPv6 (RFC 9568 §5.1.1.1, §5.1.2.1).
import { printIp, type IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import type { KernelAddress } from "../vip/vip-events.ts";

/** The addresses of this node's kernel, in the order in which they came, per device. */
export class KnownAddresses {
  readonly #devices = new Map<string, KernelAddress[]>();

  add(address: KernelAddress): void {
    const list = this.#devices.get(address.device) ?? [];
    this.#devices.set(address.device, list);
    if (!list.some((known) => isSame(known, address))) list.push(address);
  }

  remove(address: KernelAddress): void {
    const list = this.#devices.get(address.device) ?? [];
    this.#devices.set(
      address.device,
      list.filter((known) => !isSame(known, address)),
    );
  }

  replace(addresses: readonly KernelAddress[]): void {
    this.#devices.clear();
    for (const address of addresses) this.add(address);
  }

  removeDevice(device: string): void {
    this.#devices.delete(device);
  }

  /** The address that adverts of this instance come from; `undefined` while the interface has none. */
  sourceOf(instance: InstanceConfiguration): IpBytes | undefined {
    if (instance.sourceIp !== undefined) return instance.sourceIp;
    const bytes = instance.family === 4 ? 4 : 16;
    const candidates = (this.#devices.get(instance.interface) ?? [])
      .map(({ address }) => address)
      .filter((address) => address.length === bytes && (bytes === 4 || isLinkLocal(address)));
    const vips = new Set(
      [...instance.vips, ...instance.excludedVips].map((vip) => printIp(vip.address)),
    );
    const own = candidates.find((address) => !vips.has(printIp(address)));
    // Only an address owner has nothing but its VIP (RFC 9568 §1.6).
    return own ?? (instance.priority === 255 ? candidates[0] : undefined);
  }
}

function isSame(a: KernelAddress, b: KernelAddress): boolean {
  return a.prefixLength === b.prefixLength && printIp(a.address) === printIp(b.address);
}

function isLinkLocal(address: IpBytes): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}
