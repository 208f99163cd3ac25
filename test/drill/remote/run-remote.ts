// One fault on two machines over ssh, with clients on this one.
import path from "node:path";
import { PROGRAMS } from "../../lab/cluster.ts";
import { Fleet } from "../../lab/fleet.ts";
import { Probe } from "../../lab/probe.ts";
import { startProcess } from "../../support/process.ts";
import { VipWatch } from "../../support/vip-watch.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { ClientSide } from "../../lab/client-side.ts";
import type { RemotePlan } from "../plan.ts";
import type { Row } from "../row.ts";
import { measureFault, PING_MS, recorded, type RunOptions, type RunRecord } from "../run.ts";
import { RemotePair } from "./remote-pair.ts";

const DETECT_MS = 5_000;

/** Breaks the pair, measures, and waits until it stands again. Never rejects. */
export function runRemote(row: Row, plan: RemotePlan, options: RunOptions): Promise<RunRecord> {
  return recorded(row, options, () => measure(row, plan, options));
}

async function measure(
  row: Row,
  plan: RemotePlan,
  options: RunOptions,
): Promise<Partial<RunRecord>> {
  const pair = await RemotePair.connect(plan);
  const { master, backup } = pair.hosts;
  const watches = {
    master: await VipWatch.start(master, plan.vip, master.clockOffsetMs),
    backup: await VipWatch.start(backup, plan.vip, backup.clockOffsetMs),
  };
  try {
    const client = await clientSide(plan);
    const probe = await Probe.start(client);
    const devices = Math.max(options.devices, row.devicesMin ?? 0);
    const fleet = await Fleet.start(client, devices, row.pingMs ?? PING_MS);
    // Which node is preferred is written in files that are none of ours.
    const there: Row = row.files === undefined ? row : { ...row, then: "either" };
    return await measureFault(there, { pair, fleet, probe, watches }, options.patienceMs);
  } finally {
    await pair.recover(watches);
  }
}

/** Clients here. Brokers that do not say who they are are told apart by the sessions that they keep. */
async function clientSide(plan: RemotePlan): Promise<ClientSide> {
  const base = {
    vip: plan.vip,
    port: plan.port,
    runClient: (program: string, ...words: readonly string[]) =>
      startProcess({
        command: process.execPath,
        args: [path.join(PROGRAMS, program), ...words],
        ready: /ready/,
        readyTimeoutMs: 30_000,
      }),
  };
  const probe = await Probe.start({ ...base, isPlain: false });
  try {
    await waitFor(() => probe.served().length > 0, { timeoutMs: DETECT_MS });
    return { ...base, isPlain: false };
  } catch {
    return { ...base, isPlain: true };
  } finally {
    await probe.process.stop();
  }
}
