// Which instances of two files are the same virtual router.
import type { AgentConfiguration } from "../model/configuration.ts";
import type { InstanceConfiguration } from "../model/instance.ts";
import { isSameBytes } from "./lint.ts";

/** One virtual router as each of the two nodes' files describes it. */
export interface InstancePair {
  readonly first: InstanceConfiguration;
  readonly second: InstanceConfiguration;
}

/** What belongs together, and what has no counterpart. */
export interface Pairing {
  readonly pairs: readonly InstancePair[];
  readonly onlyFirst: readonly InstanceConfiguration[];
  readonly onlySecond: readonly InstanceConfiguration[];
}

/**
 * Pairs by VRID and family; what is left by a common VIP or, last, by name, so that a mistyped VRID
 * is told as such. With the same VRID on several interfaces the name, then a common VIP decides.
 */
export function pairInstances(first: AgentConfiguration, second: AgentConfiguration): Pairing {
  const pairs: InstancePair[] = [];
  let restA = [...first.instances];
  let restB = [...second.instances];
  for (const isPair of [isSameRouter, isSameVrid, hasCommonVip, isSameName]) {
    for (const a of restA) {
      const b = restB.find((candidate) => a.family === candidate.family && isPair(a, candidate));
      if (b === undefined) continue;
      pairs.push({ first: a, second: b });
      restA = restA.filter((instance) => instance !== a);
      restB = restB.filter((instance) => instance !== b);
    }
  }
  return { pairs, onlyFirst: restA, onlySecond: restB };
}

function isSameRouter(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  return isSameVrid(a, b) && (isSameName(a, b) || hasCommonVip(a, b));
}

function isSameVrid(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  return a.vrid === b.vrid;
}

function hasCommonVip(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  return a.vips.some((vip) => b.vips.some(({ address }) => isSameBytes(address, vip.address)));
}

function isSameName(a: InstanceConfiguration, b: InstanceConfiguration): boolean {
  return a.name === b.name;
}
