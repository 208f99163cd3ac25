// What the kernel permits this process beyond an ordinary user (capabilities(7)).
import { readFileSync } from "node:fs";

/** Those that an agent needs. */
export type CapabilityName = "CAP_NET_ADMIN" | "CAP_NET_RAW";

/** Bits of the masks in /proc/PID/status (linux/capability.h). */
const BITS: Readonly<Record<CapabilityName, bigint>> = {
  CAP_NET_ADMIN: 12n,
  CAP_NET_RAW: 13n,
};

/** Those of `needed` that this process does not have; none where /proc does not tell. */
export function missingCapabilities(needed: readonly CapabilityName[]): readonly CapabilityName[] {
  try {
    return missingIn(readFileSync("/proc/self/status", "latin1"), needed);
  } catch {
    return [];
  }
}

/** Those of `needed` that the effective set in the text of /proc/PID/status lacks (proc(5)). */
export function missingIn(
  status: string,
  needed: readonly CapabilityName[],
): readonly CapabilityName[] {
  const match = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status);
  if (match === null) return [];
  const effective = BigInt(`0x${match[1]!}`);
  return needed.filter((name) => ((effective >> BITS[name]) & 1n) === 0n);
}
