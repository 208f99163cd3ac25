import { describe, expect, test } from "vitest";
import { beatPeriod, sleepLookPeriod } from "../../../../ha/supervise/pace.ts";
import { GuardBench, SETTINGS } from "./guard-bench.ts";

describe("the pace of a node", () => {
  test.each([
    [10, 10, 50],
    [300, 300, 50],
    [300, 10_000, 50],
    [1_000, 900, 150],
    [10_000, 10_000, 500],
  ])("timeouts of %d and %d ms: a beat every %d ms", (agentTimeoutMs, balancerTimeoutMs, ms) => {
    expect(beatPeriod({ ...SETTINGS, agentTimeoutMs, balancerTimeoutMs })).toBe(ms);
  });

  test("the timeout of a child that is not supervised does not count", () => {
    const settings = { ...SETTINGS, agentTimeoutMs: 3_000, balancerTimeoutMs: 300 };
    expect(beatPeriod({ ...settings, children: ["agent"] })).toBe(500);
    expect(beatPeriod({ ...settings, children: ["balancer"] })).toBe(50);
  });

  test.each([
    [10, 20],
    [300, 20],
    [1_500, 100],
    [10_000, 200],
  ])("agent-timeout of %d ms: a look at the clock every %d ms", (timeoutMs, everyMs) => {
    expect(sleepLookPeriod(timeoutMs)).toBe(everyMs);
  });

  test("a patient guard beats seldom, and after a reload as often as the new timeout wants", () => {
    const patient = { agentTimeoutMs: 10_000, balancerTimeoutMs: 10_000 };
    const bench = GuardBench.running(patient);
    bench.pass(5_000);
    expect(bench.beats).toEqual({ agent: 10, balancer: 10 });
    bench.beats = { agent: 0, balancer: 0 };
    bench.feed({ kind: "reload", settings: SETTINGS });
    expect(bench.guard.beatMs).toBe(50);
    bench.pass(0);
    // Who beats every 500 ms still learns of it before 300 ms of silence are a hang.
    expect(bench.beats).toEqual({ agent: 1, balancer: 1 });
    bench.pass(1_000);
    expect(bench.beats).toEqual({ agent: 21, balancer: 21 });
  });
});
