import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimerQueue } from "../../../src/base/timer-queue.ts";

/** An owner whose timer the test sets. */
class Owner {
  atMs: number | undefined;

  nextTimeout(): number | undefined {
    return this.atMs;
  }
}

function takeAll(queue: TimerQueue<Owner>, nowMs: number): Owner[] {
  const due: Owner[] = [];
  for (let owner = queue.takeDue(nowMs); owner !== undefined; owner = queue.takeDue(nowMs)) {
    owner.atMs = undefined;
    due.push(owner);
  }
  return due;
}

describe("TimerQueue", () => {
  test("keeps nothing of an owner whose timer is gone", () => {
    const queue = new TimerQueue<Owner>();
    const owner = new Owner();
    owner.atMs = 5;
    queue.update(owner);
    owner.atMs = undefined;
    queue.update(owner);
    expect([queue.size, queue.next(), queue.takeDue(100)]).toEqual([0, undefined, undefined]);
  });

  test("calls nobody before its time, also not one whose timer has moved on", () => {
    const queue = new TimerQueue<Owner>();
    const owner = new Owner();
    owner.atMs = 5;
    queue.update(owner);
    owner.atMs = 9;
    queue.update(owner);
    expect([queue.takeDue(8), queue.next(), queue.takeDue(9)]).toEqual([undefined, 9, owner]);
  });

  test("takes owners as a sorted list would, whatever moves meanwhile", () => {
    const change = fc.record({
      who: fc.nat({ max: 9 }),
      atMs: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
    });
    const step = fc.oneof(change, fc.record({ passMs: fc.nat({ max: 12 }) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new TimerQueue<Owner>();
        const owners = Array.from({ length: 10 }, () => new Owner());
        let nowMs = 0;
        for (const each of steps) {
          if ("who" in each) {
            const owner = owners[each.who]!;
            owner.atMs = each.atMs === undefined ? undefined : nowMs + each.atMs;
            queue.update(owner);
          } else {
            nowMs += each.passMs;
            const expected = owners.filter(({ atMs }) => atMs !== undefined && atMs <= nowMs);
            const times = expected.map(({ atMs }) => atMs!).sort((a, b) => a - b);
            const takenAt: number[] = [];
            for (let owner = queue.takeDue(nowMs); owner; owner = queue.takeDue(nowMs)) {
              takenAt.push(owner.atMs!);
              owner.atMs = undefined;
            }
            expect(takenAt).toEqual(times);
          }
          const armed = owners.flatMap(({ atMs }) => atMs ?? []);
          expect(queue.size).toBe(armed.length);
          expect(queue.next()).toBe(armed.length === 0 ? undefined : Math.min(...armed));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("takes owners of the same instant all at once", () => {
    const queue = new TimerQueue<Owner>();
    const owners = Array.from({ length: 20 }, () => new Owner());
    for (const owner of owners) {
      owner.atMs = 7;
      queue.update(owner);
    }
    expect(new Set(takeAll(queue, 7))).toEqual(new Set(owners));
  });
});
