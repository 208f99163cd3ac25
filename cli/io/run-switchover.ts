// The steps of `tandem switchover` after the question: pace, move, wait for devices.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentReport } from "../../ha/agent/agent-report.ts";
import { CONTROL_FILE_NAMES } from "../../ha/io/control-socket.ts";
import type { BalancerStatus } from "../../src/stats/balancer-status.ts";
import { SESSIONS_LISTED_MAX } from "../../src/operator/limits.ts";
import type { SessionList } from "../../src/operator/session-list.ts";
import { CommandFailure } from "../operator/command-failure.ts";
import type { SwitchoverOutcome } from "../operator/switchover-text.ts";
import { askProcess } from "./balancer-asker.ts";
import { endSessions } from "./end-sessions.ts";
import { ProgressBar } from "./progress-bar.ts";
import type { ControlPlaces } from "./status-asker.ts";
import { VipProbe } from "./vip-probe.ts";

const LOOK_PERIOD_MS = 50;
const MOVE_MS_MAX = 10_000;
/** Answers of the new master that must be seen before the probe is stopped. */
const SETTLE_MS = 200;
const BACK_PERIOD_MS = 500;
/** Devices are listed a second after they come, and some take their time. */
const BACK_MS = 15_000;

/** What is to be done. */
export interface SwitchoverPlan {
  readonly places: ControlPlaces;
  readonly instances: readonly string[];
  /** The addresses that move, without prefix lengths. */
  readonly vips: readonly string[];
  /** One of the addresses that move, without prefix length, with a port at which the balancer listens. */
  readonly probe: { readonly host: string; readonly port: number } | undefined;
  readonly holdMs: number;
  /** Devices to be woken a second; `undefined`: as `tickle-rate` of the new master says. */
  readonly ratePerSecond: number | undefined;
  /** Whether to wait for devices. */
  readonly waits: boolean;
}

interface LiveCounts {
  readonly ownCount: number;
  readonly foreignCount: number;
}

/** Carries a plan out; throws a CommandFailure when nobody takes over. */
export async function runSwitchover(plan: SwitchoverPlan): Promise<SwitchoverOutcome> {
  const { places, ratePerSecond } = plan;
  const agent = join(places.folder, CONTROL_FILE_NAMES.agent);
  const before = await askProcess<LiveCounts>("balancer", places.balancer, "live");
  const backMs = BACK_MS + (1_500 * before.ownCount) / (ratePerSecond ?? Infinity);
  if (ratePerSecond !== undefined) await pace(places.balancer, ratePerSecond, backMs);
  const moved = await move(plan, agent);
  const backCount = plan.waits ? await waitForDevices(places.balancer, before, backMs) : null;
  if (plan.waits) await endOrphans(plan);
  const { sessionCount } = await askProcess<BalancerStatus>("balancer", places.balancer, "status");
  return { ...moved, deviceCount: before.ownCount, backCount, leftCount: sessionCount };
}

/** Tells the peers how fast devices may be woken, and waits until they know. */
async function pace(balancer: string, ratePerSecond: number, forMs: number): Promise<void> {
  const rate = Math.max(1, Math.floor(ratePerSecond));
  await askProcess("balancer", balancer, "pace", { ratePerSecond: rate, forMs: Math.ceil(forMs) });
  for (let triesLeft = 40; triesLeft > 0; triesLeft--) {
    const { peers } = await askProcess<BalancerStatus>("balancer", balancer, "status");
    const others = peers.flatMap((section) => section.peers).filter(({ isLocal }) => !isLocal);
    const isKnown = others.every(({ state, tables }) =>
      tables.every(
        (table) => state !== "established" || table.pendingCount + table.unackedCount === 0,
      ),
    );
    if (isKnown) return;
    await sleep(LOOK_PERIOD_MS);
  }
}

