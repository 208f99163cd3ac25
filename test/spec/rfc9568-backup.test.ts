// RFC 9568 (VRRP version 3), clause by clause: timers, Initialize and Backup. "Active" is MASTER here.
import { describe, expect, test } from "vitest";
import { masterDownMs, skewMs } from "../../ha/vrrp/timers.ts";
import { ip } from "../support/agent-configuration.ts";
import { ElectionBench } from "../support/election-bench.ts";

describe("RFC 9568 §6.1 parameters", () => {
  test("Skew_Time = ((256 - Priority) * Active_Adver_Interval) / 256", () => {
    expect(skewMs({ version: 3, priority: 100, masterIntervalMs: 100 })).toBe(60.9375);
    expect(skewMs({ version: 3, priority: 254, masterIntervalMs: 1_000 })).toBe(7.8125);
    expect(skewMs({ version: 3, priority: 255, masterIntervalMs: 2_560 })).toBe(10);
  });

  test("Active_Down_Interval = 3 * Active_Adver_Interval + Skew_Time", () => {
    const inputs = { version: 3, priority: 100, downTimerAdverts: 3 } as const;
    expect(masterDownMs({ ...inputs, masterIntervalMs: 100 })).toBe(360.9375);
    expect(masterDownMs({ ...inputs, masterIntervalMs: 10 })).toBe(36.09375);
  });

  test("Preempt_Mode true is the default; the address owner preempts whatever it says", () => {
    const bench = ElectionBench.started({ instances: [{ priority: 255, isNopreempt: true }] });
    expect(bench.states()).toEqual(["MASTER"]);
  });
});

describe("RFC 9568 §6.4.1 Initialize", () => {
  test("nothing is sent and nothing heeded before the Startup event", () => {
    const bench = new ElectionBench();
    bench.hear(150);
    bench.advance(10_000);
    expect(bench.take()).toEqual([]);
    expect(bench.states()).toEqual(["INIT"]);
  });

  test("Priority 255: send an ADVERTISEMENT, announce, set the Adver_Timer, be Active", () => {
    const bench = new ElectionBench({ instances: [{ priority: 255 }] });
    bench.feed({ kind: "start" });
    expect(bench.take()).toEqual(["INIT to BACKUP", "send 255", "claim", "BACKUP to MASTER"]);
    expect(bench.timerMs).toBe(100);
  });

  test("else: Active_Adver_Interval is our own, set the Active_Down_Timer, be Backup", () => {
    const bench = new ElectionBench();
    bench.feed({ kind: "start" });
    expect(bench.take()).toEqual(["INIT to BACKUP"]);
    expect(bench.timerMs).toBe(360.9375);
    expect(bench.takeLogs()).toEqual(["(VI_1) Entering BACKUP STATE (init)"]);
  });
});

describe("RFC 9568 §6.4.2 Backup", () => {
  test("on Shutdown: cancel the timer, be in Initialize, send nothing", () => {
    const bench = ElectionBench.started();
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual(["BACKUP to INIT"]);
    expect(bench.timerMs).toBeUndefined();
  });

  test("the Active_Down_Timer fires: send an ADVERTISEMENT, announce, set the Adver_Timer, be Active", () => {
    const bench = ElectionBench.started();
    bench.advance(360.9);
    expect(bench.take()).toEqual([]);
    bench.advance(0.1);
    expect(bench.take()).toEqual(["send 100", "claim", "BACKUP to MASTER"]);
    expect(bench.timerMs).toBeCloseTo(100, 0);
    expect(bench.takeLogs().slice(-2)).toEqual([
      "(VI_1) Receive advertisement timeout",
      "(VI_1) Entering MASTER STATE",
    ]);
  });

  test("ADVERTISEMENT of priority 0: the Active_Down_Timer is Skew_Time", () => {
    const bench = ElectionBench.started();
    bench.hear(150);
    bench.hear(0);
    expect(bench.timerMs).toBeCloseTo(60.9375, 6);
    expect(bench.election.status("VI_1")!.priorityZeroReceivedCount).toBe(1);
  });

  test("Preempt_Mode false: any ADVERTISEMENT resets the Active_Down_Timer", () => {
    const bench = ElectionBench.started({ instances: [{ isNopreempt: true }] });
    for (let i = 0; i < 20; i++) {
      bench.advance(100);
      bench.hear(1);
    }
    expect(bench.timerMs).toBe(360.9375);
  });

  test.each([100, 101, 255])(
    "priority %i, as high as ours or higher, resets the timer",
    (priority) => {
      const bench = ElectionBench.started();
      bench.advance(100);
      bench.hear(priority);
      expect(bench.timerMs).toBe(360.9375);
      expect(bench.election.status("VI_1")).toMatchObject({
        masterPriority: priority,
        masterAddress: ip("10.9.9.20"),
      });
    },
  );

  test("equal priority resets the timer whatever the addresses are", () => {
    const bench = ElectionBench.started();
    bench.advance(100);
    bench.hear(100, { source: "10.9.9.1" });
    expect(bench.timerMs).toBe(360.9375);
  });

  test("Active_Adver_Interval is that of the ADVERTISEMENT, and the other timers follow it", () => {
    const bench = ElectionBench.started();
    bench.hear(150, { intervalMs: 1_000 });
    expect(bench.timerMs).toBe(3_000 + (156 * 1_000) / 256);
    expect(bench.election.masterDownMs("VI_1")).toBe(bench.timerMs);
  });

  test("a lower priority with Preempt_Mode true: discard", () => {
    const bench = ElectionBench.started();
    bench.advance(100);
    bench.hear(99, { intervalMs: 1_000 });
    expect(bench.timerMs).toBe(260.9375);
    expect(bench.election.status("VI_1")!.masterIntervalMs).toBe(100);
    bench.advance(261);
    expect(bench.states()).toEqual(["MASTER"]);
  });
});
