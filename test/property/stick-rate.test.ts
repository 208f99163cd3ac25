// Invariant: the counter shows what counting by hand shows, over the periods that begin with the
// first event after a pause, in integer arithmetic.
import fc from "fast-check";
import { expect, test } from "vitest";
import { RateCounter } from "../../src/base/rate.ts";

interface Event {
  readonly atMs: number;
  readonly count: number;
}

/** Walks all events from the first one, period by period. */
function readSlowly(events: readonly Event[], periodMs: number, nowMs: number): number {
  let startMs: number | undefined;
  const countIn = (fromMs: number): number =>
    events
      .filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + periodMs && atMs <= nowMs)
      .reduce((sum, { count }) => sum + count, 0);
  for (const { atMs } of events) {
    if (startMs === undefined || atMs >= startMs + 2 * periodMs) startMs = atMs;
    else if (atMs >= startMs + periodMs) startMs += periodMs;
  }
  if (startMs === undefined) return 0;
  // The period before counts only if it is joined to this one.
  let previous = hasPeriodBefore(events, periodMs, startMs) ? countIn(startMs - periodMs) : 0;
  let current = countIn(startMs);
  let leftMs = startMs + periodMs - nowMs;
  if (leftMs < 0) {
    previous = leftMs + periodMs < 0 ? 0 : current;
    current = 0;
    leftMs += periodMs;
  }
  if (current === 0 && previous <= 1) return previous;
  return current + Number((BigInt(previous) * BigInt(leftMs)) / BigInt(periodMs));
}

/** Whether the period that ends at `startMs` is one of the same run of periods. */
function hasPeriodBefore(events: readonly Event[], periodMs: number, startMs: number): boolean {
  let runMs: number | undefined;
  for (const { atMs } of events) {
    if (runMs === undefined || atMs >= runMs + 2 * periodMs) runMs = atMs;
    else if (atMs >= runMs + periodMs) runMs += periodMs;
    if (runMs === startMs - periodMs) return true;
    if (runMs >= startMs) return false;
  }
  return false;
}

test("RateCounter counts as counting by hand does", () => {
  const step = fc.record({ waitMs: fc.nat(150), count: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 20 }),
      fc.integer({ min: 1, max: 100 }),
      fc.nat(300),
      (steps, periodMs, restMs) => {
        const counter = new RateCounter(periodMs);
        const events: Event[] = [];
        let nowMs = 17;
        for (const { waitMs, count } of steps) {
          nowMs += waitMs;
          counter.add(nowMs, count);
          events.push({ atMs: nowMs, count });
          expect(counter.read(nowMs)).toBe(readSlowly(events, periodMs, nowMs));
        }
        nowMs += restMs;
        expect(counter.read(nowMs)).toBe(readSlowly(events, periodMs, nowMs));
      },
    ),
    { numRuns: 300 },
  );
});

test("RateCounter never shows more than the events of two periods, and nothing after two idle ones", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 30 }), (waits) => {
      const counter = new RateCounter(100);
      const times: number[] = [];
      let nowMs = 0;
      for (const waitMs of waits) {
        nowMs += waitMs;
        counter.add(nowMs);
        times.push(nowMs);
        const recent = times.filter((time) => time > nowMs - 200).length;
        expect(counter.read(nowMs)).toBeLessThanOrEqual(recent);
      }
      expect(counter.read(nowMs + 201)).toBe(0);
    }),
  );
});
