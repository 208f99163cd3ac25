// Punctuality under load, with real-time scheduling and without the permission for it.
// TANDEM_TEST_SOAK_S: how long, seconds; TANDEM_TEST_LONG=1: an hour.
import { availableParallelism } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { startProcess } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempFile } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { Witnesses, hasWitness } from "./witness.ts";
import { Bench, gapsOf, instanceText, PacketTimes } from "./agents.ts";

const INTERVAL_MS = 10;
const SOAK_S = Number(
  process.env["TANDEM_TEST_SOAK_S"] ?? (process.env["TANDEM_TEST_LONG"] === "1" ? 3_600 : 15),
);
const LOOPS_PER_CPU = 4;
/** Of the 36 ms after which the backup takes over, two thirds. */
const STALL_MS = 24;
/** A takeover so soon after a stall of the machine is the machine's. */
const EXPLAINS_MS = 100;

/** Takes all CPUs, several times over, until the test ends. */
async function startBusyLoops(): Promise<void> {
  for (let i = 0; i < LOOPS_PER_CPU * availableParallelism(); i++) {
    await startProcess({ command: "sh", args: ["-c", "while :; do :; done"] });
  }
}

describe.skipIf(noNamespaces !== undefined || !has("chrt") || !hasWitness)(
  `real-time scheduling ${noNamespaces ?? skipNote("chrt")}`,
  () => {
    test(
      "adverts every 10 ms and busy loops on all CPUs: no false takeover",
      { timeout: (SOAK_S + 60) * 1_000 },
      async () => {
        const bench = await Bench.create({ more: ["c"] });
        // Above the agents of tests that run side by side: a round-robin slice is 100 ms (sched(7)).
        const text = (priority: number): string =>
          "global_defs {\n  vrrp_rt_priority 80\n}\n" +
          instanceText({ priority, advertInt: INTERVAL_MS / 1_000 });
        const a = await bench.start("a", text(150));
        await bench.owned("a", () => a.process.output());
        const b = await bench.start("b", text(100));
        await startBusyLoops();
        // What takes the CPU from a witness takes it from both nodes: two machines would not share it.
        const witnesses = await Witnesses.start(STALL_MS);
        const packets = await PacketTimes.start(
          bench.host("c"),
          `ip proto 112 and src host ${bench.host("a").ipv4}`,
        );
        const endMs = performance.now() + SOAK_S * 1_000;
        await waitFor(() => performance.now() >= endMs, {
          timeoutMs: (SOAK_S + 30) * 1_000,
          intervalMs: 100,
        });
        const gaps = gapsOf(await packets.stop());
        const stalls = witnesses.stalls();
        const takeovers = bench
          .watch("b")
          .holdings()
          .map(({ fromMs }) => fromMs);
        const unexplained = takeovers.filter(
          (atMs) => !stalls.some(({ untilMs }) => Math.abs(atMs - untilMs) < EXPLAINS_MS),
        );
        console.info(
          JSON.stringify({ soakS: SOAK_S, ...gaps, takeovers, unexplained, stalls: stalls.length }),
        );
        expect(unexplained, a.process.output() + b.process.output()).toEqual([]);
        expect(bench.owners()).toBe("a");
        expect(gaps.count).toBeGreaterThan((0.9 * SOAK_S * 1_000) / INTERVAL_MS);
        expect(gaps.p99Ms).toBeLessThan(2 * INTERVAL_MS);
      },
    );
  },
);

describe.skipIf(noNamespaces !== undefined || !has("setpriv"))(
  `without permission for real-time scheduling ${noNamespaces ?? skipNote("setpriv")}`,
  () => {
    test("there is one clear warning, and the agent works", async () => {
      const bench = await Bench.create();
      const a = await bench.host("a").start({
        command: "setpriv",
        args: [
          ...["--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", "--"],
          ...[path.join(REPOSITORY_DIR, "bin", "tandem"), "agent", "-k"],
          tempFile("keepalived.conf", instanceText({ priority: 150 })),
        ],
        ready: /"msg":"ready"/,
      });
      await bench.owned("a", () => a.output());
      const warnings = a.output().match(/.*Real-time scheduling is not permitted.*/g);
      expect(warnings).toHaveLength(1);
      expect(warnings![0]).toMatch(/"level":"warn".*CAP_SYS_NICE/);
      await a.stop();
      await bench.owned("");
    });
  },
);
