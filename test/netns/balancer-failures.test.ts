// A balancer that dies, hangs or cannot start, and what the policy of the file makes of it.
import { describe, expect, test } from "vitest";
import { noNamespaces } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";
import { startPair } from "./node-pair.ts";
import { startSolo } from "./solo-node.ts";

const IS_LONG = process.env["TANDEM_TEST_LONG"] === "1";
/** How many times over a budget a shared machine may be. */
const SLACK = 4;

function tell(what: string, measured: object): void {
  if (IS_LONG) console.log(JSON.stringify({ what, ...measured }));
}

describe.skipIf(noNamespaces !== undefined)(
  `a balancer that fails ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test("one that cannot start is given up; mended and reloaded, the node takes the VIP back", async () => {
      const pair = await startPair({ global: "#tandem restart-budget 2 60s" });
      const { a } = pair.nodes;
      const good = pair.balancerConfig("a");
      a.rewriteBalancer("listen broken\n  bind nonsense\n");
      process.kill(await a.childPid("balancer"), "SIGKILL");
      await pair.settled("b");
      const [line] = await a.process.waitForOutput(/[^\n]*The balancer is given up[^\n]*/);
      expect(line).toContain('"level":"error"');
      expect(line).toContain("mend that, then reload this service");
      a.rewriteBalancer(good);
      const mendedMs = Date.now();
      a.process.kill("SIGHUP");
      await pair.settled("a");
      const answer = await pair.probe.waitForNode("a", mendedMs);
      tell("mended and reloaded", { servedAfterMs: answer.sentMs - mendedMs });
    });

    test("on-balancer-failure restart: the VIP stays while a new balancer starts", async () => {
      const pair = await startPair({
        global: "#tandem on-balancer-failure restart\n#tandem restart-in-place-timeout 5s",
      });
      const { a } = pair.nodes;
      await a.process.waitForOutput(/stands in reserve for the balancer/);
      const pid = await a.childPid("balancer");
      const measured = await pair.measure("a", async () => {
        process.kill(pid, "SIGKILL");
        await waitFor(async () => (await a.childPid("balancer")) !== pid);
      });
      tell("restart in place", measured);
      expect(pair.watches.b.holdings()).toEqual([]);
      expect(pair.watches.a.holdings()).toHaveLength(1);
    });

    test("on-balancer-failure restart: fails over when the new one does not answer in time", async () => {
      const pair = await startPair({
        global: "#tandem on-balancer-failure restart\n#tandem restart-in-place-timeout 1s",
      });
      const { a } = pair.nodes;
      const pid = await a.childPid("balancer");
      const measured = await pair.measure("b", () => {
        a.rewriteBalancer("listen broken\n  bind nonsense\n");
        process.kill(pid, "SIGKILL");
      });
      tell("restart in place fails", measured);
      expect(measured.outageMs).toBeGreaterThan(900);
      expect(measured.outageMs).toBeLessThan(1_000 + 150 * SLACK);
    });
  },
);

describe.skipIf(noNamespaces !== undefined)(
  `a node without a peer, adverts each second ${noNamespaces ?? ""}`,
  { timeout: 60_000 },
  () => {
    test.each([
      // The longest skew and an interval of unanswered silence (decision 0006).
      ["balancer", 2_100],
      // A new agent knows of no silence: a whole Master_Down_Interval, and its start.
      ["agent", 3_950],
    ] as const)("kill -9 of the %s", async (child, budgetMs) => {
      const solo = await startSolo({ timers: { version: 2, advertSeconds: 1 } });
      const pid = await solo.node.childPid(child);
      const outageMs = await solo.outage(() => {
        process.kill(pid, "SIGKILL");
      });
      tell(`no peer, kill ${child}`, { outageMs });
      // A question may be asked a second before its answer: the client's kernel asks again.
      expect(outageMs).toBeGreaterThan(budgetMs / 3);
      expect(outageMs).toBeLessThan(budgetMs * 1.5);
    });
  },
);
