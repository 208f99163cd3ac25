// One fault on two machines over ssh, with clients on this one.
import path from "node:path";
import { PROGRAMS } from "../../lab/cluster.ts";
import { Fleet } from "../../lab/fleet.ts";
import { Probe } from "../../lab/probe.ts";
import { startProcess, type RunningProcess } from "../../support/process.ts";
import { VipWatch } from "../../support/vip-watch.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { ClientSide } from "../../lab/client-side.ts";
import type { RemotePlan } from "../plan.ts";
import type { Role, Row } from "../row.ts";
import { measureFault, PING_MS, recorded, type RunOptions, type RunRecord } from "../run.ts";
import { RemotePair } from "./remote-pair.ts";

const DETECT_MS = 5_000;
const CLIENT_READY_MS = 30_000;
const WATCH_READY_MS = 10_000;
/** When clients give up an answer. */
const ANSWER_MS = 900;

/** Breaks the pair, measures, and waits until it stands again. Never rejects. */
export function runRemote(row: Row, plan: RemotePlan, options: RunOptions): Promise<RunRecord> {
  return recorded(row, options, () => measure(row, plan, options));
}

async function measure(
  row: Row,
  plan: RemotePlan,
  options: RunOptions,
): Promise<Partial<RunRecord>> {
  let pair = await RemotePair.connect(plan);
  const watch = (role: Role): Promise<VipWatch> =>
    VipWatch.start(pair.hosts[role], plan.vip, {
      clockOffsetMs: pair.hosts[role].clockOffsetMs,
      readyTimeoutMs: WATCH_READY_MS * plan.patience,
    });
  const [master, backup] = await Promise.all([watch("master"), watch("backup")]);
  let watches = { master, backup };
  const clients: RunningProcess[] = [];
  try {
    const { patience, everyMs } = options;
    const client = await clientSide(plan, everyMs);
    const probe = await Probe.start(client, everyMs);
    clients.push(probe.process);
    const devices = Math.max(options.devices, row.devicesMin ?? 0);
    const fleet = await Fleet.start(client, devices, (row.pingMs ?? PING_MS) * patience);
    clients.push(fleet.process);
    // Which node is preferred is written in files that are none of ours.
    const there: Row = row.files === undefined ? row : { ...row, then: "either" };
    // On a slow machine clients take minutes, and a master that was starved has lost the VIP by then.
    if (!master.isHeld && backup.isHeld) {
      pair = pair.turned();
      watches = { master: backup, backup: master };
    }
    const conditions = await pair.conditions();
    const scene = { pair, fleet, probe, watches, patience };
    return { ...conditions, ...(await measureFault(there, scene)) };
  } finally {
    // Newcomers would take the time of a slow pair that is to stand again.
    await Promise.all(clients.map((client) => client.stop()));
    await pair.recover(watches);
  }
}

/** Whether the brokers of a pair do not say who they are: it is found out once, in its first run. */
const arePlain = new WeakMap<RemotePlan, boolean>();

/** Clients here. Brokers that do not say who they are are told apart by the sessions that they keep. */
async function clientSide(plan: RemotePlan, everyMs: number): Promise<ClientSide> {
  const base = {
    vip: plan.vip,
    port: plan.port,
    runClient: (program: string, ...words: readonly string[]) =>
      startProcess({
        command: process.execPath,
        args: [path.join(PROGRAMS, program), ...words],
        ready: /ready/,
        env: { ANSWER_MS: String(ANSWER_MS * plan.patience) },
        readyTimeoutMs: CLIENT_READY_MS * plan.patience,
      }),
  };
  const isPlain = arePlain.get(plan) ?? !(await tellsPlace({ ...base, isPlain: false }));
  arePlain.set(plan, isPlain);
  return { ...base, isPlain };

  async function tellsPlace(client: ClientSide): Promise<boolean> {
    const probe = await Probe.start(client, everyMs);
    try {
      await waitFor(() => probe.served().length > 0, { timeoutMs: DETECT_MS * plan.patience });
      return true;
    } catch {
      return false;
    } finally {
      await probe.process.stop();
    }
  }
}
