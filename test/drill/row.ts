// What a row of the failure matrix is: a deed, its budget, and what a pair must be able to do for it.
import type { Cluster } from "../lab/cluster.ts";
import type { PairFiles } from "../lab/configuration.ts";
import type { Fleet } from "../lab/fleet.ts";
import type { Part } from "../lab/member.ts";
import type { Probe } from "../lab/probe.ts";
import type { VipWatch } from "../support/vip-watch.ts";

/** What a budget may bound. */
export type Metric =
  | "outageMs"
  | "bothMs"
  | "back99Ms"
  | "backAllMs"
  | "behindMs"
  | "resyncMs"
  | "lostSessions"
  | "failedNewcomers"
  | "tookMs"
  | "processes"
  | "takeovers";

/** How reports call a metric; without a unit it is a number of things. */
export const METRICS: Readonly<Record<Metric, { readonly name: string; readonly unit?: "ms" }>> = {
  outageMs: { name: "outage", unit: "ms" },
  bothMs: { name: "both hold the VIP", unit: "ms" },
  back99Ms: { name: "99 % back", unit: "ms" },
  backAllMs: { name: "all back", unit: "ms" },
  behindMs: { name: "table of the peer behind", unit: "ms" },
  resyncMs: { name: "whole table after restart", unit: "ms" },
  lostSessions: { name: "sessions lost" },
  failedNewcomers: { name: "newcomers not served" },
  tookMs: { name: "until in force", unit: "ms" },
  processes: { name: "balancers with connections" },
  takeovers: { name: "takeovers" },
};

/** The nodes as a fault finds them: the master holds the VIP. */
export type Role = "master" | "backup";
/** Both. */
export const ROLES: readonly Role[] = ["master", "backup"];

/** Two nodes, and what can be done to them. Instants are of the wall clock here, ms. */
export interface Pair {
  /** As brokers call them that say through which node they were reached. */
  readonly names?: Readonly<Record<Role, string>>;
  /** Of a pair in namespaces of this machine: its network and brokers. */
  readonly lab?: Cluster;
  /** Signals all processes of a part; gives the instant before. */
  signal(role: Role, part: Part, signal: NodeJS.Signals): Promise<number>;
  /** Asks a node to stop, and does not wait. */
  stop(role: Role): Promise<number>;
  /** Whether nothing of it runs any more. */
  hasStopped(role: Role): Promise<boolean>;
  /** Starts a node; resolves when its programs say that they run. */
  start(role: Role): Promise<void>;
  /** Whether it runs and could serve. */
  isFit(role: Role): Promise<boolean>;
  /** Gives the master's balancer another configuration; resolves once that is in force. */
  reload(): Promise<number>;
  /** How many processes of the master have connections of clients. */
  servingCount(): Promise<number>;
  /** The master is cut off, without a word. */
  cutPower(): Promise<number>;
  /** Loses adverts from these nodes; resolves when they are heard again. */
  loseVrrp(roles: readonly Role[], lastingMs: number): Promise<number>;
  /** Keeps all CPUs busy, several times over; resolves when that is over. */
  keepBusy(lastingMs: number): Promise<number>;
}

/** What a row may touch. */
export interface Scene {
  readonly pair: Pair;
  readonly fleet: Fleet;
  readonly probe: Probe;
  readonly watches: Readonly<Record<Role, VipWatch>>;
  /** How many times as long as usual things are waited for; from 1. */
  readonly patience: number;
}

/** What a fault tells of itself. */
export interface Deed {
  /** From when on is measured; by default the instant before the fault began. */
  readonly fromMs?: number;
  /** What only the fault can know. */
  readonly figures?: Partial<Readonly<Record<Metric, number>>>;
}

/** One row of the matrix. */
export interface Row {
  /** The word for `--only`. */
  readonly id: string;
  /** What happens, for people. */
  readonly title: string;
  readonly budget: Partial<Readonly<Record<Metric, number>>>;
  /** The metric of the budget that the chart shows; absent: none. */
  readonly shown?: Metric;
  /** Who serves alone in the end; `"either"`: one of them, as priorities and states have it. */
  readonly then: Role | "either";
  /** The other node's kernel is out of reach: its address does not count. */
  readonly isOtherGone?: boolean;
  /** The fault comes well after its cause: devices are away from the first lost connection on. */
  readonly isCountedFromLoss?: boolean;
  /** Needs namespaces: what it does cannot be done to machines. */
  readonly isLabOnly?: boolean;
  readonly files?: PairFiles;
  /** How often devices ping, ms; default 1,000. */
  readonly pingMs?: number;
  /** At least so many devices. */
  readonly devicesMin?: number;
  /** Brings the pair into the state in which the fault finds it. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** Does it. */
  readonly fault: (scene: Scene) => Promise<Deed>;
}
