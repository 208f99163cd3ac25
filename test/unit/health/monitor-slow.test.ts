import { describe, expect, test } from "vitest";
import type { HealthEffect } from "../../../src/health/events.ts";
import { HealthMonitor } from "../../../src/health/monitor.ts";
import type { CheckReport } from "../../../src/health/result.ts";
import { failed, monitored, passed } from "./fixtures.ts";

const SLOW = { thresholdMs: 100, percentMin: 20 };

const answered = (answerMs: number): CheckReport => ({ ...passed, answerMs });

function take(monitor: HealthMonitor): HealthEffect[] {
  const effects: HealthEffect[] = [];
  for (let next = monitor.poll(); next !== undefined; next = monitor.poll()) effects.push(next);
  return effects;
}

/** Lets the next check of a lone server run and report; the weights that follow. */
function report(monitor: HealthMonitor, outcome: CheckReport): HealthEffect[] {
  const nowMs = monitor.nextTimeout()!;
  monitor.handle({ kind: "timeout" }, nowMs);
  monitor.handle({ kind: "check-done", server: "be/s", report: outcome }, nowMs);
  return take(monitor).filter(({ kind }) => kind === "set-slowness");
}

describe("a slow server", () => {
  test("is weighed down, and has its weight back without the setting", () => {
    const monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
    monitor.reconfigure([monitored({ slow: SLOW })], 0);
    expect(report(monitor, answered(10))).toEqual([]);
    const steps = Array.from({ length: 40 }, () => report(monitor, answered(200))).flat();
    expect(steps[0]).toMatchObject({ server: "be/s", percent: 90, turn: { to: "slow" } });
    expect(steps.at(-1)).toMatchObject({ percent: 50 });
    // A check that fails says nothing of slowness, nor does one that is no MQTT check.
    expect([failed, passed].flatMap((each) => report(monitor, each))).toEqual([]);
    monitor.reconfigure([monitored()], 0);
    expect(take(monitor)).toContainEqual({ kind: "set-slowness", server: "be/s", percent: 100 });
    expect(report(monitor, answered(9_000))).toEqual([]);
  });

  test("has its weight back, and is measured from anew, at another address", () => {
    const monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
    monitor.reconfigure([monitored({ slow: SLOW })], 0);
    for (let count = 0; count < 40; count++) report(monitor, answered(200));
    monitor.reconfigure([monitored({ slow: SLOW })], 0);
    expect(take(monitor).filter(({ kind }) => kind === "set-slowness")).toEqual([]);
    monitor.reconfigure([monitored({ slow: SLOW, identity: "elsewhere" })], 0);
    expect(take(monitor)).toContainEqual({ kind: "set-slowness", server: "be/s", percent: 100 });
    expect(report(monitor, answered(90))).toEqual([]);
    expect(report(monitor, answered(200))).toMatchObject([{ percent: 90, turn: { to: "slow" } }]);
  });
});
