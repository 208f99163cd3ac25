// Restarts: how soon, how often, and when a child is given up.
import { describe, expect, test } from "vitest";
import type { Child } from "../../../../ha/supervise/guard-events.ts";
import { RestartPlan } from "../../../../ha/supervise/restart-plan.ts";
import { GuardBench, SETTINGS } from "./guard-bench.ts";

/** Ends each run as soon as it starts; gives the starts, in ms after the first end. */
function startsOf(bench: GuardBench, child: Child, durationMs: number): number[] {
  const beganMs = bench.nowMs;
  const starts: number[] = [];
  let run = bench.runs[child];
  bench.end(child);
  while (bench.nowMs - beganMs < durationMs) {
    if (bench.runs[child] !== run) {
      run = bench.runs[child];
      starts.push(bench.nowMs - beganMs);
      bench.end(child);
    } else {
      bench.pass(10);
    }
  }
  return starts;
}

describe("restart plan", () => {
  test("the first restart is immediate, later ones wait twice as long each, up to 10 s", () => {
    const plan = new RestartPlan({ count: 100, periodMs: 60_000 });
    const delays = Array.from({ length: 10 }, (_, index) => plan.ended(0, index).delayMs);
    expect(delays).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  test("30 s of life forgive", () => {
    const plan = new RestartPlan({ count: 100, periodMs: 60_000 });
    for (let count = 0; count < 5; count++) plan.ended(0, count);
    expect(plan.ended(29_999, 30_000).delayMs).toBe(1_600);
    expect(plan.ended(30_000, 60_000).delayMs).toBe(0);
  });

  test("restarts older than the period are not counted", () => {
    const plan = new RestartPlan({ count: 2, periodMs: 1_000 });
    expect(plan.ended(0, 0).isGivenUp).toBe(false);
    expect(plan.ended(0, 500).isGivenUp).toBe(false);
    expect(plan.ended(0, 1_000)).toMatchObject({ isGivenUp: false, count: 2 });
    expect(plan.ended(0, 1_400)).toMatchObject({ isGivenUp: true, delayMs: 1_000 });
  });

  test("after giving up, a run that does not last gives up again at once", () => {
    const plan = new RestartPlan({ count: 1, periodMs: 60_000 });
    plan.ended(0, 0);
    expect(plan.ended(0, 1).isGivenUp).toBe(true);
    plan.prove();
    expect(plan.isGivenUp).toBe(false);
    expect(plan.ended(29_000, 100_000).isGivenUp).toBe(true);
    expect(plan.ended(30_000, 200_000)).toMatchObject({ isGivenUp: false, delayMs: 0 });
  });

  test("a refilled budget starts afresh", () => {
    const plan = new RestartPlan({ count: 0, periodMs: 60_000 });
    expect(plan.ended(0, 0).isGivenUp).toBe(true);
    plan.refill({ count: 1, periodMs: 60_000 });
    expect(plan.isGivenUp).toBe(false);
    expect(plan.ended(0, 1)).toMatchObject({ isGivenUp: false, delayMs: 0 });
  });
});

describe("guard: restarts", () => {
  test.each(["agent", "balancer"] as const)("an %s that keeps ending is given up", (child) => {
    const bench = GuardBench.running();
    const starts = startsOf(bench, child, 300_000);
    expect(starts.slice(0, 4)).toEqual([0, 100, 300, 700]);
    expect(starts.filter((atMs) => atMs < 60_000)).toHaveLength(10);
    const tries = starts.slice(10);
    expect(tries.length).toBeGreaterThanOrEqual(4);
    tries.slice(1).forEach((atMs, index) => expect(atMs - tries[index]!).toBe(60_000));
    const log = bench.logs.find((text) => text.includes("is given up"));
    expect(log).toMatch(/^error: .*then reload this service; .*tried once every 60 s$/);
  });

  test("the agent hears of it, and again only when a run has lasted 10 s", () => {
    const bench = GuardBench.running({ restartBudget: { count: 0, periodMs: 60_000 } });
    bench.end("balancer");
    expect(bench.take()).toEqual([
      "report | down | unfit | the balancer is down: it was killed by SIGKILL",
      "report | given-up | unfit | the balancer is given up: it was killed by SIGKILL",
    ]);
    bench.pass(59_999);
    expect(bench.runs.balancer).toBe(1);
    bench.pass(1);
    bench.balancerReady();
    const reports = bench.take();
    expect(reports[0]).toBe("spawn balancer 2");
    expect(reports.at(-1)).toContain("runs again, but not yet for long enough");
    bench.pass(9_999);
    expect(bench.take()).toEqual([]);
    bench.pass(1);
    expect(bench.take()).toEqual(["report | serving | fit"]);
  });

  test("reload tries again at once", () => {
    const bench = GuardBench.running({ restartBudget: { count: 0, periodMs: 60_000 } });
    bench.end("balancer");
    bench.take();
    bench.feed({ kind: "reload", settings: SETTINGS });
    expect(bench.take()).toContain("spawn balancer 2");
    bench.balancerReady();
    expect(bench.take()).toContain("report | serving | fit");
  });

  test("one child's restarts do not count for the other", () => {
    const bench = GuardBench.running();
    for (let count = 0; count < 9; count++) {
      bench.end("balancer");
      bench.pass(11_000);
    }
    bench.end("agent");
    expect(bench.runs.agent).toBe(2);
  });
});

describe("guard: time to end", () => {
  test("the agent may have more of it than the balancer", () => {
    const bench = GuardBench.running({ agentStopTimeoutMs: 17_000 });
    bench.feed({ kind: "stop" });
    bench.take();
    bench.pass(16_999);
    expect(bench.take()).not.toContain("SIGKILL agent 1");
    bench.pass(1);
    expect(bench.take()).toContain("SIGKILL agent 1");
    bench.take();
    bench.pass(SETTINGS.stopTimeoutMs);
    expect(bench.take()).toContain("SIGKILL balancer 1");
  });
});
