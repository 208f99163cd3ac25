import { expect, test } from "vitest";
import { RateCounter } from "../../../src/base/rate.ts";

test("RateCounter lets the previous period fade in proportion to what is left of it", () => {
  const rate = new RateCounter(1000);
  rate.add(500, 100);
  expect(rate.read(500)).toBe(100);
  expect(rate.read(1500)).toBe(100);
  expect(rate.read(1501)).toBe(99);
  expect(rate.read(1750)).toBe(75);
  rate.add(1750, 10);
  expect(rate.read(1750)).toBe(85);
  expect(rate.read(2499)).toBe(10);
});

test("RateCounter forgets after two idle periods and then starts a period with the next event", () => {
  const rate = new RateCounter(1000);
  rate.add(0, 50);
  expect(rate.read(2001)).toBe(0);
  rate.add(5300, 4);
  expect(rate.read(6300)).toBe(4);
  expect(rate.read(6800)).toBe(2);
});

test("RateCounter shows a single event for the whole period after it", () => {
  const rate = new RateCounter(1000);
  rate.add(100);
  expect(rate.read(2099)).toBe(1);
  expect(rate.read(2101)).toBe(0);
});
