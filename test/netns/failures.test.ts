// The failure matrix: what each fault on the master costs, beside its budget. Assertions are generous
// multiples, since the machine of the tests is shared; what was measured is printed with TANDEM_TEST_LONG.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";
import { startPair, type Measured, type NodePair } from "./node-pair.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
const RUNS = IS_LONG ? 5 : 1;

interface Budget {
  readonly outageMs: number;
  /** `undefined`: not part of the budget. */
  readonly bothMs?: number;
}

/** How many times over a budget a shared machine may be. */
const SLACK = 4;

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}

async function measureRuns(
  name: string,
  budget: Budget,
  run: (pair: NodePair) => Promise<Measured>,
  settings: Parameters<typeof startPair>[0] = {},
): Promise<void> {
  const runs: Measured[] = [];
  for (let i = 0; i < RUNS; i++) {
    const pair = await startPair(settings);
    runs.push(await run(pair));
    await Promise.all(Object.values(pair.nodes).map((node) => node.process.stop()));
  }
  const outageMs = median(runs.map((one) => one.outageMs));
  const bothMs = median(runs.map((one) => one.bothMs));
  if (IS_LONG) console.log(JSON.stringify({ fault: name, budget, outageMs, bothMs, runs }));
  expect(outageMs, "outage, ms").toBeLessThan(SLACK * budget.outageMs);
  if (budget.bothMs !== undefined) {
    expect(bothMs, "both nodes held the VIP, ms").toBeLessThan(SLACK * budget.bothMs);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

describe.skipIf(noNamespaces !== undefined)(
  `faults of the master of a pair of whole nodes ${noNamespaces ?? ""}`,
  { timeout: 120_000 * RUNS },
  () => {
    test("stop", async () => {
      await measureRuns("stop", { outageMs: 50, bothMs: 50 }, async (pair) =>
        pair.measure("b", () => pair.nodes.a.process.kill("SIGTERM")),
      );
    });

    test("kill -9 of the balancer", async () => {
      await measureRuns("kill balancer", { outageMs: 150, bothMs: 50 }, async (pair) => {
        const pid = await pair.nodes.a.childPid("balancer");
        return pair.measure("b", () => signal(pid, "SIGKILL"));
      });
    });

    test("the balancer hangs", async () => {
      await measureRuns("balancer hangs", { outageMs: 500, bothMs: 50 }, async (pair) => {
        const pid = await pair.nodes.a.childPid("balancer");
        return pair.measure("b", () => signal(pid, "SIGSTOP"));
      });
    });

    test("kill -9 of the agent", async () => {
      await measureRuns("kill agent", { outageMs: 100, bothMs: 50 }, async (pair) => {
        const pid = await pair.nodes.a.childPid("agent");
        return pair.measure("b", () => signal(pid, "SIGKILL"));
      });
    });

    test("the agent hangs", async () => {
      await measureRuns("agent hangs", { outageMs: 400, bothMs: 400 }, async (pair) => {
        const pid = await pair.nodes.a.childPid("agent");
        return pair.measure("b", () => signal(pid, "SIGSTOP"));
      });
    });

    test("kill -9 of the guard", async () => {
      await measureRuns("kill guard", { outageMs: 100, bothMs: 50 }, async (pair) => {
        return pair.measure("b", () => signal(pair.nodes.a.process.pid, "SIGKILL"));
      });
    });

    test("every process frozen, then resumed", async () => {
      // Both hold the VIP while one is frozen: nobody can help that. The budget counts from resuming.
      await measureRuns(
        "freeze and resume",
        { outageMs: 400, bothMs: 50 },
        async (pair) => {
          const { a } = pair.nodes;
          const pids = [a.process.pid, await a.childPid("agent"), await a.childPid("balancer")];
          for (const pid of pids) signal(pid, "SIGSTOP");
          await waitFor(() => pair.watches.b.isHeld);
          return pair.measure("b", async () => {
            for (const pid of pids) signal(pid, "SIGCONT");
            await waitFor(() => !pair.watches.a.isHeld);
          });
        },
        { instance: "nopreempt" },
      );
    });

    test("link down", async () => {
      await measureRuns("link down", { outageMs: 330 }, async (pair) =>
        pair.measure("b", () => pair.lan.setCable("a", false)),
      );
    });

    test("adverts lost in one direction while both nodes are healthy, without a second path", async () => {
      await measureRuns("VRRP lost, healed", { outageMs: 100, bothMs: 100 }, async (pair) => {
        await pair.lan.setVrrp("a", false);
        await waitFor(() => pair.watches.b.isHeld);
        return pair.measure("a", async () => {
          await pair.lan.setVrrp("a", true);
          const healedMs = Date.now();
          await pair.settled("a");
          return healedMs;
        });
      });
    });
  },
);

describe.skipIf(noNamespaces !== undefined)(
  `a second heartbeat path ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("keeps one master while VRRP is lost", async () => {
      const pair = await startPair({
        secondLan: true,
        global: '#tandem heartbeat SELF2 PEER2 key "open sesame"',
      });
      const fromMs = Date.now();
      await pair.lan.setVrrp("a", false);
      await pair.lan.setVrrp("b", false);
      // Ten times as long as a backup would wait.
      await waitFor(() => Date.now() - fromMs > 3_500, { intervalMs: 100 });
      expect(pair.watches.b.holdings()).toEqual([]);
      expect(pair.watches.a.isHeld).toBe(true);
      expect(pair.probe.longestGapMs(fromMs)).toBeLessThan(500);
    });
  },
);

describe.skipIf(noNamespaces !== undefined)(
  `fit to serve ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("a node whose brokers are down hands over, and does not preempt before they are back", async () => {
      const pair = await startPair({
        // Each node has a port of its own at the broker; a rule in the broker's kernel takes one away.
        server: (name, broker) =>
          `server s1 ${broker.ipv4}:${name === "a" ? 9001 : 9002} check inter 200 fall 1 rise 1`,
      });
      const broker = pair.lan.host("broker");
      await broker.mustRun("nft", "add", "table", "inet", "t");
      await broker.mustRun(
        "nft",
        "add",
        "chain",
        "inet",
        "t",
        "i",
        "{ type filter hook input priority 0; }",
      );
      await broker.mustRun(
        "nft",
        "add",
        "rule",
        "inet",
        "t",
        "i",
        "tcp",
        "dport",
        "9001",
        "reject",
      );
      await pair.settled("b");
      const movedMs = Date.now();
      await pair.probe.waitForNode("b", movedMs);
      await broker.mustRun("nft", "delete", "table", "inet", "t");
      await pair.settled("a");
      await pair.probe.waitForNode("a", movedMs);
    });
  },
);
