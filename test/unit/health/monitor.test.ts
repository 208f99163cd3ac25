import { describe, expect, test } from "vitest";
import type { HealthEffect, HealthEvent } from "../../../src/health/events.ts";
import { HealthMonitor } from "../../../src/health/monitor.ts";
import type { MonitoredServer } from "../../../src/health/monitored.ts";
import type { CheckReport } from "../../../src/health/result.ts";
import { jitter, paceOf, spreadStarts } from "../../../src/health/schedule.ts";
import { checkSettings, failed, monitored, passed } from "./fixtures.ts";

const AGENT = { port: 9, intervalMs: 1000 };

/** A monitor with a hand-driven clock. */
class Bench {
  readonly monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
  nowMs = 0;

  constructor(...servers: MonitoredServer[]) {
    this.monitor.reconfigure(servers, 0);
  }

  take(): HealthEffect[] {
    const effects: HealthEffect[] = [];
    for (let next = this.monitor.poll(); next !== undefined; next = this.monitor.poll()) {
      effects.push(next);
    }
    return effects;
  }

  feed(event: HealthEvent): HealthEffect[] {
    this.monitor.handle(event, this.nowMs);
    return this.take();
  }

  /** Moves to the next timer; gives what it starts. */
  next(): HealthEffect[] {
    this.nowMs = this.monitor.nextTimeout()!;
    return this.feed({ kind: "timeout" });
  }

  /** Lets the next check of a lone server run and report. */
  report(report: CheckReport, server = "be/s"): HealthEffect[] {
    this.next();
    return this.feed({ kind: "check-done", server, report });
  }

  state(server = "be/s"): string | undefined {
    return this.monitor.statusOf(server)?.state;
  }
}

const kinds = (effects: readonly HealthEffect[]): string[] =>
  effects.map((effect) => `${effect.kind} ${effect.server}`);

describe("spreadStarts()", () => {
  test("spreads first checks over the shortest interval, leaving out very short ones", () => {
    expect(spreadStarts([2000, 2000, 2000, 2000])).toEqual([0, 500, 1000, 1500]);
    expect(spreadStarts([100, 4000, 2000])).toEqual([0, 1333, 1333]);
    expect(spreadStarts([100, 100])).toEqual([0, 50]);
    expect(spreadStarts([9000, 9000], 1000)).toEqual([0, 500]);
  });
});

describe("paceOf() and jitter()", () => {
  test("pace follows health: inter at the top, downinter at 0, fastinter between", () => {
    const pace = { intervalMs: 2000, fastIntervalMs: 500, downIntervalMs: 9000 };
    const at = (health: number) => paceOf(pace, { health, rise: 2, fall: 3 });
    expect([0, 1, 2, 3, 4].map(at)).toEqual([9000, 500, 500, 500, 2000]);
    expect(paceOf({ intervalMs: 7 }, { health: 0, rise: 2, fall: 3 })).toBe(7);
  });

  test("jitter moves a pause by at most its share either way", () => {
    expect(jitter(1000, 20, () => 0)).toBe(1200);
    expect(jitter(1000, 20, () => 1)).toBe(800);
    expect(jitter(1000, 0, () => 1)).toBe(1000);
  });
});

