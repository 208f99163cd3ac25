// When silence is a hang, and when it is not.
import { describe, expect, test } from "vitest";
import { GuardBench, SETTINGS, WILL } from "./guard-bench.ts";

function killsOf(bench: GuardBench): string[] {
  return bench.take().filter((text) => text.startsWith("SIGKILL"));
}

describe("guard: silence", () => {
  test.each(["agent", "balancer"] as const)("an %s that beats is left alone", (child) => {
    const bench = GuardBench.running();
    bench.pass(60_000);
    expect(bench.runs[child]).toBe(1);
    expect(bench.take()).toEqual([]);
  });

  test("silence just below the timeout is none, silence of the timeout is a hang", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.pass(299);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(1);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });

  test("a stopped (SIGSTOP) child is judged half-way", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.inspection = { waitedForCpuMs: 0, isStopped: true };
    bench.pass(149);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(1);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
    expect(bench.logs.join("\n")).toContain("it is stopped (state T, as by SIGSTOP)");
  });

  test("waiting for a CPU is no silence, and is told once", () => {
    const bench = GuardBench.running();
    bench.silent.add("balancer");
    const heardMs = bench.nowMs;
    for (let passedMs = 0; passedMs < 2_000; passedMs += 10) {
      bench.inspection = { waitedForCpuMs: bench.nowMs + 10 - heardMs, isStopped: false };
      bench.pass(10);
    }
    expect(killsOf(bench)).toEqual([]);
    expect(bench.logs.filter((text) => text.includes("waits for a CPU"))).toHaveLength(1);
    // Then it gets its CPU and hangs: what it waited stays the same.
    bench.inspection = { waitedForCpuMs: 2_000, isStopped: false };
    bench.pass(299);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(30);
    expect(killsOf(bench)).toEqual(["SIGKILL balancer 1"]);
  });

  test("without the kernel's answer the child is judged by its silence", () => {
    const bench = GuardBench.running();
    bench.inspection = undefined;
    bench.silent.add("agent");
    bench.pass(299);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(51);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });

  test("an answer that comes after a beat, or that nobody asked for, means nothing", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "inspected", child: "agent", run: 1, waitedForCpuMs: 0, isStopped: true });
    bench.inspection = undefined;
    bench.silent.add("agent");
    bench.pass(160);
    bench.beat("agent");
    bench.feed({ kind: "inspected", child: "agent", run: 1, waitedForCpuMs: 0, isStopped: true });
    expect(killsOf(bench)).toEqual([]);
  });

  test("events of an earlier run do not count for this one", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.end("agent");
    bench.agentReady();
    bench.take();
    bench.silent.add("agent");
    bench.pass(290);
    bench.feed({ kind: "from-agent", run: 1, message: { kind: "beat" } });
    bench.feed({ kind: "ended", child: "agent", run: 1, code: 0, signal: null });
    bench.pass(10);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 2"]);
  });
});

describe("guard: its own stalls", () => {
  test.each([200, 310, 1_000, 3_600_000])("a stall of %d ms kills nobody", (stallMs) => {
    const bench = GuardBench.running();
    bench.pass(1_000);
    bench.stall(stallMs);
    bench.feed({ kind: "timeout" });
    bench.pass(60);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(5_000);
    expect(bench.runs).toEqual({ agent: 1, balancer: 1 });
  });

  test("nor one that begins when a silent child was about to be judged", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.pass(295);
    bench.stall(5_000);
    bench.feed({ kind: "timeout" });
    expect(killsOf(bench)).toEqual([]);
    bench.pass(90);
    bench.silent.delete("agent");
    bench.beat("agent");
    bench.pass(1_000);
    expect(killsOf(bench)).toEqual([]);
  });

  test("but a child that hung before and after it is killed soon after", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.pass(295);
    bench.stall(5_000);
    bench.feed({ kind: "timeout" });
    bench.pass(110);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });

  test("what a child waited before a stall is forgiven once, not anew after each", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.inspection = { waitedForCpuMs: 1_000, isStopped: false };
    let awakeMs = 0;
    for (; awakeMs < 3_000 && bench.runs.agent === 1; awakeMs += 150) {
      bench.pass(150);
      bench.stall(1_000);
      bench.feed({ kind: "timeout" });
    }
    expect(awakeMs).toBeLessThan(2_000);
  });

  test("slow timers of the guard do not keep a hanging child alive", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    const startMs = bench.nowMs;
    while (bench.runs.agent === 1 && bench.nowMs - startMs < 5_000) {
      bench.nowMs = bench.guard.nextTimeout()! + 30;
      bench.beat("balancer");
      bench.feed({ kind: "timeout" });
    }
    expect(bench.nowMs - startMs).toBeLessThan(600);
  });

  test("a stall counts once, however many events come before the timer", () => {
    const bench = GuardBench.running();
    bench.silent.add("agent");
    bench.pass(200);
    bench.stall(90);
    for (let count = 0; count < 10; count++) bench.beat("balancer");
    bench.feed({ kind: "timeout" });
    bench.pass(110);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });

  test("a stall during the stop gives the children their time", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "stop" });
    bench.pass(100);
    bench.stall(60_000);
    bench.feed({ kind: "timeout" });
    bench.pass(1_700);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(200);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });

  test("a long stall is told, at most once a minute", () => {
    const bench = GuardBench.running();
    for (let count = 0; count < 5; count++) {
      bench.pass(1_000);
      bench.stall(800);
      bench.feed({ kind: "timeout" });
    }
    expect(bench.logs.filter((text) => text.includes("held up for"))).toHaveLength(1);
    expect(bench.logs.join("\n")).toMatch(/held up for 7[0-9]{2} ms|held up for 800 ms/);
  });

  test("timeouts are those of the settings", () => {
    const bench = GuardBench.running({ ...SETTINGS, agentTimeoutMs: 1_000 });
    bench.silent.add("agent");
    bench.pass(999);
    expect(killsOf(bench)).toEqual([]);
    bench.pass(1);
    expect(killsOf(bench)).toEqual(["SIGKILL agent 1"]);
  });
});
