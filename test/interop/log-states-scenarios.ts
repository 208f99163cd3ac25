// Every way in which a session can end.
import { CONNECT_SCENARIOS } from "./log-states-connect.ts";
import { DATA_SCENARIOS } from "./log-states-data.ts";
import type { Scenario } from "./log-states-harness.ts";
import { RULE_SCENARIOS } from "./log-states-rules.ts";

/** In the order in which they are played. */
export const SCENARIOS: readonly Scenario[] = [
  ...DATA_SCENARIOS,
  ...CONNECT_SCENARIOS,
  ...RULE_SCENARIOS,
];