describe("HealthMonitor", () => {
  test("starts servers up, one failure from down", () => {
    const bench = new Bench(monitored());
    expect(bench.state()).toBe("up");
    const effects = bench.report(failed);
    expect(effects).toEqual([
      { kind: "server-down", server: "be/s", cause: { kind: "check", report: failed } },
    ]);
    expect(bench.monitor.statusOf("be/s")).toMatchObject({
      up: false,
      failedChecks: 1,
      transitionsDown: 1,
    });
  });

  test("honours init-state", () => {
    const of = (initState: "down" | "fully-up" | "fully-down") =>
      new Bench(monitored({ check: checkSettings({ initState }) }));
    const fullyUp = of("fully-up");
    expect([fullyUp.report(failed), fullyUp.report(failed)]).toEqual([[], []]);
    const down = of("down");
    expect(down.state()).toBe("down");
    expect(kinds(down.report(passed))).toEqual(["server-up be/s"]);
    expect(of("fully-down").report(passed)).toEqual([]);
  });

  test("takes fall failures to go down and rise passes to come back, at the right pace", () => {
    const check = checkSettings({ fastIntervalMs: 500, downIntervalMs: 5000 });
    const bench = new Bench(monitored({ check }));
    bench.report(passed);
    const pauses: number[] = [];
    const states = [failed, failed, failed, failed, passed, passed].map((report) => {
      const beforeMs = bench.nowMs;
      bench.report(report);
      pauses.push(bench.nowMs - beforeMs);
      return bench.state();
    });
    expect(states).toEqual(["up", "up", "down", "down", "down", "up"]);
    expect(pauses).toEqual([2000, 500, 500, 5000, 5000, 500]);
  });

  test("ignores reports that nothing asked for", () => {
    const bench = new Bench(monitored());
    const event = { kind: "check-done", server: "be/s", report: failed } as const;
    expect(bench.feed(event)).toEqual([]);
    expect(bench.feed({ ...event, server: "be/none" })).toEqual([]);
    expect(bench.state()).toBe("up");
  });

  test("stops a server that passes conditionally, until it passes fully", () => {
    const bench = new Bench(monitored());
    const conditional: CheckReport = { ok: true, code: "L7OKC", info: "", durationMs: 1 };
    expect(kinds(bench.report(conditional))).toEqual(["server-stopping be/s"]);
    expect(bench.report(conditional)).toEqual([]);
    expect(kinds(bench.report(passed))).toEqual(["server-up be/s"]);
  });

  test("logs verdicts that moved the counter or differ from the last", () => {
    const bench = new Bench(monitored({ logChecks: true }));
    const timedOut: CheckReport = { ...failed, code: "L4TOUT" };
    const logged = [passed, passed, failed, failed, failed, failed, timedOut].map(
      (report) => bench.report(report).filter(({ kind }) => kind === "log-check").length,
    );
    expect(logged).toEqual([1, 0, 1, 1, 1, 0, 1]);
  });

  test("passes states on along chains of tracking, and tells who is followed", () => {
    const { check: _, ...bare } = monitored();
    const bench = new Bench(
      monitored({ key: "a/s" }),
      { ...bare, key: "b/s", track: "a/s" },
      { ...bare, key: "c/s", track: "b/s" },
    );
    expect(bench.report(failed, "a/s").slice(1)).toEqual([
      { kind: "server-down", server: "b/s", cause: { kind: "tracked", via: "a/s" } },
      { kind: "server-down", server: "c/s", cause: { kind: "tracked", via: "b/s" } },
    ]);
    expect(bench.monitor.followersOf("a/s")).toEqual(["b/s"]);
  });

  test("rests checks in maintenance and takes followers along", () => {
    const { check: _, ...bare } = monitored();
    const bench = new Bench(monitored({ key: "a/s" }), { ...bare, key: "b/s", track: "a/s" });
    bench.next();
    const on = bench.feed({ kind: "maintenance", server: "a/s", on: true });
    expect(kinds(on)).toEqual(["abort-check a/s", "inherit-maintenance b/s"]);
    expect([bench.state("a/s"), bench.state("b/s")]).toEqual(["down", "down"]);
    expect(bench.monitor.nextTimeout()).toBeUndefined();
    bench.nowMs += 10_000;
    const off = bench.feed({ kind: "maintenance", server: "a/s", on: false });
    expect(kinds(off)).toEqual(["inherit-maintenance b/s"]);
    expect([bench.state("a/s"), bench.state("b/s")]).toEqual(["up", "up"]);
    expect(bench.monitor.nextTimeout()).toBe(bench.nowMs);
    expect(kinds(bench.report(failed, "a/s"))).toEqual(["server-down a/s", "server-down b/s"]);
  });

  test("keeps a follower's own maintenance when the tracked server leaves its own", () => {
    const { check: _, ...bare } = monitored();
    const bench = new Bench(monitored({ key: "a/s" }), { ...bare, key: "b/s", track: "a/s" });
    bench.feed({ kind: "maintenance", server: "b/s", on: true });
    bench.feed({ kind: "maintenance", server: "a/s", on: true });
    bench.feed({ kind: "maintenance", server: "a/s", on: false });
    expect(bench.monitor.statusOf("b/s")).toMatchObject({ state: "down", maintenance: "forced" });
  });

  test("starts disabled servers in maintenance without counting a fall", () => {
    const bench = new Bench(monitored({ disabled: true }));
    expect(bench.monitor.statusOf("be/s")).toMatchObject({
      state: "down",
      maintenance: "forced",
      transitionsDown: 0,
    });
    expect(bench.monitor.nextTimeout()).toBeUndefined();
  });

  test("stops and resumes checks on command", () => {
    const bench = new Bench(monitored());
    bench.next();
    expect(kinds(bench.feed({ kind: "enable-checks", server: "be/s", on: false }))).toEqual([
      "abort-check be/s",
    ]);
    expect(bench.monitor.nextTimeout()).toBeUndefined();
    bench.feed({ kind: "enable-checks", server: "be/s", on: true });
    expect(kinds(bench.next())).toEqual(["start-check be/s"]);
  });

  test("obeys forced health until the next verdicts say otherwise", () => {
    const bench = new Bench(monitored());
    const force = (state: "up" | "down") =>
      bench.feed({ kind: "force-health", server: "be/s", check: "check", state });
    expect(force("down")).toEqual([
      { kind: "server-down", server: "be/s", cause: { kind: "forced", text: "changed from CLI" } },
    ]);
    expect([kinds(bench.report(passed)), kinds(bench.report(passed))]).toEqual([
      [],
      ["server-up be/s"],
    ]);
    force("down");
    expect(kinds(force("up"))).toEqual(["server-up be/s"]);
  });
});

