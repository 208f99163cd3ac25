// Idle devices after the master's power is cut: with tickles they are back at once, without them when
// they next ping. Both on the same pair of configurations.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { IdleDevices } from "./idle-devices.ts";

const COUNT = 200;
const PING_MS = 10_000;

describe.skipIf(noNamespaces !== undefined)(
  `idle devices after a takeover ${noNamespaces ?? ""}`,
  () => {
    // A machine that is busy with other things starves the devices themselves: the best of three counts.
    test("99 % of 200 are back within a second", { timeout: 60_000, retry: 2 }, async () => {
      const idle = await IdleDevices.start({ count: COUNT, pingMs: PING_MS, rate: 2_000 });
      const back = await idle.back(await idle.cutPower(), 20_000);
      console.log(`tickle-rate 2000: ${JSON.stringify(back)}`);
      expect(back.most99Ms).toBeLessThanOrEqual(1_000);
    });

    test("without tickles they come back when they ping", { timeout: 60_000 }, async () => {
      const idle = await IdleDevices.start({ count: COUNT, pingMs: PING_MS, rate: 0 });
      const back = await idle.back(await idle.cutPower(), 20_000);
      console.log(`tickle-rate 0: ${JSON.stringify(back)}`);
      expect(back.most99Ms).toBeGreaterThan(5_000);
    });
  },
);
