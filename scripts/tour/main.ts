// `scripts/try`: three brokers, the balancer in front, and devices that come, go and come back.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startBalancer, type BalancerCommand } from "./children.ts";
import { configurationText } from "./configuration.ts";
import { RECONNECT_MS, type Device } from "./device.ts";
import type { Screen } from "./screen.ts";
import { Tour } from "./tour.ts";
import { freePorts, holds } from "./wait.ts";

const FIRST_PORT = 11_883;
const DEVICES = ["lamp-1", "lamp-2", "lamp-3", "meter-1", "meter-2", "meter-3"];
const MORE_DEVICES = ["door-1", "door-2", "door-3"];
const PATIENCE_MS = 10_000;
/** A pause between two acts, for whoever reads along. */
const READING_MS = process.stdout.isTTY ? 2_000 : 300;

const USAGE = `Usage: scripts/try [--haproxy]
       sudo scripts/try --pair

Starts three small MQTT brokers, the balancer in front of them and a few devices, on this machine
alone, and shows who goes where. On a terminal it goes on until Ctrl-C.

  --haproxy   put the installed HAProxy in Tandem's place, with the same configuration
  --pair      as root: a pair of nodes with a virtual address, in network namespaces, and its
              failovers
`;

/** Every device loses its network and comes back: to the broker in the stick table. */
async function showStickiness(tour: Tour): Promise<void> {
  tour.screen.heading("Every device loses its network for a moment");
  let returned = 0;
  for (const device of tour.devices) {
    const { broker, connects } = device;
    device.dropNetwork();
    await holds(() => device.connects > connects && device.broker !== undefined, PATIENCE_MS);
    if (device.broker === broker) returned += 1;
  }
  const count = `${returned} of ${tour.devices.length}`;
  const text = `${count} are back on the broker that has their session`;
  if (returned < tour.devices.length) throw new Error(`Only ${text}`);
  tour.screen.showTable();
  tour.screen.say(`  ${text}.`);
}

async function showCrash(tour: Tour, name: string): Promise<void> {
  const orphans = tour.on(name);
  tour.screen.heading(`${name} is killed (kill -9)`);
  const startMs = performance.now();
  await tour.killBroker(name);
  const moved = (device: Device): boolean => device.broker !== undefined && device.broker !== name;
  if (!(await holds(() => orphans.every(moved), PATIENCE_MS))) {
    throw new Error(`The devices of ${name} found no other broker`);
  }
  const elapsedMs = Math.round(performance.now() - startMs);
  tour.screen.showTable();
  tour.screen.say(
    `  Its ${orphans.length} devices are served again after ${elapsedMs} ms, ` +
      `with ${RECONNECT_MS} ms of their own before they call again.`,
  );
}

async function showReturn(tour: Tour, name: string, isUp: () => boolean): Promise<void> {
  tour.screen.heading(`${name} comes back, and three devices are added`);
  await tour.startBroker(name);
  if (!(await holds(isUp, PATIENCE_MS))) throw new Error(`${name} was not found to be up again`);
  await tour.addDevices(MORE_DEVICES);
  if (tour.on(name).length === 0) throw new Error(`No device went to ${name}`);
  tour.screen.showTable();
  tour.screen.say("  The newcomers go where there is room; nobody else is moved.");
}

function balancerCommand(file: string): BalancerCommand {
  if (process.argv.includes("--haproxy")) return { command: "haproxy", args: ["-db", "-f", file] };
  const tandem = path.join(import.meta.dirname, "..", "..", "..", "bin", "tandem");
  const control = path.join(path.dirname(file), "control.sock");
  return { command: tandem, args: ["balancer", "--control", control, "-f", file] };
}

function sayWhatNext(screen: Screen, port: number, file: string): void {
  screen.heading("What next");
  screen.say(`  Your own MQTT client is welcome at 127.0.0.1:${port}:
    npx mqtt sub -h 127.0.0.1 -p ${port} -t 'tour/#' -i me    (says which broker got you)
  The same balancer with your own file:
    bin/tandem check -f ${process.stdout.isTTY ? file : "haproxy.cfg"}
    bin/tandem balancer -f haproxy.cfg
  Every test, the real HAProxy and mosquitto included:
    scripts/test`);
}

async function tell(dir: string): Promise<void> {
  const ports = (await freePorts(FIRST_PORT, 5)) as [number, number, number, number, number];
  const [port, ...brokerPorts] = ports;
  const pagePort = brokerPorts.pop()!;
  const addresses = brokerPorts.map((port, index) => ({ name: `broker${index + 1}`, port }));
  const tour = new Tour(port, addresses);
  const { screen } = tour;
  const file = path.join(dir, "haproxy.cfg");
  const text = configurationText(port, pagePort, addresses);
  writeFileSync(file, text);

  screen.heading(`Three brokers, and the balancer in front of them, with this file (${file}):`);
  screen.say(`\n${text.replaceAll(/^(?=.)/gm, "    ")}`);
  screen.say(`Watch it in a browser: http://127.0.0.1:${pagePort}/`);
  await tour.startBrokers();
  const balancer = await startBalancer(balancerCommand(file), port);
  let lastChange = "";
  balancer.onServerChange((change) => {
    lastChange = change;
    screen.say(`  balancer: ${change}`);
  });

  screen.heading("Six devices connect to the balancer's port");
  await tour.addDevices(DEVICES);
  screen.showTable();
  await sleep(READING_MS);
  await showStickiness(tour);
  await sleep(READING_MS);
  await showCrash(tour, "broker2");
  await holds(() => lastChange.includes("broker2 is DOWN"), PATIENCE_MS);
  await sleep(READING_MS);
  await showReturn(tour, "broker2", () => lastChange.includes("broker2 is UP"));
  await sleep(READING_MS);
  sayWhatNext(screen, port, file);
  if (!process.stdout.isTTY) return;
  screen.say("\n  The brokers, the balancer and the devices go on. Ctrl-C ends everything.");
  await new Promise(() => undefined);
}

if (process.argv.slice(2).some((argument) => argument !== "--haproxy")) {
  process.stderr.write(USAGE);
  process.exit(process.argv.includes("--help") ? 0 : 2);
}
const dir = mkdtempSync(path.join(os.tmpdir(), "tandem-try-"));
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    process.stdout.write("\nEnded.\n");
    process.exit(signal === "SIGINT" ? 0 : 1);
  });
}
try {
  await tell(dir);
  process.exit(0);
} catch (error) {
  console.error(`\nscripts/try: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
