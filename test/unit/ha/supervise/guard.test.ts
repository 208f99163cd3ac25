import { describe, expect, test } from "vitest";
import { EMPTY_WILL } from "../../../../ha/supervise/messages.ts";
import { GuardBench, SETTINGS, WILL } from "./guard-bench.ts";

const SERVING = "report | serving | fit";
const DEL = "will addr del 10.98.0.100/24 dev eth0";

describe("guard: start", () => {
  test("starts both children and tells the agent of the balancer", () => {
    const bench = new GuardBench();
    bench.feed({ kind: "start" });
    expect(bench.take()).toEqual([
      "spawn agent 1",
      "spawn balancer 1",
      "report | starting | unfit | the balancer is starting",
    ]);
    bench.agentReady();
    bench.balancerReady();
    expect(bench.take()).toEqual(["vips ", SERVING]);
    expect(bench.guard.status()).toMatchObject({
      isStopping: false,
      agent: { phase: "ready", run: 1 },
      balancer: { phase: "ready", run: 1 },
    });
  });

  test("an agent alone is told that no balancer is there", () => {
    const bench = new GuardBench({ children: ["agent"] });
    bench.feed({ kind: "start" });
    expect(bench.take()).toEqual(["spawn agent 1", "report | absent | fit"]);
    expect(bench.guard.status().balancer).toBeUndefined();
  });

  test("a ready balancer serves only once it has said whether it is fit", () => {
    const bench = new GuardBench();
    bench.feed({ kind: "start" });
    bench.take();
    const ready = { kind: "ready", listeners: [] } as const;
    bench.feed({ kind: "from-balancer", run: 1, message: ready });
    expect(bench.take()).toEqual(["vips "]);
    bench.fitness = { isFit: false, reasons: ["backend mqtt has no server"] };
    bench.beat("balancer");
    expect(bench.take()).toEqual(["report | serving | unfit | backend mqtt has no server"]);
  });

  test("both children are shown that the guard lives", () => {
    const bench = GuardBench.running();
    bench.pass(1_000);
    expect(bench.beats).toEqual({ agent: 20, balancer: 20 });
  });

  test.each(["agent", "balancer"] as const)("an %s that never gets ready is replaced", (child) => {
    const bench = new GuardBench();
    bench.feed({ kind: "start" });
    if (child === "agent") bench.balancerReady();
    else bench.agentReady();
    bench.pass(9_999);
    bench.take();
    bench.pass(1);
    expect(bench.take()).toContain(`SIGKILL ${child} 1`);
    expect(bench.logs.join("\n")).toContain("it was not ready within 10 s, and was killed");
    expect(bench.runs[child]).toBe(2);
  });
});

describe("guard: a dead agent", () => {
  test("its will is executed before it is started again, and the new one hears of the balancer", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.end("agent");
    expect(bench.take()).toEqual([DEL, "spawn agent 2", SERVING]);
    expect(bench.logs.at(-1)).toMatch(/restarted at once \(restart 1 of 10 within 60 s\)/);
  });

  test("an empty will does nothing, and a new will replaces the old one", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.will(EMPTY_WILL);
    bench.end("agent");
    expect(bench.take().filter((text) => text.startsWith("will"))).toEqual([]);
  });

  test("a will does not pass to the next run", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.end("agent");
    bench.take();
    bench.end("agent");
    bench.will(WILL, 1);
    bench.pass(200);
    expect(bench.take()).toEqual(["spawn agent 3", SERVING]);
  });

  test("one that hangs is killed first, then its will is executed, without awaiting its end", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.doKillsWork = false;
    bench.silent.add("agent");
    bench.pass(310);
    expect(bench.take()).toEqual(["inspect agent", "inspect agent", "SIGKILL agent 1", DEL]);
    bench.pass(1_000);
    expect(bench.take()).toEqual([]);
    bench.end("agent");
    expect(bench.take()).toEqual(["spawn agent 2", SERVING]);
  });

  test("a will that was still in the pipe is executed, too", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.doKillsWork = false;
    bench.silent.add("agent");
    bench.pass(310);
    bench.take();
    bench.will(WILL);
    expect(bench.take()).toEqual([]);
    bench.will({ commands: [{ program: undefined, words: ["more"] }], packets: [] });
    expect(bench.take()).toEqual(["will more"]);
    bench.end("agent");
    expect(bench.take()).toEqual(["spawn agent 2", SERVING]);
  });

  test("one that the kernel keeps is complained about, and not replaced", () => {
    const bench = GuardBench.running();
    bench.doKillsWork = false;
    bench.silent.add("agent");
    bench.pass(6_000);
    expect(bench.logs.join("\n")).toContain("was killed and does not end: the kernel holds it");
    expect(bench.runs.agent).toBe(1);
  });
});

