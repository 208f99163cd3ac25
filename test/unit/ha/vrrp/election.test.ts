// What the election adds to the RFCs for the sake of a pair. The RFCs' own clauses: test/spec.
import { describe, expect, test } from "vitest";
import { syncGroupConfiguration } from "../../../support/agent-configuration.ts";
import { ElectionBench, electionSettings } from "../../../support/election-bench.ts";

describe("a heal without a black hole", () => {
  test("a loser sends one advert before it steps down", () => {
    const bench = ElectionBench.master();
    bench.hear(150);
    expect(bench.take()).toEqual(["send 100", "release", "MASTER to BACKUP"]);
    expect(bench.takeLogs()).toEqual([
      "(VI_1) Master received advert from 10.9.9.20 with higher priority 150, ours 100",
      "(VI_1) Entering BACKUP STATE",
    ]);
  });

  test("a loser says so again after each of the winner's next three adverts, and then no more", () => {
    const bench = ElectionBench.master();
    bench.hear(150);
    bench.take();
    // The winner may answer at once: that is no new turn.
    bench.hear(150);
    expect(bench.take()).toEqual([]);
    const said: (readonly string[])[] = [];
    for (let i = 0; i < 5; i++) {
      bench.advance(100);
      bench.hear(150);
      said.push(bench.take());
    }
    expect(said).toEqual([["send 100"], ["send 100"], ["send 100"], [], []]);
  });

  test("a backup that was never master says nothing to a stronger one, nor does one that leads again", () => {
    const bench = ElectionBench.started();
    bench.hear(150);
    bench.advance(100);
    bench.hear(150);
    expect(bench.take()).not.toContain("send 100");
    const loser = ElectionBench.master();
    loser.hear(150);
    loser.advance(1_000);
    loser.take();
    loser.hear(150);
    loser.take();
    loser.advance(100);
    loser.hear(150);
    expect(loser.take()).toEqual(["send 100"]);
  });

  test("higher_prio_send_advert off: it steps down without a word", () => {
    const bench = ElectionBench.master({ instances: [{ isHigherPriorityAnswered: false }] });
    bench.hear(150);
    expect(bench.take()).toEqual(["release", "MASTER to BACKUP"]);
    bench.advance(100);
    bench.hear(150);
    expect(bench.take()).toEqual([]);
  });

  test("a winner announces at once, at most twice an interval, and once more shortly after", () => {
    const bench = ElectionBench.master();
    bench.hear(50);
    expect(bench.take()).toEqual(["lower 50", "send 100", "reannounce"]);
    for (let i = 0; i < 9; i++) {
      bench.advance(1);
      bench.hear(50);
    }
    expect(bench.take()).toEqual([]);
    bench.advance(55);
    expect(bench.take()).toContain("reannounce");
    bench.advance(1_000);
    expect(bench.take()).not.toContain("reannounce");
  });

  test("priority 0 is a rival's, too", () => {
    const bench = ElectionBench.master();
    bench.hear(0);
    expect(bench.take()).toEqual(["send 100", "reannounce"]);
  });

  test("a flood of weaker adverts and of priority 0 costs a few answers an interval", () => {
    const bench = ElectionBench.master();
    for (let i = 0; i < 10_000; i++) {
      bench.hear(i % 2 === 0 ? 50 : 0);
      bench.nowMs += 0.01;
    }
    const effects = bench.take();
    const logs = bench.takeLogs();
    expect(effects.filter((line) => line === "send 100").length).toBeLessThanOrEqual(5);
    expect(effects.filter((line) => line === "reannounce").length).toBeLessThanOrEqual(3);
    expect(logs.length).toBeLessThanOrEqual(3);
  });
});

describe("a pair", () => {
  test("a backup takes over at once when the master resigns", () => {
    const bench = ElectionBench.started({ isPair: () => true });
    bench.hear(150);
    bench.hear(0);
    expect(bench.take()).toEqual(["send 100", "claim", "BACKUP to MASTER"]);
  });

  test("unicast with one peer is a pair, with two it is not", () => {
    for (const peers of [["10.9.9.20"], ["10.9.9.20", "10.9.9.30"]]) {
      const bench = ElectionBench.started({
        instances: [{ unicast: peers }],
        isPair: undefined,
      });
      bench.hear(150);
      bench.hear(0);
      expect(bench.states()).toEqual([peers.length === 1 ? "MASTER" : "BACKUP"]);
    }
  });
});