describe("HealthMonitor with observe layer4", () => {
  function observed(onError: MonitoredServer["onError"], fastIntervalMs?: number): Bench {
    const check = checkSettings({
      intervalMs: 60_000,
      ...(fastIntervalMs === undefined ? {} : { fastIntervalMs }),
    });
    const bench = new Bench(monitored({ check, observe: "layer4", errorLimit: 2, onError }));
    bench.report(passed);
    return bench;
  }
  const traffic = (ok: boolean) => ({ kind: "traffic", server: "be/s", ok }) as const;
  const errors = (bench: Bench, count: number): HealthEffect[] =>
    Array.from({ length: count }, () => bench.feed(traffic(false))).flat();
  const health = (bench: Bench): number => bench.monitor.statusOf("be/s")!.check!.health;

  test("counts error-limit failures in a row as one failed check", () => {
    const bench = observed("fail-check");
    bench.feed(traffic(false));
    bench.feed(traffic(true));
    bench.feed(traffic(false));
    expect(health(bench)).toBe(4);
    bench.feed(traffic(false));
    expect(health(bench)).toBe(3);
    expect(kinds(errors(bench, 4))).toEqual(["server-down be/s"]);
    expect(bench.monitor.statusOf("be/s")).toMatchObject({ failedTraffic: 3 });
  });

  test("marks the server down at once with mark-down, saying why", () => {
    const bench = observed("mark-down");
    expect(errors(bench, 2)).toMatchObject([
      {
        kind: "server-down",
        cause: {
          report: {
            code: "HANA",
            info: "Detected 2 consecutive errors, last one was: L4 unsuccessful connection",
          },
        },
      },
    ]);
  });

  test("leaves one more failure with sudden-death", () => {
    const bench = observed("sudden-death");
    errors(bench, 2);
    expect([bench.state(), health(bench)]).toEqual(["up", 2]);
    expect(kinds(bench.report(failed))).toEqual(["server-down be/s"]);
  });

  test("only hastens the next check with fastinter", () => {
    const bench = observed("fastinter", 100);
    errors(bench, 2);
    expect(health(bench)).toBe(4);
    expect(bench.monitor.nextTimeout()).toBe(bench.nowMs + 100);
  });
});

