// How often a node's processes give signs of life, and look at clocks. On a machine that is told to be
// patient this is seldom: on an emulated processor each of them costs twenty times as much, and a hundred
// a second leave little of it to others.
import { LIFE_BEAT_MS } from "../../src/base/life.ts";
import type { Millis } from "../../src/base/units.ts";
import {
  BEAT_MS_SLOWEST,
  BEATS_PER_SILENCE,
  SLEEP_LOOK_MS,
  SLEEP_LOOK_MS_SLOWEST,
  SLEEP_LOOKS_PER_SILENCE,
} from "../limits.ts";
import type { GuardSettings } from "./guard-events.ts";

/** The period of beats in all directions: some are left out before silence is a hang. */
export function beatPeriod(
  settings: Pick<GuardSettings, "children" | "agentTimeoutMs" | "balancerTimeoutMs">,
): Millis {
  const { children, agentTimeoutMs, balancerTimeoutMs } = settings;
  const timeouts = children.map((child) =>
    child === "agent" ? agentTimeoutMs : balancerTimeoutMs,
  );
  const wantedMs = Math.min(...timeouts) / BEATS_PER_SILENCE;
  return Math.floor(Math.min(Math.max(wantedMs, LIFE_BEAT_MS), BEAT_MS_SLOWEST));
}

/** How often an agent looks at the clock that counts sleep, at least. */
export function sleepLookPeriod(agentTimeoutMs: Millis): Millis {
  const wantedMs = agentTimeoutMs / SLEEP_LOOKS_PER_SILENCE;
  return Math.floor(Math.min(Math.max(wantedMs, SLEEP_LOOK_MS), SLEEP_LOOK_MS_SLOWEST));
}