describe("a node that did not run", () => {
  test("a master that overslept releases first, and then makes the winner announce", () => {
    const bench = ElectionBench.master();
    bench.freeze(600);
    expect(bench.take()).toEqual(["release", "send 1", "send 0", "MASTER to BACKUP"]);
    expect(bench.takeLogs().join()).toMatch(/did not run/);
    expect(bench.timerMs).toBeCloseTo(360.9, 1);
  });

  test("an advert that arrives first changes nothing about that", () => {
    const bench = ElectionBench.master();
    bench.nowMs += 600;
    bench.hear(150);
    expect(bench.take()).toEqual(["release", "send 1", "send 0", "MASTER to BACKUP"]);
  });

  test("a pause that the clock did not count is told by `stalled`", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "stalled", sleptMs: 100 });
    expect(bench.take()).toEqual([]);
    bench.feed({ kind: "stalled", sleptMs: 60_000 });
    expect(bench.take()).toEqual(["release", "send 1", "send 0", "MASTER to BACKUP"]);
  });

  test("an owner sends priority 0 only", () => {
    const bench = ElectionBench.master({ instances: [{ priority: 255 }] });
    bench.freeze(600);
    expect(bench.take()).toEqual(["release", "send 0", "MASTER to BACKUP"]);
  });

  test("all members release before any of them sends", () => {
    const bench = ElectionBench.master({
      instances: [{ name: "A" }, { name: "B", advertIntervalMs: 1_000 }],
      syncGroups: [syncGroupConfiguration({ members: ["A", "B"] })],
    });
    bench.freeze(900);
    expect(bench.take().slice(0, 4)).toEqual(["A release", "B release", "A send 1", "A send 0"]);
    expect(bench.states()).toEqual(["BACKUP", "BACKUP"]);
  });

  test("a master that was late, but not too late, announces its VIPs again", () => {
    const bench = ElectionBench.master();
    const sentMs = 100 - bench.timerMs!;
    bench.freeze(340 - sentMs);
    expect(bench.take()).toEqual(["reannounce", "send 100"]);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("a backup that slept through its timer listens for a whole interval again", () => {
    const bench = ElectionBench.started();
    bench.freeze(2_000);
    expect(bench.take()).toEqual([]);
    expect(bench.timerMs).toBeCloseTo(360.9, 1);
    bench.advance(361);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("a backup that is late by more than an interval listens one interval more", () => {
    const bench = ElectionBench.started();
    bench.advance(200);
    bench.freeze(290);
    expect(bench.take()).toEqual([]);
    expect(bench.timerMs).toBeCloseTo(100, 0);
    bench.advance(50);
    bench.hear(150);
    expect(bench.timerMs).toBeCloseTo(360.9, 1);
  });

  test("a pause just before the timer counts like one over it", () => {
    const bench = ElectionBench.started();
    bench.advance(100);
    bench.freeze(260);
    bench.advance(99);
    expect(bench.take()).toEqual([]);
    bench.advance(2);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("priority 0 that waited to be read does not move a backup at once", () => {
    const bench = ElectionBench.started({ isPair: () => true });
    bench.hear(150);
    bench.freeze(600);
    bench.hear(0);
    expect(bench.states()).toEqual(["BACKUP"]);
    expect(bench.timerMs).toBe(150);
    // That it proved false is remembered for a while.
    for (let i = 0; i < 15; i++) {
      bench.hear(150);
      bench.advance(100);
    }
    bench.hear(0);
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("a machine that is always late takes over after all", () => {
    const bench = ElectionBench.started();
    for (let i = 0; i < 6; i++) bench.freeze(800);
    expect(bench.take()).toContain("claim");
  });
});

describe("faults", () => {
  test("silence heard in FAULT counts", () => {
    const bench = ElectionBench.started();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["balancer down"] });
    bench.advance(2_000);
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    expect(bench.timerMs).toBeCloseTo(60.9, 1);
  });

  test("adverts heard in FAULT count, too", () => {
    const bench = ElectionBench.started();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["balancer down"] });
    bench.advance(2_000);
    bench.hear(50);
    bench.advance(100);
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    expect(bench.timerMs).toBeCloseTo(260.9, 1);
  });

  test("a resignation that nobody answers with an advert is waited for shorter", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["balancer down"] });
    bench.advance(30);
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    // The longest skew and one more interval (decision 0006).
    expect(bench.timerMs).toBeCloseTo(199.6 - 30, 1);
  });

  test("one that somebody answers is followed by a whole interval", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["balancer down"] });
    bench.advance(30);
    bench.hear(50);
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    expect(bench.timerMs).toBeCloseTo(360.9, 1);
  });

  test("nothing counts that could not be heard", () => {
    const bench = ElectionBench.started();
    bench.feed({
      kind: "faults",
      instance: "VI_1",
      faults: ["interface eth0 is down"],
      isDeaf: true,
    });
    bench.advance(2_000);
    bench.feed({ kind: "faults", instance: "VI_1", faults: [] });
    expect(bench.timerMs).toBeCloseTo(360.9, 1);
  });

  test("a master in FAULT resigns, and a reason stays to be seen", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "faults", instance: "VI_1", faults: ["a", "b"] });
    expect(bench.take()).toEqual(["send 0", "release", "MASTER to FAULT"]);
    expect(bench.takeLogs()).toEqual(["(VI_1) sent 0 priority", "(VI_1) Entering FAULT STATE"]);
    expect(bench.election.status("VI_1")).toMatchObject({ faults: ["a", "b"], reason: "a; b" });
  });
});

