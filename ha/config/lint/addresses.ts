// Mistakes 10 and 11, and listeners on a VIP that is not here: addresses that do not answer.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { maskIp, printIp } from "../../../src/base/ip.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration, VipConfiguration } from "../model/instance.ts";
import { isSameBytes, warning, type LintFacts } from "./lint.ts";

/** Mistake 10: `vrrp_strict`, left from the sample file. */
export function* lintStrict(configuration: AgentConfiguration): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    if (!instance.isStrict) continue;
    const refused = [
      ...(instance.unicast === undefined ? [] : ["unicast_peer"]),
      ...(instance.authentication.kind === "none" ? [] : ["authentication"]),
      ...(instance.preemptDelayMs === 0 ? [] : ["preempt_delay"]),
      ...(instance.vips.length === 0 ? ["an instance without VIPs"] : []),
    ];
    const also = refused.length === 0 ? "" : `, and ${refused.join(", ")} is against its rules`;
    yield warning(
      instance.position,
      `(${instance.name}) vrrp_strict lets Keepalived drop every packet to the VIP unless the node ` +
        `has priority 255: clients and pings get no answer there, while Tandem answers${also}.`,
      "Remove 'vrrp_strict' from global_defs (or 'strict_mode' from the instance) on both nodes.",
    );
  }
}

/** What Keepalived does by nftables and Tandem does not: a VIP that is held answers. */
export function* lintNoAccept(configuration: AgentConfiguration): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    if (instance.isAccepting || instance.isStrict || instance.priority === 255) continue;
    yield warning(
      instance.position,
      `(${instance.name}) no_accept has no effect here: Tandem answers at a VIP that it holds, where ` +
        "Keepalived drops packets to it.",
      "Remove 'no_accept', or drop such packets by a firewall rule of your own.",
    );
  }
}

/** Mistake 11: no prefix length means a host route only. */
export function* lintMissingPrefixLength(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    const bare = [...instance.vips, ...instance.excludedVips].filter(
      (vip) => !vip.hasPrefixLength && !isNeverOnLink(vip),
    );
    if (bare.length === 0) continue;
    const first = bare[0]!;
    const names = bare.map(({ address }) => printIp(address)).join(", ");
    const length = first.address.length === 4 ? 32 : 128;
    yield warning(
      instance.position,
      `(${instance.name}) ${names} has no prefix length and is added as /${length}: the node has no ` +
        `route to the VIP's network through it, and answers may leave by another interface.`,
      `Write the length of the network, such as '${printIp(first.address)}/${networkLength(first, instance, facts)}', ` +
        `or '/${length}' if a host address is meant.`,
    );
  }
}

/** Link-local addresses need no network, and /128 is what people write for them. */
function isNeverOnLink({ address }: VipConfiguration): boolean {
  return address.length === 16 && address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

function networkLength(
  vip: VipConfiguration,
  instance: InstanceConfiguration,
  facts: LintFacts,
): number {
  const addresses = facts.interfaceAddresses?.(vip.device ?? instance.interface) ?? [];
  const match = addresses.find(
    ({ address, prefixLength }) =>
      address.length === vip.address.length &&
      prefixLength < address.length * 8 &&
      isSameBytes(maskIp(address, prefixLength), maskIp(vip.address, prefixLength)),
  );
  return match?.prefixLength ?? (vip.address.length === 4 ? 24 : 64);
}

/** A listener on the VIP opens on the node that does not have it only with `ip_nonlocal_bind`. */
export function* lintNonlocalBind(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    const bound = [...instance.vips, ...instance.excludedVips].find(({ address }) =>
      facts.balancerAddresses?.some((listener) => isSameBytes(listener, address)),
    );
    if (bound === undefined) continue;
    const family = bound.address.length === 4 ? 4 : 6;
    if (facts.bindsNonlocal?.(family) !== false) continue;
    const name = `net.ipv${family}.ip_nonlocal_bind`;
    yield warning(
      instance.position,
      `(${instance.name}) the balancer listens on the VIP ${printIp(bound.address)}, and ${name} is 0: ` +
        `it cannot start on the node that does not have the VIP.`,
      `Let it listen on '*', or write '${name} = 1' into a file of /etc/sysctl.d and run 'sysctl --system'.`,
    );
  }
}
