// Against a Map: the same values by the same numbers, whatever comes and goes.
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdTable } from "../../src/base/id-table.ts";

// Few numbers, of which many want the same place, and such as follow each other.
const id = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 12 }).map((number) => number * 64),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER),
);
const step = fc.record({ kind: fc.constantFrom("set", "set", "delete", "get"), id });

test("holds what a Map holds", () => {
  const property = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const table = new IdTable<object>();
    const twin = new Map<number, object>();
    for (const { kind, id } of steps) {
      const value = { id };
      if (kind === "set") {
        table.set(id, value);
        twin.set(id, value);
      } else if (kind === "delete") expect(table.delete(id)).toBe(twin.delete(id));
      expect(table.get(id)).toBe(twin.get(id));
      expect(table.has(id)).toBe(twin.has(id));
      expect(table.size).toBe(twin.size);
    }
    for (const [id, value] of twin) expect(table.get(id)).toBe(value);
    const inOrder = [...twin].sort(([one], [other]) => one - other);
    expect([...table.values()]).toEqual(inOrder.map(([, value]) => value));
    const visited = new Set<object>();
    table.forEach((value) => visited.add(value));
    expect(visited).toEqual(new Set(twin.values()));
    table.clear();
    expect([table.size, ...table.values()]).toEqual([0]);
  });
  fc.assert(property, { numRuns: 500 });
});

test("a walk leaves out what is taken away meanwhile, and what has come", () => {
  const table = new IdTable<number>();
  for (let id = 0; id < 100; id++) table.set(id, id);
  const seen: number[] = [];
  for (const value of table.values()) {
    seen.push(value);
    table.delete(value + 1);
    table.set(1_000 + value, value);
  }
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => 2 * index));
});

test("does not grow with what has gone", () => {
  const table = new IdTable<number>();
  for (let id = 0; id < 100_000; id++) {
    table.set(id, id);
    table.delete(id - 50);
  }
  expect([...table.values()]).toEqual(Array.from({ length: 50 }, (_, index) => 99_950 + index));
  expect(table.placeCount).toBeLessThanOrEqual(128);
});

test("finds those that come and go among many that stand", () => {
  const fewMs = Math.min(...Array.from({ length: 5 }, () => churnMs(10)));
  const manyMs = Math.min(...Array.from({ length: 5 }, () => churnMs(8_000)));
  // Numbers that stand side by side would be a run of thousands of places to walk each time.
  expect(manyMs / fewMs).toBeLessThan(40);
});

/** How long 50,000 take that come one by one, each to leave when the next is there, beside so many that stand. */
function churnMs(standing: number): number {
  const table = new IdTable<number>();
  for (let id = 0; id < standing; id++) table.set(id, id);
  const begunMs = performance.now();
  for (let id = standing; id < standing + 50_000; id++) {
    table.set(id, id);
    if (id > standing) table.delete(id - 1);
  }
  expect(table.size).toBe(standing + 1);
  return performance.now() - begunMs;
}