describe("resigning", () => {
  test("with a hold, a weaker master is left alone until the hold ends", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "resign", instance: "VI_1", reason: "drain", holdMs: 5_000 });
    expect(bench.take()).toEqual(["send 0", "release", "MASTER to BACKUP"]);
    for (let i = 0; i < 49; i++) {
      bench.advance(100);
      bench.hear(50);
    }
    expect(bench.states()).toEqual(["BACKUP"]);
    for (let i = 0; i < 6; i++) {
      bench.advance(100);
      bench.hear(50);
    }
    expect(bench.states()).toEqual(["MASTER"]);
  });

  test("with a hold, it takes over when nobody at all is heard", () => {
    const bench = ElectionBench.master();
    bench.feed({ kind: "resign", instance: "VI_1", reason: "drain", holdMs: 60_000 });
    bench.take();
    expect(bench.until("claim")).toBeCloseTo(3 * 360.9, 0);
  });

  test("with a hold, it takes over when the other resigns", () => {
    const bench = ElectionBench.master({ isPair: () => true });
    bench.feed({ kind: "resign", instance: "VI_1", reason: "drain", holdMs: 60_000 });
    bench.hear(50);
    bench.take();
    bench.hear(0);
    expect(bench.take()).toContain("claim");
  });
});

describe("reloads", () => {
  test("an instance of the same name keeps state and timer; a removed one resigns", () => {
    const bench = ElectionBench.master({ instances: [{ name: "A" }, { name: "B", vrid: 52 }] });
    const before = bench.election.status("A");
    const settings = electionSettings({
      instances: [
        { name: "A", isNopreempt: true },
        { name: "C", vrid: 53 },
      ],
    });
    bench.election.reconfigure(settings, bench.nowMs);
    bench.advance(0);
    bench.feed({ kind: "source", instance: "C", source: new Uint8Array([10, 9, 9, 10]) });
    expect(bench.take()).toEqual(["B send 0", "B release", "B MASTER to INIT", "C INIT to BACKUP"]);
    expect(bench.election.status("A")).toEqual(before);
    expect(bench.election.status("B")).toBeUndefined();
  });

  test("another VRID is another router", () => {
    const bench = ElectionBench.master();
    bench.election.reconfigure(electionSettings({ instances: [{ vrid: 52 }] }), bench.nowMs);
    bench.feed({ kind: "priority", instance: "VI_1", priority: 100 });
    expect(bench.take()).toEqual(["send 0", "release", "MASTER to INIT", "INIT to BACKUP"]);
  });

  test("a shorter interval counts from now on", () => {
    const bench = ElectionBench.master({ instances: [{ advertIntervalMs: 1_000 }] });
    const settings = electionSettings({ instances: [{ advertIntervalMs: 50 }] });
    bench.election.reconfigure(settings, bench.nowMs);
    expect(bench.timerMs).toBeLessThanOrEqual(50);
    expect(bench.election.status("VI_1")!.masterIntervalMs).toBe(50);
  });
});
