// Devices of all versions come back through the other node after a power cut: each to the broker that has its
// session, and no faster than `mqtt-connect-rate` lets them.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { listedCount } from "../support/live-list.ts";
import { type Host, noNamespaces } from "../support/netns.ts";
import { type RunningProcess, sendSignal } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { startPair, VIP } from "./node-pair.ts";

const DEVICES = path.join(REPOSITORY_DIR, "test", "netns", "programs", "persistent.mjs");
const DEVICE_PORT = 1884;
const BROKER_PORTS = [9011, 9012];
const PEERS_PORT = 10_000;
const COUNT = 60;
/** Connects a second at each broker. */
const RATE = 10;

const note = noNamespaces ?? (has("mosquitto") ? "" : "skipped: needs mosquitto");

interface Connack {
  readonly device: number;
  readonly connectedMs: number;
  readonly present: boolean;
}

async function startBrokers(host: Host): Promise<readonly RunningProcess[]> {
  const starting = BROKER_PORTS.map((port) => {
    const file = path.join(tempDir(), "mosquitto.conf");
    writeFileSync(file, `listener ${port} ${host.ipv4}\nallow_anonymous true\n`);
    const args = ["-c", file, "-v"];
    return host.start({
      command: "mosquitto",
      args,
      ready: (it) => it.output().includes("running"),
    });
  });
  return Promise.all(starting);
}

/** The brokers that each device has been at, by turns, as their logs say. */
function placesOf(brokers: readonly RunningProcess[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, broker] of brokers.entries()) {
    for (const [, id] of broker.output().matchAll(/New client connected from \S+ as (\S+) /g)) {
      places.set(id!, [...(places.get(id!) ?? []), index]);
    }
  }
  return places;
}

describe.skipIf(note !== "")(`a paced failover ${note}`, () => {
  test("devices keep their sessions and come back at the rate", { timeout: 120_000 }, async () => {
    const pair = await startPair({
      sections: (name, lan) => `
global
  localpeer ${name}
  #tandem tickle-rate 2000
peers nodes
  peer a ${lan.host("a").ipv4}:${PEERS_PORT}
  peer b ${lan.host("b").ipv4}:${PEERS_PORT}
listen devices
  bind :${DEVICE_PORT}
  timeout client 2m
  timeout server 2m
  timeout queue 1m
  tcp-request inspect-delay 5s
  #tandem mqtt-connect-rate ${RATE}/s burst 1
  stick-table type string len 32 size 10k expire 1h peers nodes
  #tandem stick on mqtt.client_id
${BROKER_PORTS.map((port) => `  server s${port} ${lan.host("broker").ipv4}:${port}`).join("\n")}
`,
    });
    const { lan } = pair;
    const brokers = await startBrokers(lan.host("broker"));
    const devices = await lan.host("client").start({
      command: process.execPath,
      args: [DEVICES, VIP, String(DEVICE_PORT), String(COUNT), "mixed"],
      ready: /ready/,
      readyTimeoutMs: 60_000,
    });
    const connacks = (): readonly Connack[] =>
      devices
        .stdout()
        .split("\n")
        .filter((line) => line.startsWith("{") && line.endsWith("}"))
        .map((line) => JSON.parse(line) as Connack);
    await waitFor(async () => (await listedCount(pair.nodes.b.controlFolder)) >= COUNT, {
      what: "node b to know of all devices",
    });
    const before = connacks().length;

    const pids = await lan.host("a").pids();
    await lan.setCable("a", false);
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    const back = await waitFor(
      () => {
        const later = connacks().slice(before);
        return new Set(later.map(({ device }) => device)).size === COUNT && later;
      },
      { timeoutMs: 60_000, what: () => `all devices; ${connacks().length - before} are back` },
    );

    // None was sent away and came twice; each found its broker, and its session. MQTT 3.1 does not tell of that.
    expect(back).toHaveLength(COUNT);
    const places = await waitFor(() => {
      const found = placesOf(brokers);
      return [...found.values()].flat().length === 2 * COUNT && found;
    });
    expect([...places].filter(([, [first, second]]) => first !== second)).toEqual([]);
    expect(back.filter(({ device, present }) => !present && device % 3 !== 1)).toEqual([]);
    const atMs = back.map(({ connectedMs }) => connectedMs).sort((one, other) => one - other);
    const tookMs = atMs.at(-1)! - atMs[0]!;
    const rateMs = ((COUNT / BROKER_PORTS.length - 1) / RATE) * 1_000;
    console.log(`${COUNT} devices within ${Math.round(tookMs)} ms; the rate implies ${rateMs} ms`);
    // What is on its way when a machine stalls arrives together: by so much may the first be late.
    expect(tookMs).toBeGreaterThan(0.7 * rateMs);
  });
});
