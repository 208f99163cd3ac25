// `scripts/try --pair`: a pair with a VIP in namespaces of this machine, and two failovers to look at.
import { setTimeout as sleep } from "node:timers/promises";
import { endAll } from "../support/cleanup.ts";
import { noNamespaces, removeOwnNamespaces } from "../support/netns.ts";
import { sendSignal } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import { Cluster } from "./cluster.ts";
import { BROKER_NAMES, MQTT_PORT, NODE_NAMES, VIP, type NodeName } from "./configuration.ts";
import { Fleet } from "./fleet.ts";
import { Probe } from "./probe.ts";
import { STRIP_MS, stripText } from "./strip.ts";

const DEVICES = 12;
const PATIENCE_MS = 30_000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Everything that the story is about. */
interface Stage {
  readonly cluster: Cluster;
  readonly probe: Probe;
  readonly fleet: Fleet;
}

async function raise(): Promise<Stage> {
  say(`Two nodes with one address between them, three brokers behind, in network namespaces:

     client ── switch ── lb1, lb2 (tandem run)      VIP ${VIP}:${MQTT_PORT}
                  └───── broker1, broker2, broker3

Starting them ...`);
  const cluster = await Cluster.start({ kinds: { lb1: "tandem", lb2: "tandem" } });
  const probe = await Probe.start(cluster);
  const fleet = await Fleet.start(cluster, DEVICES, 1_000);
  return { cluster, probe, fleet };
}

async function showDevices({ fleet }: Stage, node: NodeName): Promise<void> {
  await waitFor(() => [...fleet.places().values()].every((place) => place.node === node), {
    timeoutMs: PATIENCE_MS,
    what: `all devices to come through ${node}`,
  });
  const places = [...fleet.places().values()];
  const counts = BROKER_NAMES.map((name) => {
    const count = places.filter(({ broker }) => broker === name).length;
    return `${count} on ${name}`;
  });
  say(`  ${DEVICES} devices come through ${node}: ${counts.join(", ")}.`);
}

/** Does something to the node that serves, and shows the client's side of it. */
async function showFailover(
  { probe, fleet }: Stage,
  text: string,
  then: NodeName,
  fault: () => Promise<void>,
): Promise<void> {
  say(`\n${text}`);
  say("  Who answers a newcomer, a character for each 30 ms (1: lb1, 2: lb2, dot: nobody):");
  const atMs = Date.now();
  await fault();
  await showStrip(probe, atMs);
  await waitFor(() => probe.served(atMs).at(-1)?.node === then, {
    timeoutMs: PATIENCE_MS,
    what: `${then} to serve`,
  });
  const servedMs = Date.now();
  await waitFor(() => fleet.isWhole(fleet.since(atMs).lost.length === DEVICES ? atMs : servedMs), {
    timeoutMs: PATIENCE_MS,
    what: "all devices to be back",
  });
  const { lost, backMs, keptBroker } = fleet.since(atMs);
  say(`  Newcomers waited ${Math.round(probe.longestGapMs(atMs, Date.now()))} ms.`);
  say(
    `  ${lost.length} devices lost their connection; all were back after ` +
      `${Math.round(backMs.at(-1) ?? 0)} ms, ${keptBroker} on the broker that has their session.`,
  );
}

async function showStrip(probe: Probe, atMs: number): Promise<void> {
  while (Date.now() < atMs + STRIP_MS + 40) {
    if (process.stdout.isTTY) process.stdout.write(`\r  ${stripText(probe, atMs, Date.now())}`);
    await sleep(50);
  }
  const line = `  ${stripText(probe, atMs, Date.now())}`;
  say(process.stdout.isTTY ? `\r${line}` : line);
}

async function tell(): Promise<void> {
  const stage = await raise();
  const { cluster, fleet } = stage;
  await showDevices(stage, "lb1");
  // The nodes tell each other of connections that are older than a second.
  const knownMs = Date.now() + 1_500;
  await waitFor(() => Date.now() > knownMs && fleet.isWhole(knownMs), { timeoutMs: PATIENCE_MS });

  await showFailover(
    stage,
    "lb1 loses its power (cable dead, every process killed)",
    "lb2",
    async () => {
      const pids = await cluster.member("lb1").pids("all");
      await cluster.lan.setCable("lb1", false);
      for (const pid of pids) sendSignal(pid, "SIGKILL");
    },
  );
  await showDevices(stage, "lb2");

  say("\nlb1 is started again. The VIP stays where it is (nopreempt).");
  await cluster.lan.host("lb1").run("ip", "address", "del", `${VIP}/24`, "dev", "eth0");
  await cluster.lan.setCable("lb1", true);
  await cluster.startNode("lb1");
  const backMs = Date.now() + 2_000;
  await waitFor(() => fleet.isWhole(backMs), { timeoutMs: PATIENCE_MS });
  await showDevices(stage, "lb2");

  await showFailover(stage, "The balancer of lb2 is killed (kill -9)", "lb1", async () => {
    for (const pid of await cluster.member("lb2").pids("balancer")) sendSignal(pid, "SIGKILL");
  });
  await showDevices(stage, "lb1");
  say(`\nWhat next
  The same pair, to be broken by you:         sudo scripts/lab up
  Every fault, measured, with a report:       sudo scripts/drill
  Beside HAProxy and Keepalived:              sudo scripts/drill --impl both
`);
}

if (noNamespaces !== undefined) {
  console.error(`scripts/try --pair: ${noNamespaces.replace(/^skipped: /, "")}`);
  process.exit(2);
}
let ending = "";
async function end(code: number, why = "done"): Promise<void> {
  if (ending !== "") return;
  ending = why;
  say(`Ending ${NODE_NAMES.join(", ")} and the brokers ...`);
  await endAll().catch(() => undefined);
  await removeOwnNamespaces();
  process.exit(code);
}
process.on("SIGINT", () => void end(0, "Ctrl-C"));
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(1));
try {
  await tell();
  await end(0);
} catch (error) {
  // What was under way when the end began fails.
  if (ending === "") console.error(`\nscripts/try --pair: ${String(error)}`);
  await end(1);
}
