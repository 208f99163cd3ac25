import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readSystemClock, TableStore } from "../../src/io/table-store.ts";
import { StickTable } from "../../src/stick/table.ts";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { tempDir } from "../support/temp.ts";
import { tableSpec } from "../unit/stick/spec.ts";
import { waitFor, waitForPort } from "../support/wait-for.ts";
import {
  connectDevice,
  connectDevices,
  deviceIds,
  disconnectDevices,
  Placements,
} from "./mqtt-devices.ts";

const EXPIRE_MS = 2_000;
/** Entries expire when the table is next looked after, which is every second. */
const CERTAINLY_EXPIRED_MS = EXPIRE_MS + 1_500;

interface Settings {
  readonly port: number;
  readonly globalLines?: readonly string[];
  readonly size?: string;
  readonly expire?: string;
  readonly backendLines?: readonly string[];
}

function config(brokers: readonly Broker[], settings: Settings): string {
  const { port, globalLines = [], size = "10k", expire = "30m", backendLines = [] } = settings;
  return [
    "global",
    ...globalLines,
    "listen mqtt",
    "  mode tcp",
    `  bind 127.0.0.1:${port}`,
    "  timeout connect 5s",
    "  timeout client 1m",
    "  timeout server 1m",
    `  stick-table type string len 32 size ${size} expire ${expire}`,
    "  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)",
    ...backendLines,
    ...brokers.map((broker, index) => `  server b${index} 127.0.0.1:${broker.port}`),
    "",
  ].join("\n");
}

describe.skipIf(!has("mosquitto"))(`stick tables${skipNote("mosquitto")}`, () => {
  /** Connects one after the other: without a table the turns decide who goes where. */
  async function connectInTurn(port: number, ids: readonly string[]): Promise<() => Promise<void>> {
    const devices = new Map<string, Awaited<ReturnType<typeof connectDevice>>>();
    for (const id of ids) devices.set(id, await connectDevice(port, id));
    return () => disconnectDevices(devices);
  }

  test("an entry outlives its time while its client is connected, and expires after", async () => {
    const brokers = await startMosquittos(3);
    const port = await freePort();
    await startTandem({ config: config(brokers, { port, expire: `${EXPIRE_MS}ms` }) });
    const ids = deviceIds("device", 9);
    const placements = new Placements(brokers);
    let disconnect = await connectInTurn(port, ids);
    const first = await placements.of(ids);
    await sleep(CERTAINLY_EXPIRED_MS);
    await disconnect();

    // One more takes a turn: whoever comes without an entry goes to another broker than before.
    await disconnectDevices(await connectDevices(port, ["one-more"]));
    placements.mark();
    disconnect = await connectInTurn(port, ids);
    expect(await placements.of(ids)).toEqual(first);
    await disconnect();

    await sleep(CERTAINLY_EXPIRED_MS);
    placements.mark();
    await connectInTurn(port, ids);
    const last = await placements.of(ids);
    expect(ids.filter((id) => last.get(id) === first.get(id))).toEqual([]);
  });

  test("with 'no option pin-stick-entries' an entry expires below its client", async () => {
    const brokers = await startMosquittos(3);
    const port = await freePort();
    const backendLines = ["  no option pin-stick-entries"];
    await startTandem({
      config: config(brokers, { port, expire: `${EXPIRE_MS}ms`, backendLines }),
    });
    const ids = deviceIds("device", 9);
    const placements = new Placements(brokers);
    const disconnect = await connectInTurn(port, ids);
    const first = await placements.of(ids);
    await sleep(CERTAINLY_EXPIRED_MS);
    await disconnect();
    await disconnectDevices(await connectDevices(port, ["one-more"]));
    placements.mark();
    await connectInTurn(port, ids);
    const last = await placements.of(ids);
    expect(ids.filter((id) => last.get(id) === first.get(id))).toEqual([]);
  });

  test.each([
    ["SIGTERM", "60s"],
    ["SIGKILL", "50ms"],
  ] as const)(
    "'table-directory' brings clients back to their brokers after %s and a new start",
    async (signal, saveInterval) => {
      const brokers = await startMosquittos(3);
      const port = await freePort();
      const directory = path.join(tempDir(), "tables");
      const globalLines = [
        `  table-directory ${directory}`,
        `  table-save-interval ${saveInterval}`,
      ];
      const text = config(brokers, { port, globalLines });
      const balancer = await startTandem({ config: text });
      const ids = deviceIds("device", 60);
      const placements = new Placements(brokers);
      const devices = await connectDevices(port, ids);
      const first = await placements.of(ids);
      // Nothing says when a save has begun; of two that have ended the second began after this.
      if (signal === "SIGKILL") for (let saves = 0; saves < 2; saves++) await nextSave(directory);
      balancer.process.kill(signal);
      await balancer.process.exited;
      await disconnectDevices(devices);

      await startTandem({ config: text });
      placements.mark();
      await connectDevices(port, [...ids].reverse());
      expect(await placements.of(ids)).toEqual(first);
    },
  );

  test("a client that comes while a large table is being read finds its broker", async () => {
    const brokers = await startMosquittos(3);
    const port = await freePort();
    const directory = path.join(tempDir(), "tables");
    const count = 150_000;
    await saveTable(directory, count, "b2");
    const globalLines = [`  table-directory ${directory}`];
    const placements = new Placements(brokers);
    const starting = startTandem({ config: config(brokers, { port, globalLines, size: "200k" }) });
    const ids = [1, 2, 3].map((back) => `device-${count - back}`);
    await waitForPort(port);
    await connectDevices(port, ids);
    expect(await placements.counts(ids)).toEqual([0, 0, 3]);
    await starting;
  });
});

/** Writes a table as a balancer that has stopped leaves it: every device sticks to one server. */
async function saveTable(directory: string, count: number, server: string): Promise<void> {
  const size = 200_000;
  const expireMs = 1_800_000;
  const store = "server_id,server_key";
  const table = new StickTable(
    tableSpec({ name: "mqtt", keyLengthMax: 32, size, expireMs, store }),
  );
  const { nowMs } = readSystemClock();
  for (const id of deviceIds("device", count)) {
    table.setServerKey(table.getOrCreate(id, nowMs)!, server);
  }
  expect(await new TableStore(directory).save(table)).toMatchObject({ kind: "saved" });
}

/** Waits until a table file is replaced. */
async function nextSave(directory: string): Promise<void> {
  const inode = (): number | undefined => {
    try {
      const [file] = readdirSync(directory).filter((name) => name.endsWith(".tbl"));
      return file === undefined ? undefined : statSync(path.join(directory, file)).ino;
    } catch {
      return undefined;
    }
  };
  const before = inode();
  await waitFor(() => inode() !== undefined && inode() !== before, { what: "a saved table" });
}
