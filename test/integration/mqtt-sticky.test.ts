import { describe, expect, test } from "vitest";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { connectDevices, deviceIds, disconnectDevices, Placements } from "./mqtt-devices.ts";
import { usersConfig } from "./users-config.ts";

const DEVICE_COUNT = 300;
const RECONNECT_COUNT = 5;

describe.skipIf(!has("mosquitto"))(`300 clients, three brokers${skipNote("mosquitto")}`, () => {
  test("with file 04 every client returns to its broker over 5 reconnects", async () => {
    const brokers = await startMosquittos(3);
    const [port, statsPort] = await freePorts(2);
    await startTandem({ config: stickyConfig(brokers, port!, statsPort!) });
    const ids = deviceIds("device", DEVICE_COUNT);
    const placements = new Placements(brokers);
    let devices = await connectDevices(port!, ids);
    const first = await placements.of(ids);
    expect(await placements.counts(ids)).toEqual([100, 100, 100]);
    for (let round = 0; round < RECONNECT_COUNT; round++) {
      await disconnectDevices(devices);
      placements.mark();
      // Another order each time: taking turns alone would send them elsewhere.
      devices = await connectDevices(port!, rotated(ids, 1 + round * 3));
      const again = await placements.of(ids);
      expect(ids.filter((id) => again.get(id) !== first.get(id))).toEqual([]);
    }
    await disconnectDevices(devices);
  });

  test("with leastconn the brokers differ by at most one client", async () => {
    const brokers = await startMosquittos(3);
    const [port] = await freePorts(1);
    await startTandem({ config: leastconnConfig(brokers, port!) });
    const placements = new Placements(brokers);
    const ids = deviceIds("device", DEVICE_COUNT);
    const devices = await connectDevices(port!, ids);
    expect(spread(await placements.counts(ids))).toBeLessThanOrEqual(1);
    // The clients of one broker leave; more others come and fill the gap.
    const placed = await placements.of(ids);
    const isLeaving = (id: string): boolean => placed.get(id) === 1;
    await disconnectDevices(new Map([...devices].filter(([id]) => isLeaving(id))));
    const others = deviceIds("other", 130);
    await connectDevices(port!, others);
    const staying = ids.filter((id) => !isLeaving(id));
    expect(spread(await placements.counts([...staying, ...others]))).toBeLessThanOrEqual(1);
  });
});

/** By how many clients the brokers differ. */
function spread(counts: readonly number[]): number {
  return Math.max(...counts) - Math.min(...counts);
}

function rotated<T>(list: readonly T[], by: number): T[] {
  return [...list.slice(by), ...list.slice(0, by)];
}

function stickyConfig(brokers: readonly Broker[], port: number, statsPort: number): string {
  return usersConfig("04-emqx-sticky.cfg", [
    ...brokers.map(
      (broker, index) =>
        [`emqx${index + 1}-cluster.emqx.io:1883`, `127.0.0.1:${broker.port}`] as const,
    ),
    ["bind *:1883", `bind 127.0.0.1:${port}`],
    ["bind *:8888", `bind 127.0.0.1:${statsPort}`],
  ]);
}

function leastconnConfig(brokers: readonly Broker[], port: number): string {
  return [
    "listen mqtt",
    "  mode tcp",
    `  bind 127.0.0.1:${port}`,
    "  timeout connect 5s",
    "  timeout client 1m",
    "  timeout server 1m",
    "  balance leastconn",
    ...brokers.map((broker, index) => `  server b${index} 127.0.0.1:${broker.port} check`),
    "",
  ].join("\n");
}
