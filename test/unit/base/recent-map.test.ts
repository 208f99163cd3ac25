import { expect, test } from "vitest";
import { RecentMap } from "../../../src/base/recent-map.ts";

test("RecentMap remembers half its size for certain, and never more than its size", () => {
  const map = new RecentMap<number, { readonly key: number }>(8);
  let madeCount = 0;
  const use = (key: number): boolean => {
    const before = madeCount;
    map.getOrMake(key, () => {
      madeCount += 1;
      return { key };
    });
    return madeCount === before;
  };
  expect([1, 2, 3, 4].map(use)).toEqual([false, false, false, false]);
  expect([4, 3, 2, 1].map(use)).toEqual([true, true, true, true]);
  // Nine others later it is forgotten.
  for (let key = 10; key < 19; key++) expect(use(key)).toBe(false);
  expect([18, 17, 16, 15].map(use)).toEqual([true, true, true, true]);
  expect(use(1)).toBe(false);
});

test("what is used again and again stays, however many others come", () => {
  const map = new RecentMap<string, object>(100);
  const own = map.getOrMake("own", () => ({}));
  for (let count = 0; count < 10_000; count++) {
    map.getOrMake(`other ${count}`, () => ({}));
    if (count % 40 === 0) expect(map.getOrMake("own", () => ({}))).toBe(own);
  }
});
