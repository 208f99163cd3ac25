// The failure matrix as data and deeds: what is done to which process, and what it may cost.
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../lab/cluster.ts";
import type { NodeName, PairFiles } from "../lab/configuration.ts";
import type { Fleet } from "../lab/fleet.ts";
import type { Part } from "../lab/member.ts";
import { sendSignal } from "../support/process.ts";
import type { VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

/** What a budget may bound, all in ms. */
export type Metric = "outageMs" | "bothMs" | "back99Ms" | "backAllMs";

/** What a row may touch. */
export interface Scene {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly watches: Readonly<Record<NodeName, VipWatch>>;
}

/** One row of the matrix. */
export interface Row {
  /** The word for `--only`. */
  readonly id: string;
  /** What happens, for people. */
  readonly title: string;
  readonly budget: Partial<Readonly<Record<Metric, number>>>;
  /** The first metric of the budget, or what the chart shows of this row. */
  readonly shown: Metric;
  /** Who serves alone in the end; `"either"`: one of them, as priorities and states have it. */
  readonly then: NodeName | "either";
  /** The other node's kernel is out of reach: its address does not count. */
  readonly isOtherGone?: boolean;
  /** The fault comes well after its cause: devices are away from the first lost connection on. */
  readonly isCountedFromLoss?: boolean;
  readonly files?: PairFiles;
  /** How often devices ping, ms; default 1,000. */
  readonly pingMs?: number;
  /** Brings the pair into the state in which the fault finds it. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** Does it. May give the instant from which on is measured; by default the one before it began. */
  readonly fault: (scene: Scene) => Promise<number | undefined>;
}

/** Long enough for a backup to take over many times. */
const SPLIT_MS = 3_000;
const TAKEOVER_MS = 15_000;

function signalling(part: Part, signal: NodeJS.Signals): Row["fault"] {
  return async ({ cluster }) => {
    const pids = await cluster.member("lb1").pids(part);
    const atMs = Date.now();
    for (const pid of pids) sendSignal(pid, signal);
    return atMs;
  };
}

async function cutPower({ cluster }: Scene): Promise<number> {
  const pids = await cluster.member("lb1").pids("all");
  const atMs = Date.now();
  // The cable first, so that nothing is heard of what follows.
  await cluster.lan.setCable("lb1", false);
  for (const pid of pids) sendSignal(pid, "SIGKILL");
  return atMs;
}

async function freezeAndResume({ cluster, watches }: Scene): Promise<number> {
  const pids = await cluster.member("lb1").pids("all");
  for (const pid of pids) sendSignal(pid, "SIGSTOP");
  await waitFor(() => watches.lb2.isHeld, { timeoutMs: TAKEOVER_MS, what: "lb2 to take over" });
  const atMs = Date.now();
  for (const pid of pids) sendSignal(pid, "SIGCONT");
  return atMs;
}

async function loseVrrp({ cluster }: Scene): Promise<number> {
  const atMs = Date.now();
  await cluster.lan.setVrrp("lb1", false);
  await sleep(SPLIT_MS);
  await cluster.lan.setVrrp("lb1", true);
  return atMs;
}

async function stopOld({ cluster, watches, fleet }: Scene): Promise<void> {
  const old = cluster.member("lb1");
  old.terminate();
  await waitFor(() => old.hasEnded() && watches.lb2.isHeld, {
    timeoutMs: TAKEOVER_MS,
    what: "lb1 to stop and lb2 to take over",
  });
  const movedMs = Date.now();
  await waitFor(() => fleet.isWhole(movedMs), { timeoutMs: TAKEOVER_MS, what: "all devices" });
}

async function startOld({ cluster }: Scene): Promise<number> {
  const atMs = Date.now();
  await cluster.startNode("lb1");
  return atMs;
}

function breaking(signal: NodeJS.Signals): Row["fault"] {
  return ({ cluster }) => {
    const atMs = Date.now();
    sendSignal(cluster.brokers.get("broker1")!.pid, signal);
    return Promise.resolve(atMs);
  };
}

/** All rows, in the order of the report. */
export const ROWS: readonly Row[] = [
  {
    id: "stop",
    title: "stop (SIGTERM)",
    budget: { outageMs: 50, bothMs: 50 },
    shown: "outageMs",
    then: "lb2",
    fault: ({ cluster }) => {
      const atMs = Date.now();
      cluster.member("lb1").terminate();
      return Promise.resolve(atMs);
    },
  },
  {
    id: "kill-balancer",
    title: "kill -9 balancer",
    budget: { outageMs: 150, bothMs: 50 },
    shown: "outageMs",
    then: "lb2",
    fault: signalling("balancer", "SIGKILL"),
  },
  {
    id: "hang-balancer",
    title: "balancer hangs (SIGSTOP)",
    budget: { outageMs: 500, bothMs: 50 },
    shown: "outageMs",
    then: "lb2",
    fault: signalling("balancer", "SIGSTOP"),
  },
  {
    id: "kill-agent",
    title: "kill -9 agent",
    budget: { outageMs: 100, bothMs: 50 },
    shown: "outageMs",
    then: "lb2",
    fault: signalling("agent", "SIGKILL"),
  },
  {
    id: "hang-agent",
    title: "agent hangs (SIGSTOP)",
    budget: { outageMs: 400, bothMs: 400 },
    shown: "outageMs",
    then: "lb2",
    fault: signalling("agent", "SIGSTOP"),
  },
  {
    id: "kill-guard",
    title: "kill -9 guard",
    budget: { outageMs: 100, bothMs: 50 },
    shown: "outageMs",
    then: "lb2",
    fault: signalling("guard", "SIGKILL"),
  },
  {
    id: "freeze",
    title: "all frozen, then resumed (from there on)",
    budget: { bothMs: 50 },
    shown: "bothMs",
    then: "either",
    fault: freezeAndResume,
  },
  {
    id: "link-down",
    title: "power off: link down, all killed",
    budget: { outageMs: 330 },
    shown: "outageMs",
    then: "lb2",
    isOtherGone: true,
    fault: cutPower,
  },
  {
    id: "vrrp-lost",
    title: "VRRP lost one way for 3 s, healed",
    budget: { outageMs: 100, bothMs: 50 },
    shown: "outageMs",
    then: "lb1",
    files: { hasHeartbeat: true },
    fault: loseVrrp,
  },
  {
    id: "master-returns",
    title: "old master returns and preempts",
    budget: { outageMs: 50, bothMs: 50 },
    shown: "outageMs",
    then: "lb1",
    isCountedFromLoss: true,
    files: { isPreempting: true },
    prepare: stopOld,
    fault: startOld,
  },
  {
    id: "broker-dies",
    title: "a broker dies: its devices elsewhere",
    budget: { backAllMs: 150 },
    shown: "backAllMs",
    then: "lb1",
    fault: breaking("SIGKILL"),
  },
  {
    id: "broker-freezes",
    title: "a broker freezes: its devices elsewhere",
    budget: { backAllMs: 2_000 },
    shown: "backAllMs",
    then: "lb1",
    // Devices that ask often notice by themselves.
    pingMs: 10_000,
    fault: breaking("SIGSTOP"),
  },
  {
    id: "idle-devices",
    title: "idle devices (ping: 10 s), power off",
    budget: { back99Ms: 1_000 },
    shown: "back99Ms",
    then: "lb2",
    isOtherGone: true,
    pingMs: 10_000,
    fault: cutPower,
  },
];
