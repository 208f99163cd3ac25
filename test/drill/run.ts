// One fault on one fresh pair, measured from the client's side.
import { loadavg } from "node:os";
import type { Cluster } from "../lab/cluster.ts";
import { VIP } from "../lab/configuration.ts";
import { Fleet } from "../lab/fleet.ts";
import type { Kind } from "../lab/member.ts";
import { Probe } from "../lab/probe.ts";
import { endAll } from "../support/cleanup.ts";
import { listedCount } from "../support/live-list.ts";
import { overlapMs, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";
import { LabPair } from "./lab-pair.ts";
import type { Pace } from "./plan.ts";
import { ROLES, type Metric, type Row, type Scene } from "./row.ts";

/** What one run measured; one line of records.jsonl. */
export interface RunRecord extends Partial<Readonly<Record<Metric, number>>> {
  readonly row: string;
  readonly impl: Kind;
  /** From 1. */
  readonly run: number;
  /** ISO 8601. */
  readonly at: string;
  /** Load of the machine before the fault: runnable processes, mean of a minute. */
  readonly load: number;
  /** The longest time without an answer in the second before the fault, ms: what the machine adds. */
  readonly quietGapMs?: number;
  /** Why there are no figures: the pair could not be brought up or measured. */
  readonly error?: string;
  /** Whether the wanted node alone served, with every device connected, before patience ended. */
  readonly isSettled?: boolean;
  /** Answers to newcomers after the fault, by node. */
  readonly servedBy?: Readonly<Record<string, number>>;
  readonly devices?: number;
  /** Of those, how many found their broker again. */
  readonly keptBroker?: number;
  readonly back50Ms?: number;
  /** Of machines: between two adverts of the master, as it says. */
  readonly advertMs?: number;
  /** Of machines: the processor of the master is a program. */
  readonly isEmulated?: boolean;
}

/** How a run is done. */
export interface RunOptions extends Pace {
  readonly impl: Kind;
  readonly run: number;
}

const READY_MS = 60_000;
/** How long after the fault the pair may take to settle. */
const SETTLE_MS = 20_000;
/** How often devices ping by default. */
export const PING_MS = 1_000;
const QUIET_MS = 1_000;
/** Newcomers that are watched before the fault, and after all has settled. */
const NEWCOMERS_BEFORE = 100;
const NEWCOMERS_AFTER = 50;

/** Brings a pair up, breaks it, measures, and takes everything away. Never rejects. */
export function runRow(row: Row, options: RunOptions): Promise<RunRecord> {
  return recorded(row, options, () => measure(row, options));
}

/** What a measurement gives, or why it gave nothing; everything is taken away after it. Never rejects. */
export async function recorded(
  row: Row,
  options: RunOptions,
  measured: () => Promise<Partial<RunRecord>>,
): Promise<RunRecord> {
  const head = headOf(row, options);
  try {
    return { ...head, ...(await measured()) };
  } catch (error) {
    return {
      ...head,
      error: error instanceof Error ? error.message.slice(0, 2_000) : String(error),
    };
  } finally {
    // Namespaces that could not be removed are swept by the next network that is made.
    await endAll().catch((error: unknown) => console.error(error));
  }
}

/** What is known before anything is done. */
function headOf(
  row: Row,
  { impl, run }: RunOptions,
): Pick<RunRecord, "row" | "impl" | "run" | "at" | "load"> {
  return { row: row.id, impl, run, at: new Date().toISOString(), load: machineLoad() };
}

async function measure(row: Row, options: RunOptions): Promise<Partial<RunRecord>> {
  const { impl, patience } = options;
  const devices = Math.max(options.devices, row.devicesMin ?? 0);
  const pair = await LabPair.start({
    kinds: { lb1: impl, lb2: impl },
    ...(row.files === undefined ? {} : { files: row.files }),
  });
  const cluster = pair.lab;
  const watches = {
    master: await VipWatch.start(cluster.lan.host("lb1"), VIP),
    backup: await VipWatch.start(cluster.lan.host("lb2"), VIP),
  };
  const probe = await Probe.start(cluster, options.everyMs);
  const fleet = await Fleet.start(cluster, devices, row.pingMs ?? PING_MS);
  await isKnownOnPeer(cluster, devices);
  return measureFault(row, { pair, fleet, probe, watches, patience });
}

/** Prepares a pair that stands, breaks it, and measures until it has settled. */
export async function measureFault(row: Row, scene: Scene): Promise<Partial<RunRecord>> {
  const { probe, fleet, watches, patience } = scene;
  await row.prepare?.(scene);
  await newcomers(probe, NEWCOMERS_BEFORE, READY_MS * patience);
  if (row.prepare === undefined && !watches.master.isHeld) {
    throw new Error(
      "The VIP left the master before anything was done to it: is the machine too busy?",
    );
  }

  const startedMs = Date.now();
  const { fromMs = startedMs, figures = {} } = await row.fault(scene);
  const deadlineMs = Date.now() + SETTLE_MS * patience;
  const isSettled = await hasSettled(row, scene, fromMs, deadlineMs);
  // Newcomers that come to nothing are waited for no longer than the others.
  await newcomers(probe, NEWCOMERS_AFTER, 1_000 * patience).catch(() => undefined);
  const endMs = Date.now();
  const report = fleet.since(startedMs);
  const servedBy: Record<string, number> = {};
  for (const { node = "?" } of probe.served(fromMs)) servedBy[node] = (servedBy[node] ?? 0) + 1;
  const { lost, backMs, firstLostMs = startedMs } = report;
  const delayMs = row.isCountedFromLoss === true ? firstLostMs - startedMs : 0;
  // A device that is not back counts as back at the end.
  const at = (share: number): number =>
    Math.round((backMs[Math.ceil(share * lost.length) - 1] ?? endMs - startedMs) - delayMs);
  const back =
    lost.length === 0
      ? { back50Ms: 0, back99Ms: 0, backAllMs: 0 }
      : { back50Ms: at(0.5), back99Ms: at(0.99), backAllMs: at(1) };
  return {
    isSettled,
    quietGapMs: Math.round(probe.longestGapMs(startedMs - QUIET_MS, startedMs)),
    outageMs: Math.round(probe.longestGapMs(fromMs, endMs)),
    ...(row.isOtherGone === true
      ? {}
      : { bothMs: Math.round(overlapMs(watches.master, watches.backup, fromMs)) }),
    ...back,
    servedBy,
    failedNewcomers: probe.failedCount(fromMs),
    devices: fleet.count,
    lostSessions: lost.length,
    keptBroker: report.keptBroker,
    ...Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, Math.round(value)]),
    ),
  };
}

