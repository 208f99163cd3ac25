// RFC 3768 (VRRP version 2), where it differs from RFC 9568, and what RFC 5798 and Keepalived add.
import { describe, expect, test } from "vitest";
import { masterDownMs, skewMs } from "../../ha/vrrp/timers.ts";
import { syncGroupConfiguration } from "../support/agent-configuration.ts";
import { ElectionBench } from "../support/election-bench.ts";

const V2 = { version: 2, advertIntervalMs: 1_000 } as const;

describe("RFC 3768 §6.1 parameters", () => {
  test("Skew_Time = (256 - Priority) / 256 seconds, whatever the interval", () => {
    expect(skewMs({ version: 2, priority: 100, masterIntervalMs: 5_000 })).toBe(609.375);
  });

  test("Master_Down_Interval = 3 * Advertisement_Interval + Skew_Time", () => {
    const inputs = { version: 2, priority: 100, downTimerAdverts: 3 } as const;
    expect(masterDownMs({ ...inputs, masterIntervalMs: 1_000 })).toBe(3_609.375);
  });
});

describe("RFC 3768 §6.4 state machine", () => {
  test("§6.4.1 startup, §6.4.2 silence, §6.4.3 adverts, shutdown", () => {
    const bench = new ElectionBench({ instances: [V2] });
    bench.feed({ kind: "start" });
    expect(bench.timerMs).toBe(3_609.375);
    bench.advance(3_610);
    bench.advance(2_000);
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual([
      "INIT to BACKUP",
      "send 100",
      "claim",
      "BACKUP to MASTER",
      "send 100",
      "send 100",
      "send 0",
      "release",
      "MASTER to INIT",
    ]);
  });

  test("§6.4.2 priority 0: the Master_Down_Timer is Skew_Time", () => {
    const bench = ElectionBench.started({ instances: [V2] });
    bench.hear(150, { intervalMs: 1_000 });
    bench.hear(0, { intervalMs: 1_000 });
    expect(bench.timerMs).toBeCloseTo(609.375, 6);
  });

  test("§6.4.3 a lower advert is not answered with lower_prio_no_advert", () => {
    const bench = ElectionBench.master({
      instances: [{ ...V2, isLowerPriorityUnanswered: true }],
    });
    bench.hear(50, { intervalMs: 1_000 });
    expect(bench.take()).toEqual(["lower 50", "reannounce"]);
    expect(bench.takeLogs()).toEqual([
      "(VI_1) Received advert from 10.9.9.20 with lower priority 50, ours 100",
    ]);
  });
});

describe("Keepalived's documented additions", () => {
  test("down_timer_adverts stands for the 3", () => {
    const bench = ElectionBench.started({ instances: [{ downTimerAdverts: 5 }] });
    expect(bench.timerMs).toBe(560.9375);
  });

  test("a priority change moves the running timer by the difference of the skews", () => {
    const bench = ElectionBench.started();
    bench.advance(200);
    bench.feed({ kind: "priority", instance: "VI_1", priority: 228 });
    expect(bench.timerMs).toBeCloseTo(160.9375 - 50, 6);
    expect(bench.takeLogs().at(-1)).toBe("(VI_1) Changing effective priority from 100 to 228");
  });

  test("a master's next advert carries its new priority", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "priority", instance: "VI_1", priority: 80 });
    bench.advance(100);
    expect(bench.take()).toEqual(["send 80"]);
  });

  test("preempt_delay counts from the first lower advert", () => {
    const bench = ElectionBench.started({ instances: [{ preemptDelayMs: 5_000 }] });
    let delayMs = 0;
    for (; bench.states()[0] === "BACKUP" && delayMs < 20_000; delayMs += 100) {
      bench.hear(50);
      bench.advance(100);
    }
    expect(delayMs).toBeGreaterThan(5_000 + 200);
    expect(delayMs).toBeLessThan(5_000 + 600);
  });

  test("preempt_delay does not keep a backup from a master that is gone", () => {
    const bench = ElectionBench.started({ instances: [{ preemptDelayMs: 60_000 }] });
    bench.hear(50);
    bench.advance(361);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("FAULT: adverts change nothing; afterwards it is BACKUP", () => {
    const bench = ElectionBench.started();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["interface eth0 is down"] });
    bench.hear(0);
    bench.advance(10_000);
    expect(bench.take()).toEqual(["BACKUP to FAULT"]);
    expect(bench.timerMs).toBeUndefined();
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    expect(bench.take()).toEqual(["FAULT to BACKUP"]);
  });

  test("faults before the start: INIT to FAULT", () => {
    const bench = new ElectionBench();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["chk failed"] });
    bench.feed({ kind: "start" });
    expect(bench.take()).toEqual(["INIT to FAULT"]);
    expect(bench.takeLogs()).toEqual(["(VI_1) Entering FAULT STATE (init)"]);
  });

  test("vrrp_startup_delay: nothing is sent or heeded before", () => {
    const bench = new ElectionBench({ startupDelayMs: 5_000 });
    bench.feed({ kind: "start" });
    bench.advance(4_900);
    bench.hear(150);
    expect(bench.take()).toEqual([]);
    expect(bench.takeLogs()).toEqual(["Delaying startup for 5 seconds"]);
    bench.advance(100);
    expect(bench.take()).toEqual(["INIT to BACKUP"]);
    expect(bench.timerMs).toBe(360.9375);
  });
});

