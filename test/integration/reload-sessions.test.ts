import { describe, expect, test } from "vitest";
import { startMosquittos, type Broker } from "../support/mosquitto.ts";
import { freePort } from "../support/ports.ts";
import { has, skipNote } from "../support/programs.ts";
import { startTandem, type Tandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import {
  connectDevice,
  connectDevices,
  deviceIds,
  type Devices,
  disconnectDevices,
  Placements,
  publishFromAll,
} from "./mqtt-devices.ts";

const SESSION_COUNT = 1_000;

/** What a traffic line counts: connections of the frontend and the backend, and all there were. */
interface Counts {
  readonly frontend: number;
  readonly backend: number;
  readonly requests: number;
}

/** Servers by name: each broker is `b<index>` in every configuration. */
function config(port: number, brokers: readonly Broker[], used: readonly number[]): string {
  return [
    "global",
    "  log stdout format raw local0",
    "defaults",
    "  mode tcp",
    "  log global",
    "  timeout connect 5s",
    "  timeout client 1m",
    "  timeout server 1m",
    "frontend mqtt",
    `  bind 127.0.0.1:${port}`,
    '  log-format "counted %fc %bc %rt %s"',
    "  default_backend brokers",
    "backend brokers",
    "  balance leastconn",
    "  option redispatch",
    "  stick-table type string len 32 size 10k expire 30m",
    "  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)",
    ...used.map((index) => `  server b${index} 127.0.0.1:${brokers[index]!.port} check`),
    "",
  ].join("\n");
}

/** Connects one client after the other, without end, until stopped. */
class Visitors {
  readonly failures: unknown[] = [];
  count = 0;
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(port: number) {
    this.#running = this.#run(port);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    while (!this.#isStopped) {
      try {
        const client = await connectDevice(port, `visitor-${this.count}`);
        await client.endAsync();
      } catch (error) {
        this.failures.push(error);
      }
      this.count++;
    }
  }
}

/** Reloads by SIGHUP and waits until the balancer says that it has. */
async function reloadBySignal(balancer: Tandem): Promise<void> {
  const count = (): number => balancer.process.stderr().split('"msg":"reloaded"').length;
  const before = count();
  balancer.process.kill("SIGHUP");
  await waitFor(() => count() > before, { what: "a reload" });
}

async function reloadByCommand(balancer: Tandem): Promise<void> {
  const { code, stdout, stderr } = await balancer.reload();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Reloaded in \d+ ms\n$/);
}

describe.skipIf(!has("mosquitto"))(`reload with live sessions${skipNote("mosquitto")}`, () => {
  test(
    `${SESSION_COUNT} sessions live on while servers come and go`,
    { timeout: 90_000 },
    async () => {
      const brokers = await startMosquittos(4);
      const port = await freePort();
      const balancer = await startTandem({ config: config(port, brokers, [0, 1, 2]) });
      const placements = new Placements(brokers);
      const ids = deviceIds("device", SESSION_COUNT);
      const devices = await connectInGroups(port, ids);
      const first = await placements.of(ids);
      const closedIds: string[] = [];
      for (const [id, client] of devices) client.on("close", () => closedIds.push(id));

      const visitors = new Visitors(port);
      const reloads = [reloadByCommand, reloadBySignal, reloadByCommand, reloadBySignal];
      for (const [round, reload] of reloads.entries()) {
        const isChanged = round % 2 === 0;
        balancer.rewrite(config(port, brokers, isChanged ? [0, 1, 3] : [0, 1, 2]));
        await reload(balancer);
        placements.mark();
        const newcomers = deviceIds(`newcomer-${round}`, 40);
        const connected = await connectDevices(port, newcomers);
        const [, , removed, added] = await placements.counts(newcomers);
        // The server that comes has fewer connections than the others: it gets them all.
        expect(added).toBe(isChanged ? newcomers.length : 0);
        if (isChanged) expect(removed).toBe(0);
        await disconnectDevices(connected);
        await publishFromAll(devices);
      }
      await visitors.stop();
      expect(closedIds).toEqual([]);
      expect(visitors.failures).toEqual([]);
      expect(visitors.count).toBeGreaterThan(100);

      // Entries of the table have outlived the reloads, and counters went on.
      const returning = ids.filter((id) => first.get(id) !== 2).slice(0, 100);
      await disconnectDevices(new Map(returning.map((id) => [id, devices.get(id)!])));
      placements.mark();
      const returned = await connectDevices(port, returning);
      const again = await placements.of(returning);
      expect(returning.filter((id) => again.get(id) !== first.get(id))).toEqual([]);
      const counts = await countsOfNextLine(balancer, returned);
      // As in HAProxy, a line still counts its own connection in the frontend, not in the backend.
      expect(counts).toMatchObject({ frontend: SESSION_COUNT, backend: SESSION_COUNT - 1 });
      expect(counts.requests).toBeGreaterThan(SESSION_COUNT + visitors.count);
    },
  );
});

/** A listen queue may be shorter than all of them. */
async function connectInGroups(port: number, ids: readonly string[]): Promise<Devices> {
  const devices: [string, Awaited<ReturnType<typeof connectDevice>>][] = [];
  for (let at = 0; at < ids.length; at += 100) {
    devices.push(...(await connectDevices(port, ids.slice(at, at + 100))));
  }
  return new Map(devices);
}

/** Ends one client and reads what the balancer counts as it writes its line. */
async function countsOfNextLine(balancer: Tandem, devices: Devices): Promise<Counts> {
  const before = balancer.process.stdout().length;
  const [client] = devices.values();
  await client!.endAsync();
  const line = await waitFor(
    () => /counted (\d+) (\d+) (\d+) /.exec(balancer.process.stdout().slice(before)) ?? false,
    { what: "a traffic line" },
  );
  const [frontend, backend, requests] = line.slice(1).map(Number);
  return { frontend: frontend!, backend: backend!, requests: requests! };
}
