// A server is emptied under real devices: they are told at the pace asked for, each finds its new broker
// at once, and those that understand no DISCONNECT find it, too.
import path from "node:path";
import type { IDisconnectPacket, MqttClient } from "mqtt";
import { describe, expect, test } from "vitest";
import { runtimeCommand } from "../support/haproxy.ts";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevices, deviceIds, type Devices, Placements } from "./mqtt-devices.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
const COUNT = IS_LONG ? 2_000 : 40;
const DRAIN_MS = IS_LONG ? 10_000 : 2_000;

interface Running {
  readonly port: number;
  readonly socket: string;
  readonly balancer: Tandem;
  readonly placements: Placements;
}

async function start(mover: string, lines: readonly string[], sections = ""): Promise<Running> {
  const brokers = await startMosquittos(2);
  const port = await freePort();
  const socket = path.join(tempDir(), "s.sock");
  const config = `
global
  mover ${mover}
  stats socket ${socket} level admin
listen mqtt
  mode tcp
  bind 127.0.0.1:${port}
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  tcp-request inspect-delay 5s
  stick-table type string len 32 size 10k expire 1h
  #tandem stick on mqtt.client_id
  ${lines.join("\n  ")}
  server b0 127.0.0.1:${brokers[0]!.port}
  server b1 127.0.0.1:${brokers[1]!.port}
${sections}
`;
  const balancer = await startTandem({ config });
  return { port, socket, balancer, placements: new Placements(brokers) };
}

/** How one device was sent away. */
interface Farewell {
  readonly atMs: number;
  readonly packet: IDisconnectPacket | undefined;
}

async function farewellOf(client: MqttClient): Promise<Farewell> {
  let packet: IDisconnectPacket | undefined;
  let atMs = 0;
  client.once("disconnect", (told) => {
    packet = told;
    atMs = performance.now();
  });
  await new Promise<void>((resolve) => client.once("close", () => resolve()));
  return { atMs: packet === undefined ? performance.now() : atMs, packet };
}

function pick(devices: Devices, placed: ReadonlyMap<string, number>, broker: number): MqttClient[] {
  return [...devices].filter(([id]) => placed.get(id) === broker).map(([, client]) => client);
}

/** Not more at once than a busy machine can take in. */
async function connectInWaves(port: number, ids: readonly string[]): Promise<Devices> {
  const all: [string, MqttClient][] = [];
  for (let at = 0; at < ids.length; at += 100) {
    all.push(...(await connectDevices(port, ids.slice(at, at + 100), { protocolVersion: 5 })));
  }
  return new Map(all);
}

/** The most that happened within any second. */
function mostInASecond(sortedMs: readonly number[]): number {
  return Math.max(
    ...sortedMs.map((from) => sortedMs.filter((at) => at >= from && at < from + 1_000).length),
  );
}

