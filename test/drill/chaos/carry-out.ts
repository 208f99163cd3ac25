// Does what a step says to a cluster, and heals it: systemd's part, and that of whoever mends a cable.
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../../lab/cluster.ts";
import { balancerText, type BrokerName, type NodeName } from "../../lab/configuration.ts";
import { sendSignal } from "../../support/process.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { Fault, Step } from "./plan-step.ts";

/** `RestartSec` of the unit. */
const RESTART_MS = 1_000;
const STOP_MS = 30_000;

/** Carries out a step; resolves when all that it broke is mended, not when it has recovered. */
export async function carryOut(cluster: Cluster, { faults, apartMs }: Step): Promise<void> {
  await Promise.all(
    faults.map(async (fault, index) => {
      await sleep(index * apartMs);
      await inflict(cluster, fault);
    }),
  );
}

function inflict(cluster: Cluster, fault: Fault): Promise<void> {
  return fault.kind.endsWith("-broker")
    ? breakBroker(cluster, fault, fault.where as BrokerName)
    : breakNode(cluster, fault, fault.where as NodeName);
}

async function breakNode(
  cluster: Cluster,
  { kind, lastingMs }: Fault,
  name: NodeName,
): Promise<void> {
  const { lan } = cluster;
  const member = cluster.member(name);
  const signal = async (
    part: "guard" | "agent" | "balancer" | "all",
    what: NodeJS.Signals,
  ): Promise<void> => {
    for (const pid of await member.pids(part)) sendSignal(pid, what);
  };
  switch (kind) {
    case "kill-balancer":
      return signal("balancer", "SIGKILL");
    case "hang-balancer":
      return signal("balancer", "SIGSTOP");
    case "kill-agent":
      return signal("agent", "SIGKILL");
    case "hang-agent":
      return signal("agent", "SIGSTOP");
    case "kill-guard":
      await signal("guard", "SIGKILL");
      await sleep(RESTART_MS);
      await cluster.startNode(name);
      return;
    case "stop-and-start":
      member.terminate();
      await waitFor(() => member.hasEnded(), { timeoutMs: STOP_MS, what: `${name} to stop` });
      await sleep(lastingMs);
      await cluster.startNode(name);
      return;
    case "power-off":
      await lan.setCable(name, false);
      await signal("all", "SIGKILL");
      // A kernel that starts has none of the addresses that the former one had.
      for (const pid of await lan.host(name).pids()) sendSignal(pid, "SIGKILL");
      await lan.host(name).run("ip", "address", "del", `${cluster.vip}/24`, "dev", "eth0");
      await sleep(lastingMs);
      await lan.setCable(name, true);
      await cluster.startNode(name);
      return;
    case "freeze": {
      const pids = await member.pids("all");
      for (const pid of pids) sendSignal(pid, "SIGSTOP");
      await sleep(lastingMs);
      for (const pid of pids) sendSignal(pid, "SIGCONT");
      return;
    }
    case "cut-cable":
      await lan.setCable(name, false);
      await sleep(lastingMs);
      await lan.setCable(name, true);
      return;
    case "lose-vrrp":
      await lan.setVrrp(name, false);
      await sleep(lastingMs);
      await lan.setVrrp(name, true);
      return;
    default:
      return member.reload(balancerText(lan, name, lastingMs % 2 === 0));
  }
}

async function breakBroker(
  cluster: Cluster,
  { kind, lastingMs }: Fault,
  name: BrokerName,
): Promise<void> {
  const broker = cluster.brokers.get(name)!;
  if (kind === "kill-broker") {
    broker.kill("SIGKILL");
    await broker.exited;
    await sleep(lastingMs);
    return cluster.startBroker(name);
  }
  if (kind === "freeze-broker") {
    sendSignal(broker.pid, "SIGSTOP");
    await sleep(lastingMs);
    sendSignal(broker.pid, "SIGCONT");
    return;
  }
  await cluster.lan.setForwarding(name, false);
  await sleep(lastingMs);
  await cluster.lan.setForwarding(name, true);
}
