// Words for `ip`, from what the configuration says.
import { parseIp, printIp, type IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration, VipConfiguration } from "../config/model/instance.ts";
import type { KernelAddress } from "./vip-events.ts";

/** All VIPs of an instance, in file order, excluded ones last. */
export function vipsOf(instance: InstanceConfiguration): readonly VipConfiguration[] {
  return [...instance.vips, ...instance.excludedVips];
}

/** `10.0.0.100/24`. */
export function printKernelAddress(address: KernelAddress): string {
  return `${printIp(address.address)}/${address.prefixLength}`;
}

/** The same for one address on one device, whatever its prefix length. */
export function placeKey(device: string, address: IpBytes): string {
  return `${device} ${printIp(address)}`;
}

/**
 * Where a VIP lives and what the kernel shows of it. With `use_vmac` that is the macvlan, but only
 * for the instance's own family: its MAC address means the other family nothing (RFC 9568 §7.3).
 */
export function kernelAddressOf(
  instance: InstanceConfiguration,
  vip: VipConfiguration,
): KernelAddress {
  const isOwnFamily = vip.address.length === (instance.family === 4 ? 4 : 16);
  const vmac = isOwnFamily ? instance.vmac?.device : undefined;
  return {
    device: vip.device ?? vmac ?? instance.interface,
    address: vip.address,
    prefixLength: vip.peer === undefined ? vip.prefixLength : peerPrefixLength(vip.peer),
  };
}

/** The kernel's prefix length of an address with a peer is the peer's. */
function peerPrefixLength(peer: string): number {
  const [address = "", length] = peer.split("/");
  if (length !== undefined) return Number(length);
  return parseIp(address)?.length === 16 ? 128 : 32;
}

/** `ip address add` for a VIP. */
export function additionWords(
  instance: InstanceConfiguration,
  vip: VipConfiguration,
): readonly string[] {
  const words = ["address", "add", `${printIp(vip.address)}/${vip.prefixLength}`];
  if (vip.peer !== undefined) words.push("peer", vip.peer);
  words.push("dev", kernelAddressOf(instance, vip).device);
  if (vip.broadcast !== undefined) words.push("brd", vip.broadcast);
  if (vip.label !== undefined) words.push("label", vip.label);
  if (vip.scope !== undefined) words.push("scope", vip.scope);
  words.push(...flagWords(vip));
  const lifetime = vip.preferredLifetime ?? defaultLifetime(vip);
  if (lifetime !== undefined) words.push("preferred_lft", lifetime);
  return words;
}

/** A claimed IPv6 address must be usable at once: no duplicate address detection unless `-nodad`. */
function flagWords(vip: VipConfiguration): readonly string[] {
  const flags = vip.flags.filter((flag) => flag !== "-nodad" && flag !== "nodad");
  const isIpv6 = vip.address.length === 16;
  return isIpv6 && !vip.flags.includes("-nodad") ? [...flags, "nodad"] : flags;
}

/** An IPv6 VIP of /128 must not become the source of the node's own connections. */
function defaultLifetime(vip: VipConfiguration): string | undefined {
  return vip.address.length === 16 && vip.prefixLength === 128 ? "0" : undefined;
}

/** `ip address del` for a VIP as it was added. */
export function removalWords(
  instance: InstanceConfiguration,
  vip: VipConfiguration,
): readonly string[] {
  const peer = vip.peer === undefined ? [] : ["peer", vip.peer];
  const { device } = kernelAddressOf(instance, vip);
  const local = `${printIp(vip.address)}/${vip.prefixLength}`;
  return ["address", "del", local, ...peer, "dev", device];
}

/** `ip address del` for an address as the kernel shows it. */
export function kernelRemovalWords(address: KernelAddress): readonly string[] {
  return ["address", "del", printKernelAddress(address), "dev", address.device];
}

/** What comes with the VIPs of an instance: routes, then rules. */
export function extraAdditions(instance: InstanceConfiguration): readonly (readonly string[])[] {
  return [
    ...instance.virtualRoutes.map((words) => ["route", "replace", ...words]),
    // The kernel takes the same rule twice: the old one goes first.
    ...instance.virtualRules.flatMap((words) => [
      ["rule", "del", ...words],
      ["rule", "add", ...words],
    ]),
  ];
}

/** Takes back what `extraAdditions` did. */
export function extraRemovals(instance: InstanceConfiguration): readonly (readonly string[])[] {
  return [
    ...instance.virtualRules.map((words) => ["rule", "del", ...words]),
    ...instance.virtualRoutes.map((words) => ["route", "del", ...words]),
  ];
}

/**
 * The arguments of `vip-up` and `vip-down`: DEVICE, ADDRESS/LENGTH, then the further words of `ip`.
 * Expects words of `additionWords`, `removalWords` or `kernelRemovalWords`.
 */
export function scriptArguments(words: readonly string[]): readonly string[] {
  const [address = "", ...rest] = words.slice(2);
  const at = rest.indexOf("dev");
  return [rest[at + 1] ?? "", address, ...rest.slice(0, at), ...rest.slice(at + 2)];
}
