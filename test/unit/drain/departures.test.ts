import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Departures } from "../../../src/drain/departures.ts";
import { drainRate } from "../../../src/drain/pace.ts";

/** Runs a drain of `count` on a clock whose timers fire as late as `lateMs` says; when each left. */
function run(count: number, ratePerSecond: number, lateMs: (turn: number) => number): number[] {
  const departures = new Departures<number>(() => true);
  const members = Array.from({ length: count }, (_, index) => index);
  const leftMs: number[] = [];
  let nowMs = 0;
  departures.handle({ kind: "drain", key: "b/s", members, ratePerSecond }, nowMs);
  for (let turn = 0; ; turn++) {
    for (let one = departures.poll(); one !== undefined; one = departures.poll()) {
      expect(one.member).toBe(leftMs.length);
      leftMs.push(nowMs);
    }
    const dueMs = departures.nextTimeout();
    if (dueMs === undefined) return leftMs;
    nowMs = Math.max(nowMs, dueMs) + lateMs(turn);
    departures.handle({ kind: "timeout" }, nowMs);
  }
}

/** The most that left within any span of `spanMs`. */
function mostWithin(leftMs: readonly number[], spanMs: number): number {
  let most = 0;
  let first = 0;
  leftMs.forEach((atMs, index) => {
    while (atMs - leftMs[first]! >= spanMs) first++;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

describe("Departures", () => {
  test("1,000 members over 10 s leave evenly, the last before the time is over", () => {
    const rate = drainRate(1_000, 10_000, undefined)!;
    const leftMs = run(1_000, rate, () => 0);
    expect(leftMs).toHaveLength(1_000);
    expect(leftMs.at(-1)).toBeCloseTo(9_990, 3);
    for (const spanMs of [1_000, 2_500, 5_000]) {
      expect(mostWithin(leftMs, spanMs)).toBeLessThanOrEqual((1.1 * rate * spanMs) / 1_000);
    }
  });

  test("stalls and late timers never exceed the rate by a tenth in any second", () => {
    const late = fc.array(fc.oneof(fc.nat(5), fc.nat(700)), { minLength: 1, maxLength: 50 });
    const property = fc.property(late, fc.integer({ min: 20, max: 2_000 }), (lateMs, rate) => {
      const leftMs = run(1_000, rate, (turn) => lateMs[turn % lateMs.length]!);
      expect(leftMs).toHaveLength(1_000);
      for (const spanMs of [1_000, 3_000]) {
        expect(mostWithin(leftMs, spanMs)).toBeLessThanOrEqual((1.1 * rate * spanMs) / 1_000);
      }
    });
    fc.assert(property, { numRuns: 30 });
  });

  test("timers that are a little late cost no time in all", () => {
    expect(run(1_000, 100, () => 3).at(-1)).toBeLessThan(10_100);
  });

  test("who has gone by itself takes no turn", () => {
    const departures = new Departures<number>((member) => member % 2 === 0);
    departures.handle({ kind: "drain", key: "a", members: [1, 2, 3, 4], ratePerSecond: 1 }, 0);
    expect(departures.poll()).toEqual({ key: "a", member: 2 });
    expect(departures.figures).toEqual([{ key: "a", ratePerSecond: 1, leftCount: 1 }]);
    departures.handle({ kind: "timeout" }, 1_000);
    expect(departures.poll()?.member).toBe(4);
    departures.handle({ kind: "timeout" }, 2_000);
    expect(departures.has("a")).toBe(false);
  });

  test("drains go on beside each other, and one that is cancelled stops", () => {
    const departures = new Departures<string>(() => true);
    departures.handle({ kind: "drain", key: "a", members: ["a1", "a2"], ratePerSecond: 2 }, 0);
    departures.handle({ kind: "drain", key: "b", members: ["b1", "b2"], ratePerSecond: 4 }, 0);
    expect([departures.poll()?.member, departures.poll()?.member]).toEqual(["a1", "b1"]);
    expect(departures.nextTimeout()).toBe(250);
    departures.handle({ kind: "cancel", key: "b" }, 100);
    expect(departures.nextTimeout()).toBe(500);
    departures.handle({ kind: "timeout" }, 500);
    expect(departures.poll()?.member).toBe("a2");
    expect(departures.poll()).toBeUndefined();
  });
});

describe("drainRate()", () => {
  test.each([
    [1_000, 10_000, undefined, 100],
    [1_000, 10_000, 50, 50],
    [10, 10_000, 50, 1],
    [10, undefined, 50, 50],
    [10, undefined, undefined, undefined],
    [10, 0, undefined, Infinity],
    [10, 0, 5, 5],
  ])("%d members, time %j, rate %j: %j per second", (count, timeMs, rateMax, rate) => {
    expect(drainRate(count, timeMs, rateMax)).toBe(rate);
  });
});
