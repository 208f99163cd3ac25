// The other half of the seeds (first-half.test.ts), beside it on another CPU; and what the referee
// must see when something is broken on purpose.
import { describe, expect, test } from "vitest";
import { checkSeeds } from "./check-seeds.ts";
import { runPair } from "./run-pair.ts";
import type { Sabotage } from "./world.ts";

const onlySeed = process.env["TANDEM_TEST_SEED"];

test.skipIf(onlySeed !== undefined)(
  "a pair serves, and never twice for long: even seeds",
  () => {
    checkSeeds(2, 2);
  },
  1_200_000,
);

describe.skipIf(onlySeed !== undefined)("the referee sees", () => {
  test.each<[Sabotage, RegExp]>([
    ["late-unnoticed", /is on both nodes/],
    ["no-will", /and no agent/],
    ["no-report", /nobody serves|is on both nodes/],
    ["no-removal", /is on both nodes/],
    ["no-announcement", /devices miss/],
  ])("%s", (sabotage, expected) => {
    for (let seed = 1; seed <= 600; seed++) {
      const { wrong } = runPair({ seed, sabotage });
      if (wrong === undefined) continue;
      expect(wrong).toMatch(expected);
      return;
    }
    expect.unreachable("600 seeds, and nothing was found");
  });
});
