// Durations as people read them.
import { expect, test } from "vitest";
import { durationText } from "../../../src/base/duration-text.ts";

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [1_000, "1.0 s"],
  [9_999, "9.9 s"],
  [59_999, "59 s"],
  [200_000, "3 min 20 s"],
  [3_600_000, "1 h"],
  [11_520_000, "3 h 12 min"],
  [90_000_000, "1 d 1 h"],
])("durationText(%i) is %s", (ms, words) => {
  expect(durationText(ms)).toBe(words);
});
