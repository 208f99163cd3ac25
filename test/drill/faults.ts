// What is done to a pair, in words of a row.
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../lab/cluster.ts";
import { BROKER_NAMES, MQTT_PORT } from "../lab/configuration.ts";
import type { Part } from "../lab/member.ts";
import { sendSignal } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import type { Pair, Role, Row, Scene } from "./row.ts";

/** Long enough for a backup to take over many times. */
const SPLIT_MS = 3_000;
const TAKEOVER_MS = 15_000;
const READY_MS = 60_000;
/** As long as a returning master is watched that must not take the VIP. */
const UNFIT_MS = 5_000;
/** A returning master that stays backup would have taken the VIP by then. */
const STAY_MS = 3_000;
const BUSY_MS = 20_000;

/** Signals a part of the master. */
export function signalling(part: Part, signal: NodeJS.Signals): Row["fault"] {
  return async ({ pair }) => ({ fromMs: await pair.signal("master", part, signal) });
}

/** Stops the master in order. */
export async function stopMaster({ pair }: Scene): ReturnType<Row["fault"]> {
  return { fromMs: await pair.stop("master") };
}

/** The master goes without a word. */
export async function cutPower({ pair }: Scene): ReturnType<Row["fault"]> {
  return { fromMs: await pair.cutPower() };
}

/** Every process of the master stands still until the backup has taken over. */
export async function freezeAndResume({
  pair,
  watches,
  patience,
}: Scene): ReturnType<Row["fault"]> {
  await pair.signal("master", "all", "SIGSTOP");
  await waitFor(() => watches.backup.isHeld, {
    timeoutMs: TAKEOVER_MS * patience,
    what: "the backup to take over",
  });
  return { fromMs: await pair.signal("master", "all", "SIGCONT") };
}

/** Nobody hears the master for a while. */
export async function loseVrrpOneWay({ pair }: Scene): ReturnType<Row["fault"]> {
  return { fromMs: await pair.loseVrrp(["master"], SPLIT_MS) };
}

/** The nodes do not hear each other; what counts comes after they do again. */
export async function splitAndHeal({ pair }: Scene): ReturnType<Row["fault"]> {
  await pair.loseVrrp(["master", "backup"], SPLIT_MS);
  return { fromMs: Date.now() };
}

/** The master stops, the backup serves every device. */
export async function stopOld({ pair, watches, fleet, patience }: Scene): Promise<void> {
  await pair.stop("master");
  await waitFor(async () => watches.backup.isHeld && (await pair.hasStopped("master")), {
    timeoutMs: TAKEOVER_MS * patience,
    what: "the master to stop and the backup to take over",
  });
  const movedMs = Date.now();
  await waitFor(() => fleet.isWhole(movedMs), {
    timeoutMs: TAKEOVER_MS * patience,
    what: "all devices",
  });
}

/** The stopped master comes back and takes the VIP. */
export async function startOld({ pair }: Scene): ReturnType<Row["fault"]> {
  const fromMs = Date.now();
  await pair.start("master");
  return { fromMs };
}

/** The stopped master comes back; it is watched until it would have taken the VIP. */
export async function startOldAndWatch(scene: Scene): ReturnType<Row["fault"]> {
  const deed = await startOld(scene);
  await waitFor(() => scene.pair.isFit("master"), {
    timeoutMs: READY_MS * scene.patience,
    intervalMs: 200,
    what: "the former master to be fit",
  });
  await sleep(STAY_MS);
  return deed;
}

/** As `stopOld`, and no broker answers the former master from now on. */
export async function stopOldAndTakeItsBrokers(scene: Scene): Promise<void> {
  await stopOld(scene);
  await labOf(scene.pair).lan.setReach("lb1", BROKER_NAMES, MQTT_PORT, false);
}

/** The former master comes back to brokers that do not answer it. */
export async function startUnfit(scene: Scene): ReturnType<Row["fault"]> {
  const deed = await startOld(scene);
  await sleep(UNFIT_MS);
  return deed;
}

/** Another configuration for the running balancer, with every device connected. */
export async function reloadMaster({ pair }: Scene): ReturnType<Row["fault"]> {
  const fromMs = await pair.reload();
  const tookMs = Date.now() - fromMs;
  return { fromMs, figures: { tookMs, processes: await pair.servingCount() } };
}

/** One node after the other is stopped and started again, the backup first, as for a new version. */
export async function upgrade(scene: Scene): ReturnType<Row["fault"]> {
  const fromMs = Date.now();
  for (const role of ["backup", "master"] as const) await restart(scene, role);
  return { fromMs };
}

async function restart({ pair, patience }: Scene, role: Role): Promise<void> {
  await pair.stop(role);
  await waitFor(() => pair.hasStopped(role), {
    timeoutMs: READY_MS * patience,
    what: `the ${role} to stop`,
  });
  await pair.start(role);
  await waitFor(() => pair.isFit(role), {
    timeoutMs: READY_MS * patience,
    intervalMs: 200,
    what: `the ${role} to be fit`,
  });
}

/** All CPUs are wanted by others, several times over. */
export async function keepBusy({ pair, watches }: Scene): ReturnType<Row["fault"]> {
  const fromMs = await pair.keepBusy(BUSY_MS);
  const claims = [watches.master, watches.backup].flatMap((watch) =>
    watch.holdings().filter((holding) => holding.fromMs > fromMs),
  );
  return { fromMs, figures: { takeovers: claims.length } };
}

/** Does something to the process of a broker. */
export function breaking(signal: NodeJS.Signals): Row["fault"] {
  return ({ pair }) => {
    const fromMs = Date.now();
    sendSignal(labOf(pair).brokers.get("broker1")!.pid, signal);
    return Promise.resolve({ fromMs });
  };
}

/** A broker's cable is pulled. */
export async function cutBroker({ pair }: Scene): ReturnType<Row["fault"]> {
  const fromMs = Date.now();
  // Its link stays: a switch further away has failed, and nobody is told.
  await labOf(pair).lan.setForwarding("broker1", false);
  return { fromMs };
}

/** The network and brokers of a pair in namespaces. */
export function labOf(pair: Pair): Cluster {
  if (pair.lab === undefined) throw new Error("This row needs a pair in namespaces");
  return pair.lab;
}