async function move(
  { instances, probe: place, holdMs }: SwitchoverPlan,
  agent: string,
): Promise<Pick<SwitchoverOutcome, "master" | "tookMs" | "outageMs">> {
  const bar = new ProgressBar("moving");
  const probe = place === undefined ? undefined : new VipProbe(place.host, place.port);
  try {
    const begunMs = performance.now();
    await askProcess("agent", agent, "hand-over", { holdMs });
    for (;;) {
      const report = await askProcess<AgentReport>("agent", agent, "status");
      const ours = report.instances.filter(({ name }) => instances.includes(name));
      const done = ours.filter(({ state, stateForMs, heard }) => {
        return state !== "MASTER" && heard.some((node) => isMasterNow(node, stateForMs));
      });
      bar.show(done.length, ours.length);
      if (done.length === ours.length) {
        const tookMs = performance.now() - begunMs;
        await untilAnswered(probe);
        const [first] = done;
        const heard = first?.heard.find((node) => isMasterNow(node, first.stateForMs));
        const outageMs = probe === undefined ? null : Math.round(probe.stop());
        const master = heard?.address ?? "the other node";
        bar.end(`moved to ${master}`);
        return { master, tookMs: Math.round(tookMs), outageMs };
      }
      if (performance.now() - begunMs > MOVE_MS_MAX) {
        bar.end("nobody took over");
        const isBack = ours.some(({ state }) => state === "MASTER");
        throw new CommandFailure(
          `nobody took the addresses over within ${MOVE_MS_MAX / 1_000} s: ` +
            (isBack ? "this node is master again" : "this node takes them back by itself") +
            `; see "tandem status" on the other node`,
        );
      }
      await sleep(LOOK_PERIOD_MS);
    }
  } finally {
    probe?.stop();
  }
}

/** Whether a node has spoken as master since this one stepped down. */
function isMasterNow(
  {
    state,
    priority,
    agoMs,
  }: { readonly state: string; readonly priority: number; readonly agoMs: number },
  stateForMs: number,
): boolean {
  return state === "MASTER" && priority > 0 && agoMs < stateForMs;
}

/** A while with answers, so that the gap has an end. */
async function untilAnswered(probe: VipProbe | undefined): Promise<void> {
  const fromMs = performance.now();
  while (probe !== undefined && performance.now() - fromMs < MOVE_MS_MAX) {
    if (probe.answeredMs > fromMs + SETTLE_MS) return;
    await sleep(LOOK_PERIOD_MS);
  }
}

/** How many of the devices the other node has told of when all have come, or no more do. */
async function waitForDevices(
  balancer: string,
  before: LiveCounts,
  withinMs: number,
): Promise<number> {
  const bar = new ProgressBar("devices back");
  const begunMs = performance.now();
  for (;;) {
    const { foreignCount } = await askProcess<LiveCounts>("balancer", balancer, "live");
    const count = Math.max(0, Math.min(before.ownCount, foreignCount - before.foreignCount));
    bar.show(count, before.ownCount);
    if (count >= before.ownCount || performance.now() - begunMs > withinMs) {
      bar.end(`${count} of ${before.ownCount} devices are back`);
      return count;
    }
    await sleep(BACK_PERIOD_MS);
  }
}

/** Ends sessions whose clients cannot reach this node any more: brokers have told it, the clients cannot. */
async function endOrphans({ places, vips, ratePerSecond }: SwitchoverPlan): Promise<void> {
  const query = { client: null, server: null, order: "age", limit: SESSIONS_LISTED_MAX };
  const { sessions } = await askProcess<SessionList>(
    "balancer",
    places.balancer,
    "sessions",
    query,
  );
  const orphans = sessions.filter(({ destination }) => {
    const host = destination.slice(0, destination.lastIndexOf(":")).replace(/^\[|\]$/g, "");
    return vips.includes(host);
  });
  const ids = orphans.map(({ id }) => id);
  if (ids.length > 0) await endSessions(places.balancer, ids, ratePerSecond);
}

/** Ends the hold, and waits a while for this node to become master; whether it did. */
export async function runReturn({ folder }: ControlPlaces): Promise<boolean> {
  const agent = join(folder, CONTROL_FILE_NAMES.agent);
  await askProcess("agent", agent, "end-hold");
  const begunMs = performance.now();
  while (performance.now() - begunMs < MOVE_MS_MAX) {
    const { instances } = await askProcess<AgentReport>("agent", agent, "status");
    if (instances.every(({ state }) => state === "MASTER")) return true;
    if (!instances.some(isExpectedBack)) return false;
    await sleep(LOOK_PERIOD_MS);
  }
  return false;
}

function isExpectedBack({
  state,
  priority,
  masterPriority,
}: AgentReport["instances"][number]): boolean {
  return state === "BACKUP" && priority > masterPriority;
}
