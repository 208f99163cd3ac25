// The pair by chance (design §6): guards and agents of both nodes, and everything that may happen to
// them. Half of the seeds; TANDEM_TEST_LONG=1 runs 100,000 in all, TANDEM_TEST_SEED=N one.
import { test } from "vitest";
import { checkSeeds } from "./check-seeds.ts";

test("a pair serves, and never twice for long: odd seeds", () => {
  checkSeeds(1, 2);
}, 1_200_000);
