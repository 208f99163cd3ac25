// What is known of the kernel's addresses and links.
import type { IpBytes } from "../../src/base/ip.ts";
import { placeKey } from "./commands.ts";
import type { KernelAddress, KernelLink } from "./vip-events.ts";

/** Follows notices and snapshots. */
export class KernelView {
  /** By place; the same address may be there with several prefix lengths. */
  readonly #addresses = new Map<string, KernelAddress[]>();
  readonly #links = new Map<string, KernelLink>();
  readonly #gone = new Set<string>();

  /** The address as the kernel shows it, on this device. */
  find(device: string, address: IpBytes): KernelAddress | undefined {
    return this.#addresses.get(placeKey(device, address))?.[0];
  }

  add(address: KernelAddress): void {
    const key = placeKey(address.device, address.address);
    const others = (this.#addresses.get(key) ?? []).filter(
      (other) => other.prefixLength !== address.prefixLength,
    );
    this.#addresses.set(key, [...others, address]);
  }

  remove(address: KernelAddress): void {
    const key = placeKey(address.device, address.address);
    const others = (this.#addresses.get(key) ?? []).filter(
      (other) => other.prefixLength !== address.prefixLength,
    );
    if (others.length > 0) this.#addresses.set(key, others);
    else this.#addresses.delete(key);
  }

  /** A snapshot: all there is. */
  replace(addresses: readonly KernelAddress[]): void {
    this.#addresses.clear();
    for (const address of addresses) this.add(address);
  }

  link(name: string): KernelLink | undefined {
    return this.#links.get(name);
  }

  setLink(link: KernelLink): void {
    this.#links.set(link.name, link);
    this.#gone.delete(link.name);
  }

  /** With its link an address goes, too. */
  removeLink(name: string): void {
    this.#links.delete(name);
    this.#gone.add(name);
    for (const [key, addresses] of this.#addresses) {
      if (addresses[0]?.device === name) this.#addresses.delete(key);
    }
  }

  /** Whether the link was there and is not any more. A link nobody spoke of may be there. */
  isGone(name: string): boolean {
    return this.#gone.has(name);
  }
}

/** Whether two links have the same address, or both none. */
export function isSameMac(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
