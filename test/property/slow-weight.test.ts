// The weight of a slow broker: whatever its answers take, it stays within its bounds, moves in small
// steps, follows what lasts and not what happens once.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SlowWeight } from "../../src/health/slow-weight.ts";
import { SLOW_STEP_PERCENT } from "../../src/limits.ts";

const settings = fc.record({
  thresholdMs: fc.integer({ min: 1, max: 5_000 }),
  percentMin: fc.integer({ min: 1, max: 100 }),
});
const answers = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 100 });

/** The percentages after each answer. */
function follow(slow: SlowWeight, answersMs: readonly number[]): number[] {
  return answersMs.map((answerMs, index) => {
    slow.note(answerMs, index);
    return slow.percent;
  });
}

const many = (answerMs: number, count = 60): number[] => new Array<number>(count).fill(answerMs);

describe("SlowWeight", () => {
  test("stays within its bounds and moves in small steps", () => {
    fc.assert(
      fc.property(settings, answers, (each, answersMs) => {
        const slow = new SlowWeight(each);
        let before = 100;
        for (const percent of follow(slow, answersMs)) {
          expect(percent).toBeGreaterThanOrEqual(each.percentMin);
          expect(percent).toBeLessThanOrEqual(100);
          expect(Math.abs(percent - before)).toBeLessThanOrEqual(SLOW_STEP_PERCENT);
          before = percent;
        }
      }),
    );
  });

  test("ends where lasting answers say, and returns when they are quick", () => {
    fc.assert(
      fc.property(settings, answers, fc.integer({ min: 1, max: 9 }), (each, past, times) => {
        const { thresholdMs, percentMin } = each;
        const slow = new SlowWeight(each);
        follow(slow, past);
        const aim = Math.max(percentMin, 100 / times);
        const [percent] = follow(slow, many(times * thresholdMs * 1.001)).slice(-1);
        expect(Math.abs(percent! - aim)).toBeLessThanOrEqual(6);
        expect(follow(slow, many(thresholdMs / 2)).at(-1)).toBe(100);
      }),
    );
  });

  test("one late answer among quick ones changes nothing for a threshold well above them", () => {
    const slow = new SlowWeight({ thresholdMs: 100, percentMin: 10 });
    follow(slow, many(10));
    expect(slow.note(350, 1)).toBeUndefined();
    expect(slow.percent).toBe(100);
  });

  test("tells of a turn once, and not again while answers are about the threshold", () => {
    const slow = new SlowWeight({ thresholdMs: 100, percentMin: 10 });
    const turns = [...many(90), ...many(120), ...many(95), ...many(101), ...many(50)].flatMap(
      (answerMs, index) => slow.note(answerMs, index * 10)?.turn ?? [],
    );
    expect(turns.map(({ to }) => to)).toEqual(["slow", "quick"]);
    expect(turns[0]!.afterMs).toBeGreaterThan(590);
    expect(turns[1]!.afterMs).toBeGreaterThan(1_700);
  });
});
