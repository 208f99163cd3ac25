import { expect, test } from "vitest";
import { LOUDNESS_KEYS_MAX, LOUDNESS_PERIOD_MS } from "../../../../ha/limits.ts";
import { Loudness } from "../../../../ha/vrrp/loudness.ts";

test("a complaint is said at once, then once a minute with a count", () => {
  const loudness = new Loudness();
  expect(loudness.say("a", "wrong", 0)).toBe("wrong");
  for (let i = 1; i <= 5; i++) expect(loudness.say("a", "wrong", i)).toBeUndefined();
  expect(loudness.say("b", "other", 6)).toBe("other");
  expect(loudness.say("a", "wrong", LOUDNESS_PERIOD_MS - 1)).toBeUndefined();
  expect(loudness.say("a", "wrong", LOUDNESS_PERIOD_MS)).toBe(
    "wrong (and 6 more times since it was last said)",
  );
  expect(loudness.say("a", "wrong", 2 * LOUDNESS_PERIOD_MS)).toBe("wrong");
});

test("endless different complaints share one line a minute", () => {
  const loudness = new Loudness();
  let saidCount = 0;
  for (let i = 0; i < 100_000; i++) {
    if (loudness.say(`key ${i}`, `text ${i}`, i / 100) !== undefined) saidCount += 1;
  }
  expect(saidCount).toBe(LOUDNESS_KEYS_MAX + 1);
  // Later there is room again.
  expect(loudness.say("new", "said", 3 * LOUDNESS_PERIOD_MS)).toBe("said");
});
