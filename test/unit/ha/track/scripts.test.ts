import { describe, expect, test } from "vitest";
import { ScriptCounter } from "../../../../ha/track/script-counter.ts";
import {
  agentConfiguration,
  notifyCommand,
  scriptConfiguration,
  syncGroupConfiguration,
  trackReference,
} from "../../../support/agent-configuration.ts";
import { exited, TrackBench } from "./track-bench.ts";

function benchOf(
  script: Parameters<typeof scriptConfiguration>[0],
  reference: Parameters<typeof trackReference>[1] = {},
  priority = 100,
): TrackBench {
  return TrackBench.started({
    scripts: [scriptConfiguration(script)],
    instances: [{ priority, trackedScripts: [trackReference("chk", reference)] }],
  });
}

describe("rise and fall", () => {
  test("the value is 0..rise+fall-1, up from rise on; one good result is enough at the start", () => {
    const counter = new ScriptCounter({ rise: 2, fall: 3 }, false);
    expect([counter.value, counter.isUp, counter.isKnown]).toEqual([1, false, false]);
    expect(counter.take(true)).toBe("up");
    expect(counter.value).toBe(4);
    expect([counter.take(false), counter.take(false)]).toEqual([undefined, undefined]);
    expect(counter.value).toBe(2);
    expect(counter.take(false)).toBe("down");
    expect(counter.value).toBe(0);
    expect(counter.take(true)).toBeUndefined();
    expect(counter.take(false)).toBeUndefined();
    expect(counter.value).toBe(0);
    expect([counter.take(true), counter.take(true)]).toEqual([undefined, "up"]);
  });

  test("one bad first result is enough to be down, whatever fall says", () => {
    expect(new ScriptCounter({ rise: 2, fall: 3 }, false).take(false)).toBe("down");
  });

  test("init_fail has to rise", () => {
    const counter = new ScriptCounter({ rise: 2, fall: 1 }, true);
    expect([counter.take(true), counter.take(true)]).toEqual([undefined, "up"]);
  });

  test("what is up stays up under other thresholds", () => {
    const counter = new ScriptCounter({ rise: 1, fall: 1 }, false);
    counter.take(true);
    counter.retune({ rise: 5, fall: 2 });
    expect([counter.isUp, counter.value]).toEqual([true, 6]);
    counter.take(false);
    counter.retune({ rise: 5, fall: 2 });
    expect(counter.value).toBe(5);
  });
});

describe("a script of weight 0", () => {
  test("is a fault until its first result, which is only awaited", () => {
    const bench = benchOf({});
    expect(bench.standing()).toBe("FAULT");
    expect(bench.ended(exited(0))).toEqual(["log VRRP_Script(chk) succeeded", "VI_1 well"]);
  });

  test("says so at the start, and runs at once", () => {
    const configuration = agentConfiguration({
      scripts: [scriptConfiguration()],
      instances: [{ trackedScripts: [trackReference("chk")] }],
    });
    const bench = new TrackBench(configuration);
    expect(bench.feed({ kind: "interface", name: "eth0", isRunning: true })).toEqual([]);
    expect(bench.feed({ kind: "start" })).toEqual([
      "run chk",
      "VI_1 100",
      "VI_1 script chk has no result yet (awaited)",
    ]);
  });

  test("is a fault while it fails, with the reason in Keepalived's words", () => {
    const bench = benchOf({});
    bench.ended(exited(0));
    bench.pass(1_000);
    expect(bench.ended(exited(1))).toEqual([
      "log Script `chk` now returning 1",
      "log VRRP_Script(chk) failed (exited with status 1)",
      "VI_1 script chk failed (exited with status 1)",
    ]);
    bench.pass(1_000);
    expect(bench.ended(exited(2))).toEqual(["log Script `chk` now returning 2"]);
  });

  test("a first failure is no longer awaited", () => {
    const bench = benchOf({});
    expect(bench.ended({ kind: "timed-out" })).toEqual([
      "log VRRP_Script(chk) timed_out",
      "VI_1 script chk timed_out",
    ]);
  });

  test("with init_fail its first good results are awaited as well", () => {
    const bench = benchOf({ startsFailed: true, rise: 2 });
    expect(bench.standing()).toBe("FAULT");
    expect(bench.ended(exited(0))).toEqual(["VI_1 script chk has not succeeded yet"]);
    bench.pass(1_000);
    expect(bench.ended(exited(0))).toContain("VI_1 well");
  });

  test("reversed is a fault while it succeeds", () => {
    const bench = benchOf({ isReversed: true });
    bench.ended(exited(0));
    expect(bench.standing()).toBe("FAULT");
    bench.pass(1_000);
    bench.ended(exited(1));
    expect(bench.standing()).toBe("100");
  });

  test.each([
    [{ kind: "signalled", signal: "SIGSEGV" } as const, "failed (due to signal SIGSEGV)"],
    [
      { kind: "failed-to-start", message: "ENOENT" } as const,
      "failed (could not be started: ENOENT)",
    ],
  ])("%j is a failure", (outcome, text) => {
    expect(benchOf({}).ended(outcome)).toContain(`VI_1 script chk ${text}`);
  });
});

// Measured on Keepalived 2.2.7: base 100, weight, reverse; priority while unknown, up, down.
test.each([
  [10, false, "100", "110", "100"],
  [-10, false, "100", "100", "90"],
  [10, true, "100", "90", "100"],
  [-10, true, "100", "100", "110"],
  [253, false, "100", "254", "100"],
  [-253, false, "100", "100", "1"],
])("weight %d, reverse %s: unknown %s, up %s, down %s", (weight, isReversed, ...expected) => {
  const bench = benchOf({}, { weight, isReversed });
  const seen = [bench.standing()];
  bench.ended(exited(0));
  seen.push(bench.standing());
  bench.pass(1_000);
  bench.ended(exited(1));
  seen.push(bench.standing());
  expect(seen).toEqual(expected);
});

