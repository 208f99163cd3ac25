import type { MqttClient } from "mqtt";
import { beforeAll, describe, expect, test } from "vitest";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { canConnect, waitFor } from "../support/wait-for.ts";
import { connectDevice } from "./mqtt-devices.ts";

/** Resolves when a client's connection is closed. */
async function closeOf(device: MqttClient): Promise<void> {
  await new Promise<void>((resolve) => device.once("close", () => resolve()));
}

/** What ends at once ends within this time, also on a busy machine. */
const AT_ONCE_MS = 2_000;

describe.skipIf(!has("mosquitto"))(`stopping with live sessions${skipNote("mosquitto")}`, () => {
  let brokers: Broker[] = [];
  beforeAll(async () => {
    brokers = await startMosquittos(1);
  });

  async function start(globalLine = ""): Promise<{ port: number; balancer: Tandem }> {
    const port = await freePort();
    const config = `
global
  ${globalLine}
listen mqtt
  mode tcp
  bind 127.0.0.1:${port}
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  server b0 127.0.0.1:${brokers[0]!.port}
`;
    return { port, balancer: await startTandem({ config }) };
  }

  const untilRefused = (port: number): Promise<boolean> =>
    waitFor(async () => !(await canConnect(port)), { what: "a closed listener" });

  test("SIGUSR1 takes no more clients and ends with the last that is connected", async () => {
    const { port, balancer } = await start();
    const devices = [await connectDevice(port, "first"), await connectDevice(port, "second")];
    balancer.process.kill("SIGUSR1");
    await untilRefused(port);
    for (const device of devices) {
      await device.publishAsync("topic", "alive", { qos: 1 });
      expect(balancer.process.status()).toBeUndefined();
      await device.endAsync();
    }
    expect(await balancer.process.exited).toEqual({ code: 0, signal: null });
  });

  test("SIGUSR1 without clients ends the process", async () => {
    const { balancer } = await start();
    balancer.process.kill("SIGUSR1");
    expect(await balancer.process.exited).toEqual({ code: 0, signal: null });
  });

  test("after SIGUSR1 a reload is refused and opens nothing", async () => {
    const { port, balancer } = await start();
    const device = await connectDevice(port, "device");
    balancer.process.kill("SIGUSR1");
    await untilRefused(port);
    expect(await balancer.reload()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("stopping") as unknown,
    });
    expect(await canConnect(port)).toBe(false);
    await device.publishAsync("topic", "alive", { qos: 1 });
  });

  test("'hard-stop-after' ends a soft stop", async () => {
    const { port, balancer } = await start("hard-stop-after 500ms");
    const device = await connectDevice(port, "device");
    const closed = closeOf(device);
    const startedMs = performance.now();
    balancer.process.kill("SIGUSR1");
    expect(await balancer.process.exited).toEqual({ code: 0, signal: null });
    await closed;
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(499);
    expect(tookMs).toBeLessThan(500 + AT_ONCE_MS);
  });

  test.each([
    ["SIGTERM", "SIGTERM", []],
    ["SIGINT", "SIGINT", []],
    ["SIGTERM after SIGUSR1", "SIGTERM", ["SIGUSR1"]],
  ] as const)("%s closes every session and ends at once", async (_, last, before) => {
    const { port, balancer } = await start();
    const devices = [await connectDevice(port, "first"), await connectDevice(port, "second")];
    const closed = devices.map(closeOf);
    for (const signal of before) {
      balancer.process.kill(signal);
      await untilRefused(port);
    }
    const startedMs = performance.now();
    balancer.process.kill(last);
    await Promise.all(closed);
    expect(await balancer.process.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    expect(await canConnect(port)).toBe(false);
  });
});