/** The peer has been told of every device: what it does not know it cannot bring back. */
async function isKnownOnPeer(cluster: Cluster, devices: number): Promise<void> {
  const folder = cluster.member("lb2").controlFolder;
  if (folder === undefined) return;
  await waitFor(async () => (await listedCount(folder)) >= devices, {
    timeoutMs: READY_MS,
    intervalMs: 50,
    what: "lb2 to know of all devices",
  });
}

async function newcomers(probe: Probe, count: number, timeoutMs: number): Promise<void> {
  const before = probe.served().length;
  await waitFor(() => probe.served().length >= before + count, {
    timeoutMs,
    intervalMs: 20,
    what: `${count} newcomers to be served`,
  });
}

async function hasSettled(
  row: Row,
  { pair, watches, fleet, probe }: Scene,
  fromMs: number,
  deadlineMs: number,
): Promise<boolean> {
  const isServed = (): boolean => {
    const held = ROLES.filter((role) => watches[role].isHeld);
    const wanted = row.then === "either" ? held[0] : row.then;
    if (wanted === undefined || !held.includes(wanted)) return false;
    if (row.isOtherGone !== true && held.length > 1) return false;
    const last = probe.served(fromMs).at(-1);
    // A broker that does not say through which node it was reached: then the kernels' word has to do.
    const name = pair.names?.[wanted];
    return last !== undefined && (last.node ?? name) === (name ?? last.node);
  };
  try {
    const timeoutMs = (): number => Math.max(0, deadlineMs - Date.now());
    await waitFor(isServed, { timeoutMs: timeoutMs(), intervalMs: 20 });
    const servedMs = Date.now();
    // A device that was lost and is back has been answered since; the others have to say so.
    const lostCount = (): number => fleet.since(fromMs).lost.length;
    const isWhole = (): boolean =>
      lostCount() === fleet.count ? fleet.isWhole(fromMs) : fleet.isWhole(servedMs);
    await waitFor(isWhole, { timeoutMs: timeoutMs(), intervalMs: 20 });
    return true;
  } catch {
    return false;
  }
}

function machineLoad(): number {
  return Math.round(loadavg()[0]! * 10) / 10;
}
