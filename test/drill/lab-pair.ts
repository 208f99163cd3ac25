// A pair in namespaces of this machine, as rows see it.
import { setTimeout as sleep } from "node:timers/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { askControl } from "../../src/base/io/control-client.ts";
import { Cluster, type ClusterOptions } from "../lab/cluster.ts";
import {
  balancerText,
  NODE_NAMES,
  SECOND_PORT,
  type BrokerName,
  type NodeName,
} from "../lab/configuration.ts";
import type { Part } from "../lab/member.ts";
import { sendSignal, startProcess } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import type { Pair, Role } from "./row.ts";

const RELOAD_MS = 30_000;
const LOOPS_PER_CPU = 4;
const NODES: Readonly<Record<Role, NodeName>> = { master: "lb1", backup: "lb2" };

/** lb1 is the master when it starts. */
export class LabPair implements Pair {
  readonly names = NODES;
  readonly lab: Cluster;

  private constructor(cluster: Cluster) {
    this.lab = cluster;
  }

  /** Brings it up; `endAll()` ends it. */
  static async start(options: ClusterOptions): Promise<LabPair> {
    const pair = new LabPair(await Cluster.start(options));
    await Promise.all(NODE_NAMES.map((name) => pair.lab.member(name).prepared()));
    return pair;
  }

  async signal(role: Role, part: Part, signal: NodeJS.Signals): Promise<number> {
    const pids = await this.lab.member(NODES[role]).pids(part);
    const atMs = Date.now();
    for (const pid of pids) sendSignal(pid, signal);
    return atMs;
  }

  stop(role: Role): Promise<number> {
    const atMs = Date.now();
    this.lab.member(NODES[role]).terminate();
    return Promise.resolve(atMs);
  }

  hasStopped(role: Role): Promise<boolean> {
    return Promise.resolve(this.lab.member(NODES[role]).hasEnded());
  }

  async start(role: Role): Promise<void> {
    await this.lab.startNode(NODES[role]);
  }

  async isFit(role: Role): Promise<boolean> {
    const folder = this.lab.member(NODES[role]).controlFolder;
    if (folder === undefined) return true;
    return isNodeFit(folder);
  }

  async reload(): Promise<number> {
    const host = this.lab.lan.host("lb1");
    const atMs = Date.now();
    await this.lab.member("lb1").reload(balancerText(this.lab.lan, "lb1", true));
    await waitFor(
      async () => (await host.mustRun("ss", "-Hltn", `sport = :${SECOND_PORT}`)).trim() !== "",
      { timeoutMs: RELOAD_MS, intervalMs: 50, what: "the new configuration to be in force" },
    );
    return atMs;
  }

  async servingCount(): Promise<number> {
    const host = this.lab.lan.host("lb1");
    const shown = await host.mustRun("ss", "-Htnp", "state", "established", "sport = :1883");
    return new Set(Array.from(shown.matchAll(/pid=(\d+)/g), ([, pid]) => pid)).size;
  }

  async cutPower(): Promise<number> {
    const pids = await this.lab.member("lb1").pids("all");
    const atMs = Date.now();
    // The cable first, so that nothing is heard of what follows.
    await this.lab.lan.setCable("lb1", false);
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    return atMs;
  }

  async loseVrrp(roles: readonly Role[], lastingMs: number): Promise<number> {
    const { lan } = this.lab;
    const atMs = Date.now();
    await Promise.all(roles.map((role) => lan.setVrrp(NODES[role], false)));
    await sleep(lastingMs);
    await Promise.all(roles.map((role) => lan.setVrrp(NODES[role], true)));
    return atMs;
  }

  async keepBusy(lastingMs: number): Promise<number> {
    const atMs = Date.now();
    const args = [String(lastingMs / 1_000), "sh", "-c", "while :; do :; done"];
    const loops = Array.from({ length: LOOPS_PER_CPU * availableParallelism() }, () =>
      startProcess({ command: "timeout", args }),
    );
    for (const loop of await Promise.all(loops)) await loop.exited;
    return atMs;
  }

  /** Starts a broker again. */
  startBroker(name: BrokerName): Promise<void> {
    return this.lab.startBroker(name);
  }
}

/** Whether the guard of a Tandem node hears from its balancer that it can serve. */
async function isNodeFit(folder: string): Promise<boolean> {
  const asked = await askControl(path.join(folder, "guard.sock"), "status", {
    answerMs: 1_000,
    answerBytesMax: 1 << 20,
  });
  if (asked.kind !== "answer") return false;
  return (asked.value as { report?: { isFit?: boolean } }).report?.isFit === true;
}