describe("HealthMonitor with agents", () => {
  const reply = (text: string, report: CheckReport): HealthEvent => ({
    kind: "agent-done",
    server: "be/s",
    report,
    reply: text,
  });
  const up: CheckReport = { ok: true, code: "L7OK", status: 0, info: "", durationMs: 0 };
  const down: CheckReport = { ...up, ok: false, code: "L7STS" };

  /** Starts what is due until the agent runs. */
  function ask(bench: Bench): void {
    while (!kinds(bench.next()).includes("start-agent be/s")) {
      bench.feed({ kind: "check-done", server: "be/s", report: passed });
    }
  }

  test("turns words into effects", () => {
    const bench = new Bench(monitored({ agent: AGENT }));
    ask(bench);
    expect(bench.feed(reply("drain 75% maxconn:30 up", up))).toEqual([
      { kind: "set-admin", server: "be/s", state: "drain" },
      { kind: "set-weight", server: "be/s", percent: 75 },
      { kind: "set-maxconn", server: "be/s", maxconn: 30 },
    ]);
  });

  test("takes the server down at the agent's word, whatever its check says", () => {
    const bench = new Bench(monitored({ agent: AGENT }));
    ask(bench);
    expect(kinds(bench.feed(reply("down", down)))).toEqual(["server-down be/s"]);
    ask(bench);
    expect(bench.state()).toBe("down");
    expect(kinds(bench.feed(reply("up", up)))).toEqual(["server-up be/s"]);
  });

  test("draws nothing from an agent that cannot be reached", () => {
    const bench = new Bench(monitored({ agent: AGENT }));
    for (let round = 0; round < 3; round += 1) {
      ask(bench);
      expect(
        bench.feed({ kind: "agent-done", server: "be/s", report: { ...failed, code: "L4CON" } }),
      ).toEqual([]);
    }
    expect(bench.state()).toBe("up");
  });

  test("goes on asking in maintenance, since the agent may end it", () => {
    const bench = new Bench(monitored({ agent: AGENT }));
    bench.feed({ kind: "maintenance", server: "be/s", on: true });
    expect(kinds(bench.next())).toEqual(["start-agent be/s"]);
    expect(kinds(bench.feed(reply("ready", { ...up, code: "CHECKED" })))).toEqual([
      "set-admin be/s",
    ]);
  });
});

describe("HealthMonitor.reconfigure()", () => {
  test("keeps the health and the timer of servers that are in both configurations", () => {
    const bench = new Bench(monitored({ key: "a/s" }));
    bench.report(failed, "a/s");
    const dueMs = bench.monitor.nextTimeout();
    const check = checkSettings({ rise: 4, fall: 6 });
    bench.monitor.reconfigure([monitored({ key: "a/s", check }), monitored({ key: "b/s" })], 50);
    expect(bench.take()).toEqual([]);
    expect(bench.state("a/s")).toBe("down");
    expect(bench.monitor.statusOf("a/s")!.check).toMatchObject({ health: 0, rise: 4, fall: 6 });
    expect(bench.monitor.statusOf("a/s")!.transitionsDown).toBe(1);
    expect(dueMs).toBeGreaterThan(50);
    bench.next();
    expect(bench.nowMs).toBe(50);
  });

  test("shortens a wait that a shorter interval makes too long", () => {
    const bench = new Bench(monitored());
    bench.report(passed);
    bench.monitor.reconfigure([monitored({ check: checkSettings({ intervalMs: 300 }) })], 100);
    expect(bench.monitor.nextTimeout()).toBe(400);
  });

  test("aborts what runs for servers that are gone", () => {
    const bench = new Bench(monitored());
    bench.next();
    bench.monitor.reconfigure([], 10);
    expect(kinds(bench.take())).toEqual(["abort-check be/s"]);
    expect(bench.monitor.statusOf("be/s")).toBeUndefined();
    expect(bench.monitor.nextTimeout()).toBeUndefined();
  });

  test("lets one verdict decide on a server whose address changed", () => {
    const bench = new Bench(monitored());
    for (const report of [passed, failed, failed, failed]) bench.report(report);
    expect(bench.state()).toBe("down");
    bench.monitor.reconfigure([monitored({ identity: "elsewhere" })], bench.nowMs);
    expect(bench.state()).toBe("down");
    expect(kinds(bench.report(passed))).toEqual(["server-up be/s"]);
  });

  test("enters and leaves maintenance when `disabled` changes", () => {
    const bench = new Bench(monitored());
    bench.monitor.reconfigure([monitored({ disabled: true })], 1);
    expect(bench.monitor.statusOf("be/s")!.maintenance).toBe("forced");
    bench.monitor.reconfigure([monitored()], 2);
    expect(bench.monitor.statusOf("be/s")).toMatchObject({ maintenance: "none", state: "up" });
    expect(bench.monitor.nextTimeout()).toBe(2);
  });

  test("brings back a server that is no longer checked", () => {
    const bench = new Bench(monitored());
    bench.report(failed);
    const { check: _, ...bare } = monitored();
    bench.monitor.reconfigure([bare], 1);
    expect(kinds(bench.take())).toEqual(["server-up be/s"]);
  });
});
