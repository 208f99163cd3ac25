// A broker that is stopped by SIGSTOP still accepts TCP: its kernel does. `option mqtt-check` finds it
// within 2 s with the defaults, five times in a row.
import { describe, expect, test } from "vitest";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice } from "./mqtt-devices.ts";

const ROUNDS = 5;

/** The budget of a frozen broker (design §7). */
const FOUND_MS_MAX = 2_000;

function config(port: number, brokers: readonly Broker[], option: string): string {
  const servers = brokers.map(
    (broker, index) => `  server b${index} 127.0.0.1:${broker.port} check`,
  );
  return `global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen mqtt
  bind 127.0.0.1:${port}
  ${option}
${servers.join("\n")}
`;
}

/** How often the balancer has said this of the first server. */
function told(tandem: Tandem, state: "DOWN" | "UP"): number {
  return tandem.process.stdout().split(`Server mqtt/b0 is ${state}`).length - 1;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

describe.skipIf(!has("mosquitto"))(`a frozen broker${skipNote("mosquitto")}`, () => {
  test.each([
    ["#tandem option mqtt-check"],
    ["#tandem option mqtt-check version 5 publish lb/probe within 300ms"],
  ])("is found within 2 s by '%s', and comes back", { timeout: 120_000 }, async (option) => {
    const brokers = await startMosquittos(2);
    const port = await freePort();
    const tandem = await startTandem({ config: config(port, brokers, option) });
    const [frozen] = brokers;
    const foundMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // At another moment of the interval each time.
      const checks = frozen!.output().length;
      await waitFor(() => frozen!.output().length > checks);
      const checkedMs = performance.now();
      await waitFor(() => performance.now() - checkedMs >= round * 100, { intervalMs: 2 });
      frozen!.signal("SIGSTOP");
      const frozenMs = performance.now();
      await waitFor(() => told(tandem, "DOWN") > round, { what: "DOWN", intervalMs: 5 });
      foundMs.push(performance.now() - frozenMs);
      // New devices are served by the other one.
      const device = await connectDevice(port, `device-${round}`);
      await device.endAsync();
      frozen!.signal("SIGCONT");
      await waitFor(() => told(tandem, "UP") > round, { what: "UP", intervalMs: 5 });
    }
    console.log(`${option}: ${foundMs.map(Math.round).join(", ")} ms`);
    expect(median(foundMs)).toBeLessThanOrEqual(FOUND_MS_MAX);
    const reason = 'is DOWN, reason: Layer7 timeout, info: "no CONNACK"';
    expect(tandem.process.stdout()).toContain(`Server mqtt/b0 ${reason}`);
  });

  test("is not found by a TCP check", async () => {
    const brokers = await startMosquittos(2);
    const port = await freePort();
    const pace = "default-server inter 100ms fall 2";
    const tandem = await startTandem({ config: config(port, brokers, pace) });
    const [frozen] = brokers;
    frozen!.signal("SIGSTOP");
    const stoppedMs = performance.now();
    // Twenty checks have had their say.
    await waitFor(() => performance.now() - stoppedMs > FOUND_MS_MAX);
    frozen!.signal("SIGCONT");
    expect(told(tandem, "DOWN")).toBe(0);
  });
});
