// `scripts/bench balancer` and `scripts/bench peers`: Tandem and the installed HAProxy side by side.
import os from "node:os";
import { parseArgs } from "node:util";
import { endAll } from "../support/cleanup.ts";
import { freePorts } from "../support/ports.ts";
import { requireProgram } from "../support/programs.ts";
import { compare, printTable } from "./comparison.ts";
import { compileLoad, type Load } from "./load.ts";
import { describeMachine } from "./machine.ts";
import {
  BALANCER_MEASURES,
  type Measure,
  MORE_MEASURES,
  PACKETS_MEASURES,
  perSecond,
} from "./measures.ts";
import { benchPeers, PEERS_USAGE, readPeersOptions } from "./peers/bench.ts";
import { startProxy, type ProxyKind, type ServerPorts } from "./proxies.ts";
import { threeDigits } from "./statistics.ts";

const USAGE = `Usage: scripts/bench balancer [options]

Runs Tandem and the installed HAProxy (one thread) by turns in front of the same servers and prints
what each costs, and the ratio Tandem/HAProxy of each pair of runs. Nothing else should be running.

  --runs N           pairs of runs for each measure (default 5)
  --seconds S        length of one run (default 2)
  --only TEXT        only measures whose name contains TEXT
  --more             growth at 100, 1,000 and 8,000 connections, two threads, and TLS instead
  --packets          Tandem with "option mqtt-packets" beside Tandem without it instead
  --candidate NAME   "tandem" (default); "haproxy" compares HAProxy with itself: about 1.0; "bare"
                     is a relay of a few lines over Node's sockets: what Node itself costs
  --json             print one JSON document instead of the table
`;

const NAMES: Readonly<Record<ProxyKind, string>> = {
  tandem: "Tandem",
  haproxy: "HAProxy again",
  bare: "bare relay",
};

// Read before the bench starts its own work; two processes of load and one proxy need their cores.
const BUSY_LOAD_AVERAGE = 0.5;

interface Options {
  readonly runs: number;
  readonly seconds: number;
  readonly only: string;
  readonly candidate: ProxyKind;
  readonly json: boolean;
  readonly more: boolean;
  readonly packets: boolean;
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      only: { type: "string", default: "" },
      candidate: { type: "string", default: "tandem" },
      json: { type: "boolean", default: false },
      more: { type: "boolean", default: false },
      packets: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { candidate, help, json, more, only, packets } = values;
  const runs = Number(values.runs);
  const seconds = Number(values.seconds);
  if (help || positionals.join(" ") !== "balancer") return undefined;
  if (!(Number.isInteger(runs) && runs >= 1 && seconds > 0)) return undefined;
  if (candidate !== "tandem" && candidate !== "haproxy" && candidate !== "bare") return undefined;
  if (packets && (more || candidate !== "tandem")) return undefined;
  return { runs, seconds, only, candidate, json, more, packets };
}

/** Requests per second without and with HAProxy in between: the load must not be the limit. */
async function checkLoad(load: Load, servers: ServerPorts): Promise<[number, number]> {
  const options = { connections: 50, bytes: 100, seconds: 0.5 };
  const haproxy = await startProxy("haproxy", servers);
  const direct = await load.measure("ask", { ...options, port: servers.echo });
  const through = await load.measure("ask", { ...options, port: haproxy.echoPort });
  await haproxy.stop();
  return [perSecond(direct), perSecond(through)];
}

async function bench(options: Options): Promise<void> {
  requireProgram("haproxy");
  const measures = measuresOf(options).filter((measure) =>
    measure.figures.some((figure) => figure.name.includes(options.only)),
  );
  if (measures.length === 0) throw new Error(`No measure's name contains "${options.only}"`);
  const machine = await describeMachine();
  const isBusy = (os.loadavg()[0] ?? 0) > BUSY_LOAD_AVERAGE;
  const load = await compileLoad();
  const [echo, broker] = (await freePorts(2)) as [number, number];
  const servers = { echo, broker };
  await load.serve("echo", echo);
  await load.serve("broker", broker);
  const [direct, through] = await checkLoad(load, servers);
  const rows = await compare(load, measures, { ...options, servers, onProgress });
  onProgress("");
  if (options.json) {
    const check = { directPerSecond: direct, throughHaproxyPerSecond: through };
    console.log(JSON.stringify({ machine, loadCheck: check, ...options, rows }, undefined, 2));
    return;
  }
  console.log(machine);
  console.log(
    `The load alone: ${threeDigits(direct)} requests/s, through HAProxy ${threeDigits(through)}/s`,
  );
  if (isBusy) console.log("The machine is busy with something else: latencies mean nothing here");
  if (direct < 1.3 * through)
    console.log("The load is hardly faster than the proxy: rates (not CPU) mean little here");
  console.log(`${options.runs} pairs of runs of ${options.seconds} s\n`);
  console.log(
    options.packets
      ? printTable(rows, "counted", "not counted")
      : printTable(rows, NAMES[options.candidate], "HAProxy"),
  );
}

function measuresOf({ more, packets }: Options): readonly Measure[] {
  if (packets) return PACKETS_MEASURES;
  return more ? MORE_MEASURES : BALANCER_MEASURES;
}

function onProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
}

async function main(): Promise<number> {
  const [subject, ...args] = process.argv.slice(2);
  const run = subject === "peers" ? chosenPeers(args) : chosenBalancer();
  if (run === undefined) {
    process.stderr.write(subject === "peers" ? PEERS_USAGE : `${USAGE}\n${PEERS_USAGE}`);
    return 2;
  }
  try {
    await run();
    return 0;
  } finally {
    await endAll();
  }
}

function chosenBalancer(): (() => Promise<void>) | undefined {
  const options = readOptions();
  return options && (() => bench(options));
}

function chosenPeers(args: readonly string[]): (() => Promise<void>) | undefined {
  const options = readPeersOptions(args);
  return options && (() => benchPeers(options, onProgress));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void endAll().finally(() => process.exit(130)));
}
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`scripts/bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
