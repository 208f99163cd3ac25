// What the balancer's standing does to the instances.
import { describe, expect, test } from "vitest";
import {
  processConfiguration,
  scriptConfiguration,
  trackReference,
} from "../../../support/agent-configuration.ts";
import { agentConfiguration, type AgentDraft } from "../../../support/agent-configuration.ts";
import { DOWN, exited, FIT, STARTING, TrackBench, UNFIT } from "./track-bench.ts";
import type { BalancerReport } from "../../../../ha/supervise/messages.ts";

function report(bench: TrackBench, value: BalancerReport): string[] {
  return bench.feed({ kind: "balancer", report: value });
}

function benchWith(value: BalancerReport, draft: AgentDraft = {}): TrackBench {
  const bench = TrackBench.started(draft);
  report(bench, value);
  return bench;
}

const RESTART = { tandem: { onBalancerFailure: "restart" as const, restartInPlaceMs: 1_000 } };
const DOWN_FAULT = "VI_1 the balancer is down: killed by SIGKILL";
const HAND_OVER = "hand over VI_1: no broker";

describe("a balancer", () => {
  test("that is absent means nothing", () => {
    expect(TrackBench.started({}).standing()).toBe("100");
  });

  test("that is starting is a fault", () => {
    const bench = TrackBench.started({});
    expect(report(bench, STARTING)).toEqual(["VI_1 the balancer is starting"]);
    expect(report(bench, FIT)).toEqual(["VI_1 well"]);
  });

  test("that is down is a fault at once with on-balancer-failure failover", () => {
    expect(report(benchWith(FIT), DOWN)).toEqual([DOWN_FAULT]);
  });

  test("that is given up is a fault whatever the policy", () => {
    const givenUp = { state: "given-up", isFit: false, reasons: [] } as const;
    for (const draft of [{}, RESTART]) {
      expect(report(benchWith(FIT, draft), givenUp)).toEqual(["VI_1 the balancer is given up"]);
    }
  });
});

describe("on-balancer-failure restart", () => {
  test("waits for the restart, then is a fault", () => {
    const bench = benchWith(FIT, RESTART);
    expect(report(bench, DOWN)).toEqual([]);
    expect(bench.pass(999)).toEqual([]);
    expect(bench.pass(1)).toEqual([DOWN_FAULT]);
  });

  test("comes back in time and nobody hears of it", () => {
    const bench = benchWith(FIT, RESTART);
    report(bench, DOWN);
    bench.pass(500);
    expect(report(bench, FIT)).toEqual([]);
    expect(bench.pass(5_000)).toEqual([]);
    expect(bench.tracker.nextTimeout()).toBeUndefined();
  });

  test("a restarted balancer has the rest of the time to become fit", () => {
    const bench = benchWith(FIT, RESTART);
    report(bench, DOWN);
    bench.pass(300);
    expect(report(bench, UNFIT)).toEqual([]);
    expect(bench.standing()).toBe("100");
    expect(bench.pass(700)).toEqual(["VI_1 1", HAND_OVER]);
  });

  test("one that dies again before it was fit gets no more time", () => {
    const bench = benchWith(FIT, RESTART);
    report(bench, DOWN);
    bench.pass(600);
    report(bench, UNFIT);
    expect(report(bench, DOWN)).toEqual([]);
    expect(bench.pass(400)).toEqual([DOWN_FAULT]);
  });

  test("has nothing to wait for when the balancer never served", () => {
    const bench = benchWith(STARTING, RESTART);
    expect(report(bench, DOWN)).toEqual([DOWN_FAULT]);
  });

  test("an unfit one that dies stays at priority 1 meanwhile", () => {
    const bench = benchWith(UNFIT, RESTART);
    report(bench, DOWN);
    expect(bench.standing()).toBe("1");
  });
});

describe("fitness", () => {
  test("lost: priority 1 first, then one hand-over, none again until it was fit", () => {
    const bench = benchWith(FIT);
    expect(report(bench, UNFIT)).toEqual(["VI_1 1", HAND_OVER]);
    expect(report(bench, { ...UNFIT, reasons: ["other"] })).toEqual([]);
    expect(bench.pass(60_000)).toEqual([]);
    expect(report(bench, FIT)).toEqual(["VI_1 100"]);
    expect(report(bench, UNFIT)).toContain(HAND_OVER);
  });

  test("missing from the start, or after a restart, hands nothing over: there is nothing to lose", () => {
    const bench = benchWith(STARTING);
    expect(report(bench, UNFIT)).toEqual(["VI_1 1", "VI_1 well"]);
    report(bench, FIT);
    report(bench, DOWN);
    expect(report(bench, UNFIT)).toEqual(["VI_1 1", "VI_1 well"]);
  });

  test("is a fault for an address owner, whose priority cannot change", () => {
    const bench = benchWith(FIT, { instances: [{ priority: 255 }] });
    expect(report(bench, UNFIT)).toEqual(["VI_1 no broker"]);
  });

  test("off: does not count", () => {
    const bench = benchWith(FIT, { tandem: { minds: { fitness: false } } });
    expect(report(bench, UNFIT)).toEqual([]);
    expect(bench.standing()).toBe("100");
  });

  test("switched off by a reload ends priority 1", () => {
    const bench = benchWith(UNFIT);
    const configuration = agentConfiguration({ tandem: { minds: { fitness: false } } });
    bench.tracker.reconfigure(configuration, bench.nowMs);
    expect(bench.take()).toEqual(["VI_1 100"]);
  });

  test("instances that are in FAULT anyway hand nothing over", () => {
    const bench = benchWith(FIT);
    bench.feed({ kind: "interface", name: "eth0", isRunning: false });
    expect(report(bench, UNFIT)).not.toContain(HAND_OVER);
  });
});

describe("balancer-watch", () => {
  const draft: AgentDraft = {
    scripts: [scriptConfiguration({ isBalancerWatch: true, weight: -20 })],
    processes: [processConfiguration({ isBalancerWatch: true })],
    instances: [
      { trackedScripts: [trackReference("chk")], trackedProcesses: [trackReference("proc")] },
    ],
  };

  test("answers for scripts and processes, which do not run", () => {
    const bench = new TrackBench(agentConfiguration(draft));
    bench.feed({ kind: "interface", name: "eth0", isRunning: true });
    report(bench, FIT);
    expect(bench.feed({ kind: "start" })).toEqual(["VI_1 100", "VI_1 well"]);
    expect(bench.pass(10_000)).toEqual([]);
    expect(bench.tracker.status().scripts).toMatchObject([{ isUp: true, isBalancerWatch: true }]);
    expect(report(bench, DOWN)).toContain("VI_1 80");
  });

  test("waits for a restart in place as the balancer itself does", () => {
    const bench = new TrackBench(agentConfiguration({ ...draft, ...RESTART }));
    bench.feed({ kind: "interface", name: "eth0", isRunning: true });
    report(bench, FIT);
    bench.feed({ kind: "start" });
    expect(report(bench, DOWN)).toEqual([]);
    expect(bench.pass(1_000)).toContain("VI_1 80");
  });

  test("without a balancer the command runs", () => {
    const bench = TrackBench.started(draft);
    bench.ended(exited(1));
    bench.feed({ kind: "processes", name: "proc", count: 1 });
    expect(bench.standing()).toBe("80");
  });
});
