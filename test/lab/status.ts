// How a lab stands, as its kernels and sockets tell.
import { readFileSync } from "node:fs";
import { runToEnd } from "../support/process.ts";
import { BROKER_NAMES, MQTT_PORT, NODE_NAMES, VIP } from "./configuration.ts";
import type { Kind } from "./member.ts";
import type { LabState } from "./state.ts";
import { machineStatuses } from "./vm/status.ts";

/** A node or broker of a lab. */
interface HostStatus {
  readonly host: string;
  /** Whether something listens for MQTT there. */
  readonly isListening: boolean;
  /** Names of the processes there. */
  readonly processes: readonly string[];
}

/** How a lab stands. */
export interface LabStatus {
  readonly name: string;
  readonly vip: string;
  readonly nodes: readonly (HostStatus & { readonly kind: Kind; readonly holdsVip: boolean })[];
  readonly brokers: readonly HostStatus[];
}

/** Looks into the namespaces of a lab. */
export async function statusOf(state: LabState): Promise<LabStatus> {
  const { machines } = state;
  return {
    name: state.name,
    vip: VIP,
    nodes: await (machines !== undefined
      ? machineStatuses(state, machines)
      : Promise.all(
          NODE_NAMES.map(async (host) => ({
            ...(await hostStatus(state, host)),
            kind: state.kinds[host],
            holdsVip: await holdsVip(namespaceOf(state, host)),
          })),
        )),
    brokers: await Promise.all(BROKER_NAMES.map((host) => hostStatus(state, host))),
  };
}

/** Exactly one node holds the VIP, and all that should listen does. */
export function isHealthy(status: LabStatus): boolean {
  const holders = status.nodes.filter(({ holdsVip }) => holdsVip);
  return (
    holders.length === 1 &&
    [...status.nodes, ...status.brokers].every(({ isListening }) => isListening)
  );
}

/** A status for people. */
export function statusText(status: LabStatus): string {
  const holders = status.nodes.filter(({ holdsVip }) => holdsVip).map(({ host }) => host);
  const vip = holders.length === 0 ? "held by nobody" : `held by ${holders.join(" and ")}`;
  const line = (one: HostStatus, note: string): string =>
    `  ${one.host.padEnd(9)}${note.padEnd(21)}${(one.isListening ? "listens" : "does not listen").padEnd(17)}${counted(one.processes)}`;
  return [
    `Lab "${status.name}": VIP ${status.vip} is ${vip}`,
    ...status.nodes.map((node) => line(node, node.kind)),
    ...status.brokers.map((broker) => line(broker, "broker")),
  ].join("\n");
}

async function hostStatus(state: LabState, host: string): Promise<HostStatus> {
  const namespace = namespaceOf(state, host);
  const [sockets, pids] = await Promise.all([
    ip("netns", "exec", namespace, "ss", "-Hltn", `sport = :${MQTT_PORT}`),
    ip("netns", "pids", namespace),
  ]);
  return {
    host,
    isListening: sockets.trim() !== "",
    processes: pids.split("\n").filter(Boolean).flatMap(processName),
  };
}

async function holdsVip(namespace: string): Promise<boolean> {
  return (await ip("-n", namespace, "-o", "address", "show")).includes(` ${VIP}/`);
}

function namespaceOf(state: LabState, host: string): string {
  const namespace = state.namespaces[host];
  if (namespace === undefined) throw new Error(`Lab ${state.name} has no host ${host}`);
  return namespace;
}

/** The name of a process; of one of Node's, the program and its first word. */
function processName(pid: string): string[] {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    if (name !== "node" && name !== "MainThread") return [name];
    const script = words.slice(1).find((word) => !word.startsWith("-")) ?? name;
    return [script.slice(script.lastIndexOf("/") + 1)];
  } catch {
    // It has ended while it was looked at.
    return [];
  }
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${name} × ${count}` : name)).join(", ");
}

async function ip(...args: readonly string[]): Promise<string> {
  return (await runToEnd({ command: "ip", args })).stdout;
}