describe("whose weight counts", () => {
  test("the script's own where the reference has none", () => {
    const bench = benchOf({ weight: 7 });
    bench.ended(exited(0));
    expect(bench.standing()).toBe("107");
  });

  test("an address owner ignores weights, but not faults", () => {
    const weighted = benchOf({ weight: -20 }, {}, 255);
    weighted.ended(exited(1));
    expect(weighted.standing()).toBe("255");
    const fault = benchOf({}, {}, 255);
    fault.ended(exited(1));
    expect(fault.standing()).toBe("FAULT");
  });

  test("members of a sync group only with sync_group_tracking_weight", () => {
    for (const [allowsWeights, expected] of [
      [false, "100"],
      [true, "120"],
    ] as const) {
      const bench = TrackBench.started({
        scripts: [scriptConfiguration({ weight: 20 })],
        instances: [{ trackedScripts: [trackReference("chk")] }],
        syncGroups: [syncGroupConfiguration({ members: ["VI_1"], allowsWeights })],
      });
      bench.ended(exited(0));
      expect(bench.standing()).toBe(expected);
    }
  });

  test("what a group tracks bears on every member, and goes before the member's own", () => {
    const bench = TrackBench.started({
      scripts: [scriptConfiguration()],
      instances: [{ trackedScripts: [trackReference("chk", { weight: 5 })] }, { name: "VI_2" }],
      syncGroups: [
        syncGroupConfiguration({
          members: ["VI_1", "VI_2"],
          allowsWeights: true,
          trackedScripts: [trackReference("chk")],
        }),
      ],
    });
    bench.ended(exited(1));
    expect([bench.standing("VI_1"), bench.standing("VI_2")]).toEqual(["FAULT", "FAULT"]);
    bench.pass(1_000);
    bench.ended(exited(0));
    expect([bench.standing("VI_1"), bench.standing("VI_2")]).toEqual(["100", "100"]);
  });
});

describe("when scripts run", () => {
  test("every interval, also a fraction of a second, without drift", () => {
    const bench = benchOf({ intervalMs: 250 });
    bench.ended(exited(0));
    const starts: number[] = [];
    for (let step = 0; step < 100; step += 1) {
      if (bench.pass(10).includes("run chk")) {
        starts.push(bench.nowMs);
        bench.ended(exited(0));
      }
    }
    expect(starts).toEqual([1_250, 1_500, 1_750, 2_000]);
  });

  test("a run that is due while the former one is on is left out", () => {
    const bench = benchOf({ intervalMs: 1_000, timeoutMs: 5_000 });
    expect(bench.pass(2_500)).toEqual([]);
    bench.ended(exited(0));
    expect(bench.pass(400)).toEqual([]);
    expect(bench.pass(200)).toEqual(["run chk"]);
  });

  test("missed runs are not made up for", () => {
    const bench = benchOf({});
    bench.ended(exited(0));
    bench.nowMs += 60_000;
    expect(bench.feed({ kind: "timeout" })).toEqual(["run chk"]);
    bench.ended(exited(0));
    expect(bench.pass(999)).toEqual([]);
    expect(bench.pass(1)).toEqual(["run chk"]);
  });

  test("a run that is never heard of again counts as timed out", () => {
    const bench = benchOf({});
    const seen = bench.pass(7_000);
    expect(seen).toContain("log VRRP_Script(chk): nothing was heard of its last run");
    expect(seen).toContain("VI_1 script chk timed_out");
    expect(seen).toContain("run chk");
  });

  test("ends of runs that nobody asked for count nothing", () => {
    const bench = benchOf({});
    bench.ended(exited(0));
    expect(bench.ended(exited(1))).toEqual([]);
    expect(bench.ended(exited(1), "unknown")).toEqual([]);
    expect(bench.standing()).toBe("100");
  });
});

describe("a reload", () => {
  test("keeps results, and a new script does not put a running instance into FAULT", () => {
    const bench = benchOf({});
    bench.ended(exited(0));
    const configuration = agentConfiguration({
      scripts: [scriptConfiguration(), scriptConfiguration({ name: "new" })],
      instances: [{ trackedScripts: [trackReference("chk"), trackReference("new")] }],
    });
    bench.tracker.reconfigure(configuration, bench.nowMs);
    expect(bench.take()).toEqual(["run new"]);
    expect(bench.ended(exited(1), "new")).toContain(
      "VI_1 script new failed (exited with status 1)",
    );
  });

  test("forgets what is gone: the fault of a script that is not tracked any more", () => {
    const bench = benchOf({});
    bench.ended(exited(1));
    bench.tracker.reconfigure(agentConfiguration({ instances: [{ priority: 90 }] }), bench.nowMs);
    expect(bench.take()).toEqual(["VI_1 90", "VI_1 well"]);
    expect(bench.tracker.nextTimeout()).toBeUndefined();
  });

  test("runs a script with its new command and a shorter interval soon", () => {
    const bench = benchOf({ intervalMs: 60_000 });
    bench.ended(exited(0));
    const command = notifyCommand("/bin/false");
    const script = scriptConfiguration({ intervalMs: 500, command });
    const instances = [{ trackedScripts: [trackReference("chk")] }];
    bench.tracker.reconfigure(agentConfiguration({ scripts: [script], instances }), bench.nowMs);
    expect(bench.pass(500)).toEqual(["run chk"]);
  });
});
