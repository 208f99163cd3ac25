// What must hold of a pair that was broken and mended.
import { readdirSync, readFileSync } from "node:fs";
import type { Cluster } from "../../lab/cluster.ts";
import { NODE_NAMES, VIP, type NodeName } from "../../lab/configuration.ts";
import type { Fleet } from "../../lab/fleet.ts";
import { tableOf } from "../../lab/runtime.ts";
import type { Probe } from "../../lab/probe.ts";
import { waitFor } from "../../support/wait-for.ts";

/** What is looked at, by the order in which it is waited for. */
export type Invariant = "one VIP" | "clients back" | "equal tables" | "processes" | "addresses";

/** One that did not come to hold again. */
export class Violation extends Error {
  readonly invariant: Invariant | "descriptors" | "left behind";

  constructor(invariant: Violation["invariant"], found: string) {
    super(`${invariant}: ${found}`);
    this.invariant = invariant;
  }
}

/** What a node has when nothing is wrong. */
export interface Inventory {
  /** Names of processes, sorted. */
  readonly processes: Readonly<Record<NodeName, string>>;
  /** Addresses but the VIP, sorted. */
  readonly addresses: Readonly<Record<NodeName, string>>;
}

const SETTLE_MS = 60_000;

/** Reads the inventory of a pair that is whole. */
export async function takeInventory(cluster: Cluster): Promise<Inventory> {
  return {
    processes: { lb1: await processesOf(cluster, "lb1"), lb2: await processesOf(cluster, "lb2") },
    addresses: { lb1: await addressesOf(cluster, "lb1"), lb2: await addressesOf(cluster, "lb2") },
  };
}

/** Waits until everything holds; rejects with a `Violation`. Gives how long it took, ms. */
export async function settle(
  cluster: Cluster,
  { fleet, probe }: { readonly fleet: Fleet; readonly probe: Probe },
  wanted: Inventory,
): Promise<number> {
  const startedMs = Date.now();
  await holds("one VIP", async () => {
    const holders = await holdersOf(cluster);
    if (holders.length !== 1) return `held by ${holders.join(" and ") || "nobody"}`;
    const last = probe.served(startedMs).at(-1);
    return last?.node === holders[0] ? "" : `newcomers are served by ${last?.node ?? "nobody"}`;
  });
  const servedMs = Date.now();
  await holds("clients back", () => {
    const { size } = fleet.places();
    return fleet.isWhole(servedMs) ? "" : `${size} of ${fleet.count} are connected`;
  });
  const backMs = Date.now();
  await holds("equal tables", async () => (await compareTables(cluster)).difference);
  for (const name of NODE_NAMES) {
    await holds("processes", async () => {
      const found = await processesOf(cluster, name);
      return found === wanted.processes[name]
        ? ""
        : `${name} has ${found}, expected ${wanted.processes[name]}`;
    });
    await holds("addresses", async () => {
      const found = await addressesOf(cluster, name);
      return found === wanted.addresses[name]
        ? ""
        : `${name} has ${found}, expected ${wanted.addresses[name]}`;
    });
  }
  const holders = await holdersOf(cluster);
  if (holders.length !== 1) throw new Violation("one VIP", `held by ${holders.join(" and ")}`);
  return backMs - startedMs;
}

/** Waits until `look` finds nothing to say. */
async function holds(invariant: Invariant, look: () => Promise<string> | string): Promise<void> {
  let found = "";
  await waitFor(
    async () => {
      found = await look();
      return found === "";
    },
    { timeoutMs: SETTLE_MS, intervalMs: 100 },
  ).catch(() => {
    throw new Violation(invariant, found);
  });
}

async function holdersOf(cluster: Cluster): Promise<readonly NodeName[]> {
  const held = await Promise.all(NODE_NAMES.map((name) => cluster.lan.host(name).hasAddress(VIP)));
  return NODE_NAMES.filter((_, index) => held[index]);
}

/** What the nodes' tables say of each other's entries. */
interface Comparison {
  /** Of a device that is connected; empty when there is no difference. */
  readonly difference: string;
  /** Entries of newcomers, who never come back, that one node alone has. */
  readonly oneSided: number;
}

/** New entries come all the time: what one node had must be found at the other a moment later. */
async function compareTables({ lan }: Cluster): Promise<Comparison> {
  const read = (): Promise<ReadonlyMap<string, string>[]> =>
    Promise.all(NODE_NAMES.map((name) => tableOf(lan.host(name))));
  const before = await read();
  const after = await read();
  let difference = "";
  let oneSided = 0;
  for (const [index, name] of NODE_NAMES.entries()) {
    const other = after[1 - index]!;
    for (const [key, server] of before[index]!) {
      const found = other.get(key);
      if (found === server) continue;
      if (!key.startsWith("device-")) oneSided += 1;
      else
        difference = `"${key}" is of server ${server} on ${name}, of ${found ?? "none"} beside it`;
    }
  }
  return { difference, oneSided };
}

/** Entries of newcomers that one node alone has: a node that is killed may not have sent its last ones. */
export async function oneSidedCount(cluster: Cluster): Promise<number> {
  return (await compareTables(cluster)).oneSided;
}

async function addressesOf({ lan }: Cluster, name: NodeName): Promise<string> {
  const shown = await lan.host(name).mustRun("ip", "-o", "address", "show");
  const found = Array.from(shown.matchAll(/inet6? (\S+)/g), ([, address]) => address!);
  return found
    .filter((address) => !address.startsWith(`${VIP}/`))
    .sort()
    .join(" ");
}

async function processesOf({ lan }: Cluster, name: NodeName): Promise<string> {
  const names = (await lan.host(name).pids()).flatMap((pid) => programOf(pid) ?? []);
  return names.sort().join(" ");
}

function programOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
    const script = words.find((word) => /\.m?js$/.test(word)) ?? words[0] ?? "";
    const name = script.slice(script.lastIndexOf("/") + 1);
    // A command that this program runs there at this moment is none of the node's.
    return ["ss", "table.mjs", "timeout", ""].includes(name) ? undefined : name;
  } catch {
    // It has ended while it was looked at.
    return undefined;
  }
}

/** How many descriptors the processes of a part of a node have, the fewest of some looks. */
export async function descriptorsOf(
  cluster: Cluster,
  name: NodeName,
  part: "guard" | "agent" | "balancer",
): Promise<number> {
  let fewest = Infinity;
  const lookMs = Date.now();
  await waitFor(
    async () => {
      const pids = await cluster.member(name).pids(part);
      const count = pids.reduce((sum, pid) => sum + openCount(pid), 0);
      fewest = Math.min(fewest, count);
      return Date.now() - lookMs > LOOKS_MS;
    },
    { intervalMs: 50 },
  );
  return fewest;
}

const LOOKS_MS = 3_000;

function openCount(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
