// Invariants of `mqtt-connect-rate`: no second, wherever it begins, holds more connects than the rate; and
// whoever takes each as soon as it is allowed falls behind the rate by no more than a burst.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConnectRate } from "../../src/balance/connect-rate.ts";

const limit = fc
  .integer({ min: 1, max: 400 })
  .chain((perSecond) =>
    fc.record({ perSecond: fc.constant(perSecond), burst: fc.integer({ min: 1, max: perSecond }) }),
  );

/** The most instants within any second. */
function mostInASecond(takenMs: readonly number[]): number {
  let from = 0;
  let most = 0;
  takenMs.forEach((atMs, index) => {
    while (takenMs[from]! <= atMs - 1_000) from++;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

test("no second holds more than the rate, whatever the pauses", () => {
  const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.nat(3_000)), {
    maxLength: 2_000,
    size: "max",
  });
  fc.assert(
    fc.property(limit, pauses, (spec, steps) => {
      const rate = new ConnectRate(spec, 0);
      const takenMs: number[] = [];
      let nowMs = 0;
      for (const stepMs of steps) {
        nowMs += stepMs;
        while (rate.isOpen(nowMs)) {
          rate.take(nowMs);
          takenMs.push(nowMs);
        }
      }
      expect(mostInASecond(takenMs)).toBeLessThanOrEqual(spec.perSecond);
    }),
    { numRuns: 200 },
  );
});

test("no second holds more than the rate where connects are made later than decided on", () => {
  const steps = fc.array(fc.record({ pauseMs: fc.nat(40), lateMs: fc.nat(30) }), {
    maxLength: 2_000,
    size: "max",
  });
  fc.assert(
    fc.property(limit, steps, (spec, turns) => {
      const rate = new ConnectRate(spec, 0);
      const madeMs: number[] = [];
      let nowMs = 0;
      for (const { pauseMs, lateMs } of turns) {
        nowMs += pauseMs;
        let count = 0;
        for (; rate.isOpen(nowMs); count++) rate.take(nowMs);
        for (let each = 1; each <= count; each++) {
          madeMs.push(nowMs + (lateMs * each) / count);
          rate.noteMade(madeMs.at(-1)!);
        }
        nowMs += lateMs;
      }
      expect(mostInASecond(madeMs)).toBeLessThanOrEqual(spec.perSecond);
    }),
    { numRuns: 100 },
  );
});

test("whoever comes as soon as it is open has the whole rate", () => {
  fc.assert(
    fc.property(limit, fc.integer({ min: 0, max: 1e9 }), (spec, startMs) => {
      const rate = new ConnectRate(spec, startMs);
      const count = spec.perSecond * 3;
      let nowMs = startMs;
      let isOpen = true;
      for (let i = 0; i < count; i++) {
        nowMs = Math.max(nowMs, rate.nextMs(nowMs));
        isOpen &&= rate.isOpen(nowMs);
        rate.take(nowMs);
      }
      expect(isOpen).toBe(true);
      expect(nowMs - startMs).toBeLessThanOrEqual(3_000);
    }),
    { numRuns: 200 },
  );
});
