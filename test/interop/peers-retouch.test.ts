// An entry lives as long as its connection, also at an HAProxy that only hears of it.
import { describe, expect, test } from "vitest";
import { startHaproxy } from "../support/haproxy.ts";
import { startMosquittos } from "../support/mosquitto.ts";
import { freePorts } from "../support/ports.ts";
import { has } from "../support/programs.ts";
import { startTandem } from "../support/tandem.ts";
import { waitFor } from "../support/wait-for.ts";
import { connectDevice } from "../integration/mqtt-devices.ts";
import { nodeConfig, waitForLog } from "../integration/peers-harness.ts";

const EXPIRE_S = 3;
const missing = ["haproxy", "mosquitto"].find((program) => !has(program));

describe.skipIf(missing !== undefined)(
  `entries of live connections${missing === undefined ? "" : ` (skipped: needs ${missing})`}`,
  () => {
    test("outlive their time at the peer, and end after the connection", async () => {
      const brokers = await startMosquittos(2);
      const [one, two, three, four] = await freePorts(4);
      const ports = { clients: { lb1: one!, lb2: two! }, peers: { lb1: three!, lb2: four! } };
      const table = `stick-table type string len 64 size 1k expire ${EXPIRE_S}s peers pair`;
      const tandem = await startTandem({ config: nodeConfig("lb1", ports, brokers, { table }) });
      const haproxy = await startHaproxy({ config: nodeConfig("lb2", ports, brokers, { table }) });
      await waitForLog(tandem, /Peer pair\/lb2: connected/);
      const device = await connectDevice(one!, "patient");

      /** The time left at HAProxy, ms; `undefined` when the entry is gone. */
      const leftMs = async (): Promise<number | undefined> => {
        const line = /key=patient .*exp=(\d+)/.exec(await haproxy.command("show table mqtt"));
        return line === null ? undefined : Number(line[1]);
      };
      await waitFor(async () => (await leftMs()) !== undefined);
      let renewedCount = 0;
      let before = await leftMs();
      await waitFor(
        async () => {
          const left = await leftMs();
          expect(left, "the entry at HAProxy").toBeDefined();
          if (left! > before! + 500) renewedCount += 1;
          before = left;
          // Each renewal comes after a third of the time: five are more than the whole of it.
          return renewedCount === 5;
        },
        { timeoutMs: 30_000, what: () => `5 renewals, ${renewedCount} seen` },
      );
      await device.endAsync();
      await waitFor(async () => (await leftMs()) === undefined);
    }, 60_000);
  },
);
