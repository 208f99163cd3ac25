// Interfaces, processes and files.
import { describe, expect, test } from "vitest";
import { parseFileValue } from "../../../../ha/track/file-value.ts";
import {
  agentConfiguration,
  fileConfiguration,
  processConfiguration,
  trackReference,
} from "../../../support/agent-configuration.ts";
import { TrackBench } from "./track-bench.ts";

describe("interfaces", () => {
  test("the instance's own is a fault while it does not run, and is so before anything is known", () => {
    const bench = new TrackBench(agentConfiguration());
    expect(bench.feed({ kind: "start" })).toEqual(["VI_1 100", "VI_1 interface eth0 is down"]);
    expect(bench.feed({ kind: "interface", name: "eth0", isRunning: true })).toEqual([
      "log Netlink reports eth0 up",
      "VI_1 well",
    ]);
    expect(bench.feed({ kind: "interface", name: "eth0", isRunning: true })).toEqual([]);
    expect(bench.feed({ kind: "interface", name: "other", isRunning: false })).toEqual([]);
  });

  test("dont_track_primary leaves the own one out", () => {
    const bench = TrackBench.started({ instances: [{ ignoresInterfaceState: true }] });
    expect(bench.feed({ kind: "interface", name: "eth0", isRunning: false })).toEqual([]);
    expect(bench.standing()).toBe("100");
  });

  // Measured on Keepalived 2.2.7: weight, reverse; priority while up and while down.
  test.each([
    [undefined, undefined, "100", "FAULT"],
    [10, false, "110", "100"],
    [-10, false, "100", "90"],
    [10, true, "90", "100"],
    [0, true, "FAULT", "100"],
  ])("eth1 with weight %s, reverse %s: up %s, down %s", (weight, isReversed, up, down) => {
    const bench = TrackBench.started({
      instances: [{ trackedInterfaces: [trackReference("eth1", { weight, isReversed })] }],
    });
    bench.feed({ kind: "interface", name: "eth1", isRunning: true });
    expect(bench.standing()).toBe(up);
    bench.feed({ kind: "interface", name: "eth1", isRunning: false });
    expect(bench.standing()).toBe(down);
  });

  test("the own one listed once more with a weight stays a fault", () => {
    const bench = TrackBench.started({
      instances: [{ trackedInterfaces: [trackReference("eth0", { weight: 20 })] }],
    });
    expect(bench.standing()).toBe("100");
    bench.feed({ kind: "interface", name: "eth0", isRunning: false });
    expect(bench.standing()).toBe("FAULT");
  });
});

describe("processes", () => {
  const watch = (changes: Parameters<typeof processConfiguration>[0]): TrackBench =>
    TrackBench.started({
      processes: [processConfiguration(changes)],
      instances: [{ trackedProcesses: [trackReference("proc")] }],
    });
  const count = (bench: TrackBench, value: number): string[] =>
    bench.feed({ kind: "processes", name: "proc", count: value });

  test("are awaited, then counted against the quorum", () => {
    const bench = watch({ quorum: 2, quorumMax: 3 });
    expect(bench.standing()).toBe("FAULT");
    const standings = [1, 2, 3, 4].map((value) => {
      count(bench, value);
      return bench.standing();
    });
    expect(standings).toEqual(["FAULT", "100", "100", "FAULT"]);
  });

  test("tell of the quorum as Keepalived does", () => {
    const bench = watch({});
    expect(count(bench, 1)).toEqual(["log Quorum gained for tracked process proc", "VI_1 well"]);
    expect(count(bench, 0)).toEqual([
      "log Quorum lost for tracked process proc",
      "VI_1 process proc lacks its quorum",
    ]);
  });

  test("quorum_max 0 wants none", () => {
    const bench = watch({ quorumMax: 0 });
    count(bench, 0);
    expect(bench.standing()).toBe("100");
    count(bench, 1);
    expect(bench.standing()).toBe("FAULT");
  });

  test("terminate_delay bridges a restart, fork_delay a fork; the first count needs neither", () => {
    const bench = watch({ forkDelayMs: 300, terminateDelayMs: 500 });
    count(bench, 1);
    expect(bench.standing()).toBe("100");
    count(bench, 0);
    expect(bench.pass(400)).toEqual([]);
    count(bench, 1);
    expect(bench.pass(1_000)).toEqual([]);
    count(bench, 0);
    expect(bench.pass(500)).toContain("VI_1 process proc lacks its quorum");
    count(bench, 1);
    expect(bench.pass(299)).toEqual([]);
    expect(bench.pass(1)).toContain("VI_1 well");
  });

  test("a delay runs from the loss of the quorum, not from the last change", () => {
    const bench = watch({ quorum: 2, terminateDelayMs: 500 });
    count(bench, 2);
    count(bench, 1);
    bench.pass(400);
    count(bench, 0);
    expect(bench.pass(100)).toContain("VI_1 process proc lacks its quorum");
  });

  test("have a weight like scripts", () => {
    const bench = watch({ weight: -30 });
    count(bench, 0);
    expect(bench.standing()).toBe("70");
  });

  test("counted before a reload that names them count at once", () => {
    const bench = TrackBench.started({});
    count(bench, 0);
    const configuration = agentConfiguration({
      processes: [processConfiguration()],
      instances: [{ trackedProcesses: [trackReference("proc")] }],
    });
    bench.tracker.reconfigure(configuration, bench.nowMs);
    expect(bench.standing()).toBe("FAULT");
  });
});

describe("files", () => {
  // Measured on Keepalived 2.2.7: weight, reverse, number in the file, outcome.
  test.each([
    [2, false, 5, "110"],
    [2, false, 300, "254"],
    [2, true, 5, "90"],
    [0, false, 5, "FAULT"],
    [0, false, 0, "100"],
    [0, true, 5, "100"],
    [0, true, 0, "FAULT"],
    [-51, false, 5, "FAULT"],
    [-1, false, 254, "FAULT"],
    [-1, false, 253, "1"],
    [1, false, -254, "FAULT"],
    [1, false, undefined, "100"],
  ])("weight %d, reverse %s, number %s: %s", (weight, isReversed, value, expected) => {
    const bench = TrackBench.started({
      files: [fileConfiguration({ weight, isReversed })],
      instances: [{ trackedFiles: [trackReference("tf")] }],
    });
    bench.feed({ kind: "file", name: "tf", value });
    expect(bench.standing()).toBe(expected);
  });

  test.each([
    ["5\n", 5],
    [" -254 ", -254],
    ["+7", 7],
    ["", undefined],
    ["garbage", undefined],
    ["5 6", undefined],
    ["9999999999", undefined],
  ])("%j holds %s", (text, value) => {
    expect(parseFileValue(text)).toBe(value);
  });
});
