// Who of two virtual routers is the stronger one.
import type { IpBytes } from "../../src/base/ip.ts";

/** How a rival's advert stands to us; `self`: our own priority from our own address. */
export type Standing = "stronger" | "weaker" | "self";

/** One side of a comparison. */
export interface Contender {
  readonly priority: number;
  /** `undefined` while it has none: the other side is stronger at equal priority. */
  readonly source: IpBytes | undefined;
}

/**
 * Compares priorities, then addresses as unsigned numbers in network order (RFC 9568 §6.4.3,
 * RFC 3768 §6.4.3).
 */
export function standingOf(
  rival: Contender & { readonly source: IpBytes },
  own: Contender,
): Standing {
  if (rival.priority !== own.priority) return rival.priority > own.priority ? "stronger" : "weaker";
  if (own.source === undefined) return "stronger";
  const order = compareIp(rival.source, own.source);
  if (order === 0) return "self";
  return order > 0 ? "stronger" : "weaker";
}

/** Negative, 0 or positive as `a` is below, equal to or above `b` in network order. */
export function compareIp(a: IpBytes, b: IpBytes): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
