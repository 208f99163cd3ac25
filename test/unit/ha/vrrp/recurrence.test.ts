import { describe, expect, test } from "vitest";
import { Recurrence } from "../../../../ha/vrrp/recurrence.ts";

/** How often a text is said that is wanted every millisecond for so long. */
function saidCount(recurrence: Recurrence, text: (ms: number) => string, ms: number): number {
  let count = 0;
  for (let at = 0; at < ms; at++) if (recurrence.maySay(text(at), at)) count += 1;
  return count;
}

describe("recurring lines", () => {
  test("are said at once, a few times a second apart, then once a minute", () => {
    const recurrence = new Recurrence();
    expect(saidCount(recurrence, () => "rival", 4_001)).toBe(5);
    expect(saidCount(recurrence, () => "rival", 60_000)).toBe(0);
    expect(recurrence.maySay("rival", 64_000)).toBe(true);
  });

  test("are new after a pause", () => {
    const recurrence = new Recurrence();
    expect(saidCount(recurrence, () => "rival", 10_000)).toBe(5);
    expect(recurrence.maySay("rival", 19_998)).toBe(false);
    expect(recurrence.maySay("rival", 29_998)).toBe(true);
  });

  test("of ever new texts are few, and give way to others when they end", () => {
    const recurrence = new Recurrence();
    expect(saidCount(recurrence, (at) => `rival ${at}`, 5_000)).toBe(16);
    expect(recurrence.maySay("another", 9_000)).toBe(false);
    expect(recurrence.maySay("another", 12_000)).toBe(true);
  });
});
