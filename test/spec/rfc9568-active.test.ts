// RFC 9568 (VRRP version 3), clause by clause: Active, which is MASTER here, and the numbers of §5.2.
import { describe, expect, test } from "vitest";
import { ElectionBench } from "../support/election-bench.ts";

describe("RFC 9568 §6.4.3 Active", () => {
  test("on Shutdown: cancel the Adver_Timer, send priority 0, be in Initialize", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "stop" });
    expect(bench.take()).toEqual(["send 0", "release", "MASTER to INIT"]);
    expect(bench.timerMs).toBeUndefined();
    expect(bench.election.status("VI_1")!.priorityZeroSentCount).toBe(1);
  });

  test("the Adver_Timer fires: send an ADVERTISEMENT, reset the timer", () => {
    const bench = ElectionBench.master();
    bench.advance(1_000);
    expect(bench.take()).toEqual(Array.from({ length: 10 }, () => "send 100"));
  });

  test("ADVERTISEMENT of priority 0: send an ADVERTISEMENT, reset the Adver_Timer", () => {
    const bench = ElectionBench.master();
    bench.advance(bench.timerMs! - 40);
    bench.take();
    bench.hear(0);
    expect(bench.take()).toContain("send 100");
    bench.advance(99);
    expect(bench.take()).not.toContain("send 100");
    bench.advance(2);
    expect(bench.take()).toContain("send 100");
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("a higher priority: cancel the Adver_Timer, adopt the interval, be Backup", () => {
    const bench = ElectionBench.master();
    bench.hear(101, { intervalMs: 500 });
    expect(bench.states()).toEqual(["BACKUP"]);
    expect(bench.timerMs).toBe(1_500 + (156 * 500) / 256);
  });

  test("equal priority from a higher address: be Backup", () => {
    const bench = ElectionBench.master();
    bench.hear(100, { source: "10.9.9.11" });
    expect(bench.states()).toEqual(["BACKUP"]);
    expect(bench.takeLogs()[0]).toMatch(/same priority 100 but higher IP address than ours/);
  });

  test("addresses compare as unsigned integers in network byte order", () => {
    const high = ElectionBench.master({ source: "10.9.9.10" });
    high.hear(100, { source: "200.0.0.1" });
    expect(high.states()).toEqual(["BACKUP"]);
    const low = ElectionBench.master({ source: "10.9.9.10" });
    low.hear(100, { source: "9.255.255.255" });
    expect(low.states()).toEqual(["MASTER"]);
  });

  test("equal priority from a lower address: discard, send an ADVERTISEMENT immediately", () => {
    const bench = ElectionBench.master();
    bench.hear(100, { source: "10.9.9.9" });
    expect(bench.take()).toEqual(["lower 100", "send 100", "reannounce"]);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("a lower priority: discard, send an ADVERTISEMENT immediately", () => {
    const bench = ElectionBench.master();
    bench.hear(99, { intervalMs: 1_000 });
    expect(bench.take()).toEqual(["lower 99", "send 100", "reannounce"]);
    expect(bench.states()).toEqual(["MASTER"]);
    expect(bench.election.status("VI_1")!.masterIntervalMs).toBe(100);
    expect(bench.takeLogs()).toEqual([
      "(VI_1) Received advert from 10.9.9.20 with lower priority 99, ours 100, forcing new election",
    ]);
  });

  test("our own advert that came back changes nothing", () => {
    const bench = ElectionBench.master();
    bench.hear(100, { source: "10.9.9.10" });
    expect(bench.take()).toEqual([]);
    expect(bench.takeLogs()[0]).toMatch(/equal priority advert received/);
    expect(bench.states()).toEqual(["MASTER"]);
  });
});

describe("RFC 9568 §5.2.4 Priority", () => {
  test("255 stands above everybody; two owners are told apart by their addresses (erratum 8298)", () => {
    const low = ElectionBench.master({ instances: [{ priority: 255 }] });
    low.hear(254);
    expect(low.states()).toEqual(["MASTER"]);
    low.hear(255, { source: "10.9.9.20" });
    expect(low.states()).toEqual(["BACKUP"]);
    expect(low.election.status("VI_1")!.effectivePriority).toBe(254);
    expect(low.takeLogs().join()).toMatch(
      /CONFIGURATION ERROR: .* both configured as address owner/,
    );
  });

  test("the owner with the higher address bears two adverts and yields to the third", () => {
    const high = ElectionBench.master({ instances: [{ priority: 255 }] });
    for (const expected of ["MASTER", "MASTER", "BACKUP"]) {
      high.advance(100);
      high.hear(255, { source: "10.9.9.9" });
      expect(high.states()).toEqual([expected]);
    }
    high.feed({ kind: "priority", instance: "VI_1", priority: 255 });
    expect(high.election.status("VI_1")!.effectivePriority).toBe(254);
  });

  test("a backup of any priority hears the owner, and the owner's 0", () => {
    const bench = ElectionBench.started({ instances: [{ priority: 254 }] });
    bench.hear(255);
    bench.hear(0);
    expect(bench.timerMs).toBeCloseTo(200 / 256, 6);
  });
});

describe("RFC 9568 §5.2.7 Maximum Advertisement Interval", () => {
  test("an Active router goes by its own interval, whatever it heard as Backup", () => {
    const bench = ElectionBench.started();
    bench.hear(150, { intervalMs: 1_000 });
    bench.advance(4_000);
    bench.take();
    bench.advance(1_000);
    expect(bench.take().length).toBe(10);
    expect(bench.election.status("VI_1")!.masterIntervalMs).toBe(100);
  });
});
