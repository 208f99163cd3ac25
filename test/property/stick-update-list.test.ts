// Invariant: whatever is changed and asked in between, the slot after an id is the one that a sorted
// list of all ids tells, also around the wrap of the ids.
import fc from "fast-check";
import { expect, test } from "vitest";
import { UpdateList } from "../../src/stick/update-list.ts";

const SLOTS = 12;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("renew" as const), slot: fc.nat(SLOTS) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("remove" as const), slot: fc.nat(SLOTS) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("after" as const), back: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unknown" as const), ahead: fc.nat(9) }) },
);

test("firstAfter() finds what a sorted list does", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300, size: "max" }),
      fc.constantFrom(0, 5, 0xffff_fff0),
      (steps, lastId) => {
        const list = new UpdateList(lastId);
        // The twin counts on beyond 32 bits.
        const twin = new Map<number, number>();
        let count = lastId;
        const firstAfter = (id: number): number | undefined =>
          [...twin].filter(([, own]) => own > id).sort(([, a], [, b]) => a - b)[0]?.[0];
        for (const one of steps) {
          if (one.kind === "renew") {
            list.renew(one.slot);
            count += 1;
            twin.set(one.slot, count);
          } else if (one.kind === "remove") {
            list.remove(one.slot);
            twin.delete(one.slot);
          } else if (one.kind === "after") {
            expect(list.firstAfter((count - one.back) >>> 0)).toBe(firstAfter(count - one.back));
          } else {
            expect(list.firstAfter((count + 1 + one.ahead) >>> 0)).toBe(firstAfter(-1));
          }
          expect(list.lastId).toBe(count >>> 0);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a reader of a long list that goes back to what was acknowledged does not search it all", () => {
  const list = new UpdateList(0);
  const count = 400_000;
  for (let slot = 0; slot < count; slot += 1) list.renew(slot);
  for (let id = 200_000; id < 201_000; id += 1) list.firstAfter(id);
  const startMs = performance.now();
  for (let round = 0; round < 1_000; round += 1) {
    expect(list.firstAfter(200_400 + round)).toBe(200_400 + round);
  }
  // 1,000 searches from an end would walk 200 million slots: seconds.
  expect(performance.now() - startMs).toBeLessThan(500);
});
