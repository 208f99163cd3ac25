// What the kernel permits this process beyond an ordinary user (capabilities(7)).
import { spawnSync } from "node:child_process";
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

/** Ports below 1024: all that a balancer needs of what a node is granted. */
const CAP_NET_BIND_SERVICE = 10n;
const SETPRIV_MS_MAX = 2_000;

/** How a balancer is started by a guard that was granted ambient capabilities. */
export interface BalancerPrivileges {
  /** Put before the command; empty when there is nothing to take away, or no way to. */
  readonly prefix: readonly string[];
  /** Why the balancer inherits all of them. */
  readonly problem: string | undefined;
}

/** The ambient set is inherited by whatever is started (capabilities(7)): the balancer reads foreign bytes. */
export function balancerPrivileges(): BalancerPrivileges {
  let prefix: readonly string[];
  try {
    prefix = reducingPrefix(readFileSync("/proc/self/status", "latin1"));
  } catch {
    return { prefix: [], problem: undefined };
  }
  const [setpriv, ...args] = prefix;
  if (setpriv === undefined) return { prefix, problem: undefined };
  // Tried with a program that does nothing: a balancer that cannot be started serves nobody.
  const tried = spawnSync(setpriv, [...args, "true"], {
    encoding: "utf8",
    timeout: SETPRIV_MS_MAX,
  });
  if (tried.status === 0) return { prefix, problem: undefined };
  return { prefix: [], problem: tried.error?.message ?? tried.stderr.trim() };
}

/** What leaves a child at most the ports below 1024, for the text of /proc/PID/status; empty without ambient set. */
export function reducingPrefix(status: string): readonly string[] {
  const match = /^CapAmb:\s*([0-9a-f]{1,16})$/m.exec(status);
  const ambient = match === null ? 0n : BigInt(`0x${match[1]!}`);
  const ports = ambient & (1n << CAP_NET_BIND_SERVICE);
  if (ambient === ports) return [];
  const kept = ports === 0n ? "-all" : "-all,+net_bind_service";
  return ["setpriv", "--ambient-caps", kept, "--inh-caps", kept, "--"];
}
