// What the installed HAProxy and the balancing core are both put through.
import { leastconn, otherCounting, roundrobin } from "./balance-counting.ts";
import { hashing, hashingAtItsLimits } from "./balance-hashing.ts";
import type { Scenario } from "./balance-steps.ts";

/** All of them. */
export const scenarios: readonly Scenario[] = [
  ...roundrobin,
  ...otherCounting,
  ...leastconn,
  ...hashing,
  ...hashingAtItsLimits,
];
