// Mistakes 12 and 14, as far as one node can know them: what neighbours advertise.
import type { Diagnostic } from "../../../src/base/diagnostic.ts";
import { printIp } from "../../../src/base/ip.ts";
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { isSameBytes, notice, warning, type AdvertHeard, type LintFacts } from "./lint.ts";

/** The number that most examples use, and that a neighbour most probably uses, too. */
const USUAL_VRID = 51;

/** Adverts of the other node of the pair: same VRID, and an address of ours in its list. */
export function heardRivals(
  instance: InstanceConfiguration,
  facts: LintFacts,
): readonly AdvertHeard[] {
  return heard(instance, facts).filter((advert) => isPair(instance, advert));
}

/** Mistake 12: equal priorities. */
export function* lintEqualPriorities(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  for (const instance of configuration.instances) {
    for (const rival of heardRivals(instance, facts)) {
      if (rival.priority === instance.priority)
        yield equalPriorities(instance, printIp(rival.source));
    }
  }
}

/** The finding that both nodes have the same priority; `other` names the other one. */
export function equalPriorities(instance: InstanceConfiguration, other: string): Diagnostic {
  return warning(
    instance.position,
    `(${instance.name}) has priority ${instance.priority}, and so has ${other}: which node becomes ` +
      `master is decided by who starts first and, when both are, by the higher address.`,
    `Give the node that is to be master the higher priority, such as ` +
      `'priority ${Math.min(254, instance.priority + 1)}', and write 'nopreempt' if that does not matter.`,
  );
}

/** Mistake 14: the VRID is a neighbour's. */
export function* lintForeignVrid(
  configuration: AgentConfiguration,
  facts: LintFacts,
): Iterable<Diagnostic> {
  const taken = new Set((facts.advertsHeard ?? []).map(({ vrid }) => vrid));
  for (const instance of configuration.instances) {
    const advice =
      `Write a number that nobody on ${instance.interface} uses, such as 'virtual_router_id ` +
      `${freeVrid(instance, taken)}', in the files of both nodes.`;
    const stranger = heard(instance, facts).find((advert) => !isPair(instance, advert));
    if (stranger !== undefined) {
      yield warning(
        instance.position,
        `(${instance.name}) VRID ${instance.vrid} is taken by ${printIp(stranger.source)} on ` +
          `${instance.interface}, which advertises ${stranger.vips.map(printIp).join(", ") || "nothing"}: ` +
          `the two routers would push each other out of MASTER.`,
        advice,
      );
    } else if (instance.vrid === USUAL_VRID && instance.unicast === undefined) {
      yield notice(
        instance.position,
        `(${instance.name}) VRID ${USUAL_VRID} over multicast is what most examples use: another ` +
          `pair on ${instance.interface} with the same number would push this one out of MASTER.`,
        advice,
      );
    }
  }
}

function heard(instance: InstanceConfiguration, facts: LintFacts): readonly AdvertHeard[] {
  return (facts.advertsHeard ?? []).filter(
    (advert) =>
      advert.interface === instance.interface &&
      advert.vrid === instance.vrid &&
      advert.family === instance.family,
  );
}

function isPair(instance: InstanceConfiguration, advert: AdvertHeard): boolean {
  if (instance.unicast !== undefined) {
    return instance.unicast.peers.some(({ address }) => isSameBytes(address, advert.source));
  }
  return advert.vips.some((vip) => instance.vips.some(({ address }) => isSameBytes(address, vip)));
}

/** A number that is neither heard nor that of the examples; the same for both nodes of a pair. */
function freeVrid(instance: InstanceConfiguration, taken: ReadonlySet<number>): number {
  const lastByte = instance.vips[0]?.address.at(-1) ?? 0;
  for (let step = 0; step < 255; step++) {
    const vrid = ((lastByte + 100 + step) % 255) + 1;
    if (!taken.has(vrid) && vrid !== USUAL_VRID && vrid !== instance.vrid) return vrid;
  }
  return instance.vrid;
}