describe("vrrp_sync_group", () => {
  const GROUP = {
    instances: [{ name: "A" }, { name: "B", vrid: 52 }],
    syncGroups: [syncGroupConfiguration({ members: ["A", "B"] })],
  };

  test("its members become master when all of them want to", () => {
    const bench = ElectionBench.started(GROUP);
    bench.advance(100);
    bench.hear(150, { instance: "B" });
    bench.advance(300);
    expect(bench.take()).toEqual([]);
    bench.advance(100);
    expect(bench.take()).toEqual([
      "A send 100",
      "A claim",
      "A BACKUP to MASTER",
      "B send 100",
      "B claim",
      "B BACKUP to MASTER",
      "G BACKUP to MASTER",
    ]);
    expect(bench.takeLogs()).toContain("VRRP_Group(G) Syncing instances to MASTER state");
  });

  test("one that must step down takes the others along, which resign", () => {
    const bench = ElectionBench.master(GROUP);
    bench.hear(150, { instance: "A" });
    expect(bench.take()).toEqual([
      "A send 100",
      "A release",
      "A MASTER to BACKUP",
      "B send 0",
      "B release",
      "B MASTER to BACKUP",
      "G MASTER to BACKUP",
    ]);
  });

  test("a member in FAULT pulls all to FAULT, and they leave it together", () => {
    const bench = ElectionBench.master(GROUP);
    bench.feed({ kind: "faults", instance: "B", faults: ["interface eth1 is down"] });
    expect(bench.take()).toEqual([
      "B send 0",
      "B release",
      "B MASTER to FAULT",
      "A send 0",
      "A release",
      "A MASTER to FAULT",
      "G MASTER to FAULT",
    ]);
    expect(bench.election.status("A")!.faults).toEqual(["B of sync group G is in FAULT"]);
    bench.advance(1_000);
    bench.feed({ kind: "faults", instance: "B", faults: [] });
    expect(bench.take()).toEqual(["A FAULT to BACKUP", "B FAULT to BACKUP", "G FAULT to BACKUP"]);
    bench.advance(100);
    expect(bench.election.groupState("G")).toBe("MASTER");
  });

  test("resigning one resigns all, with the same hold", () => {
    const bench = ElectionBench.master(GROUP);
    bench.feed({ kind: "resign", instance: "A", reason: "drain", holdMs: 2_000 });
    expect(bench.states()).toEqual(["BACKUP", "BACKUP"]);
    bench.take();
    expect(bench.until("G BACKUP to MASTER")).toBeCloseTo(3 * 360.9375, 0);
  });
});