describe.skipIf(!has("mosquitto"))(`emptying a server${skipNote("mosquitto")}`, () => {
  test.each(["native", "node"])(
    "devices are told, evenly, and are elsewhere at once: %s mover",
    async (mover) => {
      const running = await start(mover, [
        `#tandem drain-time ${DRAIN_MS}ms`,
        "#tandem mqtt-server-reference lb.example:1883",
      ]);
      const { port, socket, placements } = running;
      const ids = deviceIds("d", COUNT);
      const devices = await connectInWaves(port, ids);
      const placed = await placements.of(ids);
      const leaving = pick(devices, placed, 0);
      const staying = pick(devices, placed, 1);
      expect(leaving.length).toBeGreaterThan(COUNT / 4);
      placements.mark();
      const startedMs = performance.now();
      const farewells = Promise.all(leaving.map(farewellOf));
      await runtimeCommand(socket, "set server mqtt/b0 state drain");
      const told = await farewells;
      for (const { packet } of told) {
        expect(packet?.reasonCode).toBe(0x9c);
        expect(packet?.properties?.serverReference).toBe("lb.example:1883");
      }
      const atMs = told.map((each) => each.atMs - startedMs).sort((one, other) => one - other);
      const rate = (leaving.length / DRAIN_MS) * 1_000;
      // The last is due one step before the time is over.
      expect(atMs.at(-1)).toBeGreaterThan(((leaving.length - 1.5) / rate) * 1_000);
      expect(staying.every((client) => client.connected)).toBe(true);
      if (IS_LONG) {
        console.log(
          `${mover}: ${leaving.length} in ${atMs.at(-1)!.toFixed(0)} ms, at most ${mostInASecond(atMs)} in a second, ${rate.toFixed(1)} asked for`,
        );
        expect(mostInASecond(atMs)).toBeLessThanOrEqual(Math.ceil(1.1 * rate));
      }
      const gone = ids.filter((id) => placed.get(id) === 0);
      await connectInWaves(port, gone);
      expect(await placements.counts(gone)).toEqual([0, gone.length]);
    },
    120_000,
  );

  test.each(["native", "node"])("older clients get an end: %s mover", async (mover) => {
    const { port, socket, placements } = await start(mover, ["#tandem drain-rate 100/s"]);
    const ids = deviceIds("old", 10);
    const devices = await connectDevices(port, ids, { protocolVersion: 4 });
    const leaving = pick(devices, await placements.of(ids), 0);
    const farewells = Promise.all(leaving.map(farewellOf));
    await runtimeCommand(socket, "set server mqtt/b0 state maint");
    for (const { packet } of await farewells) expect(packet).toBeUndefined();
  });

  test("a soft stop sends all devices away and ends; SIGTERM does so at once", async () => {
    for (const signal of ["SIGUSR1", "SIGTERM"] as const) {
      const { port, balancer } = await start("auto", ["#tandem drain-time 500ms"]);
      const devices = await connectDevices(port, deviceIds("d", 10), { protocolVersion: 5 });
      const farewells = Promise.all([...devices.values()].map(farewellOf));
      balancer.process.kill(signal);
      for (const { packet } of await farewells) expect(packet?.reasonCode).toBe(0x8b);
      expect(await balancer.process.exited).toEqual({ code: 0, signal: null });
    }
  });

  test("'drain sessions' sends all away at its rate until it is stopped", async () => {
    const { port, socket } = await start("auto", ["#tandem drain-time 10s"]);
    const devices = await connectDevices(port, deviceIds("d", 10), { protocolVersion: 5 });
    const first = Promise.race([...devices.values()].map(farewellOf));
    await runtimeCommand(socket, "drain sessions rate 1/s");
    expect((await first).packet?.reasonCode).toBe(0x9c);
    await runtimeCommand(socket, "drain sessions stop");
    expect(await runtimeCommand(socket, "drain sessions soon")).toContain("Expects 'rate <n>'");
    const connected = [...devices.values()].filter((client) => client.connected);
    expect(connected.length).toBeGreaterThan(5);
  });

  test("packets are counted by type, for metrics and for each session", async () => {
    const page = await freePort();
    const { port, socket, placements } = await start(
      "auto",
      ["#tandem option mqtt-packets"],
      `listen page\n  mode http\n  bind 127.0.0.1:${page}\n  timeout client 5s\n  http-request use-service prometheus-exporter`,
    );
    const devices = await connectDevices(port, ["one"], { protocolVersion: 5 });
    for (let i = 0; i < 3; i++) await devices.get("one")!.publishAsync("t", "x", { qos: 1 });
    const server = `b${(await placements.of(["one"])).get("one")!}`;
    const line = (type: string, direction: string, of: string, count: number): string =>
      `tandem_mqtt_packets_total{direction="${direction}",type="${type}",proxy="mqtt",server="${of}"} ${count}`;
    // Running sessions are counted every 2 s.
    const body = await waitFor(
      async () => {
        const text = await (await fetch(`http://127.0.0.1:${page}/metrics`)).text();
        return text.includes(line("puback", "out", server, 3)) && text;
      },
      { what: "three acknowledgements" },
    );
    expect(body).toContain(line("publish", "in", server, 3));
    expect(body).toContain(line("connect", "in", "", 1));
    const shown = await runtimeCommand(socket, "show sess all");
    expect(shown).toContain("  mqtt=(in: connect=1 publish=3, out: connack=1 puback=3)");
  });

  test("a server that returns gets its share, and those who are moved find it", async () => {
    const { port, socket, placements } = await start("auto", ["#tandem rebalance-rate 20/s"]);
    await runtimeCommand(socket, "set server mqtt/b0 state maint");
    const ids = deviceIds("d", 10);
    const devices = await connectDevices(port, ids, { protocolVersion: 5, reconnectPeriod: 10 });
    expect(await placements.counts(ids)).toEqual([0, 10]);
    placements.mark();
    const moved = new Set<string>();
    for (const [id, client] of devices) client.once("disconnect", () => moved.add(id));
    await runtimeCommand(socket, "set server mqtt/b0 state ready");
    await waitFor(() => moved.size === 5, { what: () => `five moved, ${moved.size} are` });
    expect(await placements.counts([...moved])).toEqual([5, 0]);
  });
});