describe("guard: a dead balancer", () => {
  test("the agent hears why, and that the next one serves", () => {
    const bench = GuardBench.running();
    bench.end("balancer", 1, null);
    expect(bench.take()).toEqual([
      "report | down | unfit | the balancer is down: it exited with status 1",
      "spawn balancer 2",
    ]);
    bench.balancerReady();
    expect(bench.take()).toEqual(["vips ", SERVING]);
  });

  test("one that ends on its own is down before its process ends", () => {
    const bench = GuardBench.running();
    const message = { kind: "stopping", reason: "SIGUSR1" } as const;
    bench.feed({ kind: "from-balancer", run: 1, message });
    expect(bench.take()).toEqual(["report | down | unfit | the balancer ends: SIGUSR1"]);
    bench.pass(5_000);
    expect(bench.runs.balancer).toBe(1);
    bench.end("balancer", 0, null);
    expect(bench.runs.balancer).toBe(2);
  });

  test("one that hangs is killed and reported", () => {
    const bench = GuardBench.running();
    bench.silent.add("balancer");
    bench.pass(310);
    expect(bench.take().slice(2)).toEqual([
      "SIGKILL balancer 1",
      "report | down | unfit | the balancer is down: it hangs: no beat for 300 ms, and was killed",
      "spawn balancer 2",
    ]);
  });

  test("changes of fitness are reported once each", () => {
    const bench = GuardBench.running();
    bench.fitness = { isFit: false, reasons: ["no broker"] };
    bench.pass(200);
    expect(bench.take()).toEqual(["report | serving | unfit | no broker"]);
    bench.fitness = { isFit: true, reasons: [] };
    bench.pass(200);
    expect(bench.take()).toEqual([SERVING]);
  });

  test("three fresh failed probes in a row are a hang, one repeated failure is not", () => {
    const bench = GuardBench.running();
    bench.probe = "failed";
    bench.probeCount = 7;
    bench.pass(5_000);
    expect(bench.runs.balancer).toBe(1);
    bench.probeCount = 8;
    bench.pass(100);
    bench.probe = "ok";
    bench.probeCount = 9;
    bench.pass(100);
    bench.probe = "failed";
    bench.probeCount = 10;
    bench.pass(100);
    bench.probeCount = 11;
    bench.pass(100);
    expect(bench.runs.balancer).toBe(1);
    bench.probeCount = 12;
    bench.pass(100);
    expect(bench.runs.balancer).toBe(2);
    expect(bench.logs.join("\n")).toContain("its listeners do not answer");
  });

  test("failed probes without numbers count once a second", () => {
    const bench = GuardBench.running();
    bench.probe = "failed";
    bench.pass(2_000);
    expect(bench.runs.balancer).toBe(1);
    bench.pass(100);
    expect(bench.runs.balancer).toBe(2);
  });
});

describe("guard: reload and stop", () => {
  test("reload reaches both children", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "reload", settings: SETTINGS });
    expect(bench.take()).toEqual(["tell agent reload", "SIGHUP balancer 1"]);
  });

  test("a balancer that is starting gets SIGHUP when it can take it", () => {
    const bench = new GuardBench();
    bench.feed({ kind: "start" });
    bench.feed({ kind: "reload", settings: SETTINGS });
    expect(bench.take()).not.toContain("SIGHUP balancer 1");
    bench.balancerReady();
    expect(bench.take()).toContain("SIGHUP balancer 1");
  });

  test("reload brings a new timeout", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "reload", settings: { ...SETTINGS, balancerTimeoutMs: 2_000 } });
    bench.pass(100);
    bench.silent.add("balancer");
    bench.pass(1_900);
    expect(bench.runs.balancer).toBe(1);
    bench.pass(200);
    expect(bench.runs.balancer).toBe(2);
  });

  test("the agent stops first, then the balancer, then the guard", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.feed({ kind: "stop" });
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual(["tell agent stop"]);
    bench.will(EMPTY_WILL);
    bench.end("agent", 0, null);
    expect(bench.take()).toEqual(["SIGTERM balancer 1"]);
    bench.end("balancer", 0, null);
    expect(bench.take()).toEqual(["exit 0"]);
    expect(bench.guard.nextTimeout()).toBeUndefined();
  });

  test("those that do not end are killed in the same order", () => {
    const bench = GuardBench.running();
    bench.will(WILL);
    bench.inspection = { waitedForCpuMs: 0, isStopped: false };
    bench.feed({ kind: "stop" });
    bench.pass(1_999);
    expect(bench.take()).not.toContain("SIGKILL agent 1");
    bench.pass(1);
    expect(bench.take().filter((text) => !text.startsWith("inspect"))).toEqual([
      "SIGKILL agent 1",
      DEL,
      "SIGTERM balancer 1",
    ]);
    bench.pass(2_000);
    expect(bench.take().filter((text) => !text.startsWith("inspect"))).toEqual([
      "SIGKILL balancer 1",
      "exit 0",
    ]);
  });

  test("a stopped (SIGSTOP) agent is not waited for", () => {
    const bench = GuardBench.running();
    bench.inspection = { waitedForCpuMs: 0, isStopped: true };
    bench.feed({ kind: "stop" });
    bench.pass(200);
    expect(bench.take()).toContain("SIGKILL agent 1");
  });

  test("nothing is restarted while stopping", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "stop" });
    bench.end("balancer");
    bench.pass(500);
    bench.end("agent", 0, null);
    expect(bench.take().filter((text) => !text.startsWith("inspect"))).toEqual([
      "tell agent stop",
      "report | down | unfit | the balancer is down: it was killed by SIGKILL",
      "exit 0",
    ]);
  });

  test("a signal to every process at once, as by Ctrl-C, is no loss of the balancer", () => {
    const bench = GuardBench.running();
    bench.feed({ kind: "stop" });
    bench.end("balancer", 0, null);
    bench.end("agent", 0, null);
    expect(bench.take()).toContain("exit 0");
    expect(bench.logs.filter((line) => line.includes("is lost"))).toEqual([]);
  });

  test("stops at once when nothing runs", () => {
    const bench = new GuardBench({ restartBudget: { count: 0, periodMs: 60_000 } });
    bench.feed({ kind: "start" });
    bench.end("agent");
    bench.end("balancer");
    bench.take();
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual(["exit 0"]);
  });

  test("a killed process that the kernel keeps does not keep the guard", () => {
    const bench = GuardBench.running({ children: ["agent"] });
    bench.doKillsWork = false;
    bench.feed({ kind: "stop" });
    bench.pass(4_100);
    expect(bench.take()).toContain("exit 0");
  });
});
