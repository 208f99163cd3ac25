// `use_vmac`: a macvlan with the virtual router's MAC address (RFC 9568 §7.3), made and tuned as
// Keepalived 2.2.7 does it, but for its mode, rp_filter and arp_announce.
import type { Millis } from "../../src/base/units.ts";
import type { InstanceConfiguration, VmacSettings } from "../config/model/instance.ts";
import { VIP_RETRY_FIRST_MS, VIP_RETRY_MAX_MS } from "../limits.ts";
import type { KernelView } from "./kernel-view.ts";
import type { VipEffect } from "./vip-events.ts";

/** `00:00:5e:00:01:33`. */
export function printMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/**
 * Makes the macvlan of an instance. Mode bridge: a private one takes all multicast that carries its own
 * MAC address as sender (macvlan_handle_frame of Linux), the adverts of the other node among it, and
 * the parent, where adverts are read, would not see them.
 */
export function vmacCreation(
  instance: InstanceConfiguration,
  vmac: VmacSettings,
): readonly VipEffect[] {
  const { device } = vmac;
  const parent = instance.interface;
  const link = ["link", "add", "link", parent, "name", device];
  return [
    ip([...link, "address", printMac(vmac.address), "type", "macvlan", "mode", "bridge"]),
    // No address but the VIPs may appear on it.
    ip(["link", "set", device, "addrgenmode", "none"]),
    ...(instance.family === 4 ? ipv4Sysctls(parent, device) : []),
    ip(["link", "set", device, "up"]),
  ];
}

function ip(words: readonly string[]): VipEffect {
  return { kind: "ip", words };
}

/**
 * Each of the two interfaces answers only for its own addresses. rp_filter: packets arrive at the
 * macvlan whose answers leave through the parent; 2 (loose) also wins over an `all` of 1, so that
 * `all` can stay as it is. arp_announce: when such an answer first needs a neighbour, the parent's
 * question must not give the VIP as its own address, which would put the parent's MAC address into
 * the neighbour's cache (seen with Keepalived 2.2.7).
 */
function ipv4Sysctls(parent: string, device: string): readonly VipEffect[] {
  return [
    sysctl(parent, "arp_ignore", "1"),
    sysctl(parent, "arp_filter", "1"),
    sysctl(parent, "arp_announce", "2"),
    sysctl(device, "arp_ignore", "1"),
    sysctl(device, "accept_local", "1"),
    sysctl(device, "rp_filter", "2"),
    sysctl(device, "promote_secondaries", "1"),
  ];
}

function sysctl(device: string, name: string, value: string): VipEffect {
  return { kind: "sysctl", path: `net/ipv4/conf/${device}/${name}`, value };
}

/** The sysctl of `promote_secondaries`: the end of a first address does not take the others along. */
export function promotesSecondaries(device: string): VipEffect {
  return sysctl(device, "promote_secondaries", "1");
}

/** Removes a macvlan. */
export function vmacRemovalWords(device: string): readonly string[] {
  return ["link", "del", device];
}

interface Vmac {
  readonly instance: InstanceConfiguration;
  readonly settings: VmacSettings;
  retryAtMs: Millis | undefined;
}

/** The macvlans of all instances, there from the start to the stop. */
export class Vmacs {
  readonly #kernel: KernelView;
  readonly #push: (effect: VipEffect) => void;
  readonly #vmacs = new Map<string, Vmac>();

  constructor(kernel: KernelView, push: (effect: VipEffect) => void) {
    this.#kernel = kernel;
    this.#push = push;
  }

  /** Makes what is new, removes what is no more. What an earlier run left is made anew. */
  apply(instances: readonly InstanceConfiguration[]): void {
    const wanted = new Map<string, Vmac>();
    for (const instance of instances) {
      const settings = instance.vmac;
      if (settings === undefined) continue;
      wanted.set(settings.device, { instance, settings, retryAtMs: undefined });
    }
    for (const [device, vmac] of this.#vmacs) {
      const next = wanted.get(device);
      if (next !== undefined && isSameVmac(next, vmac)) continue;
      this.#push(ip(vmacRemovalWords(device)));
      this.#vmacs.delete(device);
    }
    for (const [device, vmac] of wanted) {
      if (this.#vmacs.has(device)) continue;
      if (this.#kernel.link(device) !== undefined) {
        this.#push(ip(vmacRemovalWords(device)));
      }
      this.#vmacs.set(device, vmac);
      this.#make(vmac);
    }
  }

  /** Removes all. */
  end(): void {
    for (const device of this.#vmacs.keys()) {
      this.#push(ip(vmacRemovalWords(device)));
    }
    this.#vmacs.clear();
  }

  /** The MAC address of a macvlan of ours. */
  macOf(device: string): Uint8Array | undefined {
    return this.#vmacs.get(device)?.settings.address;
  }

  /** A parent came back: its macvlans went with it. */
  onLinkAppeared(name: string): void {
    for (const [device, vmac] of this.#vmacs) {
      if (vmac.instance.interface === name && this.#kernel.link(device) === undefined) {
        this.#make(vmac);
      }
    }
  }

  /** A macvlan went: it is made again, unless its parent went first. */
  onLinkRemoved(name: string, nowMs: Millis): void {
    const vmac = this.#vmacs.get(name);
    if (vmac !== undefined) vmac.retryAtMs = nowMs + VIP_RETRY_FIRST_MS;
  }

  /** A command failed that was to make one; `true` when it was. */
  onFailed(words: readonly string[], nowMs: Millis): boolean {
    const device = words[2] === "link" ? words[5] : words[2];
    const vmac = words[0] === "link" ? this.#vmacs.get(device ?? "") : undefined;
    if (vmac === undefined) return false;
    vmac.retryAtMs ??= nowMs + VIP_RETRY_MAX_MS;
    return true;
  }

  onTimer(nowMs: Millis): void {
    for (const [device, vmac] of this.#vmacs) {
      if (vmac.retryAtMs === undefined || vmac.retryAtMs > nowMs) continue;
      vmac.retryAtMs = undefined;
      if (this.#kernel.link(device) === undefined) this.#make(vmac);
    }
  }

  nextMs(): Millis {
    const due = [...this.#vmacs.values()].map((vmac) => vmac.retryAtMs ?? Infinity);
    return Math.min(Infinity, ...due);
  }

  /** Removals of all macvlans that may be there. */
  will(): readonly (readonly string[])[] {
    return [...this.#vmacs.keys()].map(vmacRemovalWords);
  }

  #make(vmac: Vmac): void {
    if (this.#kernel.isGone(vmac.instance.interface)) return;
    vmac.retryAtMs = undefined;
    for (const effect of vmacCreation(vmac.instance, vmac.settings)) this.#push(effect);
  }
}

function isSameVmac(one: Vmac, other: Vmac): boolean {
  return (
    one.instance.interface === other.instance.interface &&
    one.instance.family === other.instance.family &&
    printMac(one.settings.address) === printMac(other.settings.address)
  );
}
