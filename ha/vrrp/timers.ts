// The formulas of VRRP's timers. Intervals are milliseconds, fractions included.
import type { Millis } from "../../src/base/units.ts";

/** What a virtual router's timers depend on. */
export interface TimerInputs {
  readonly version: 2 | 3;
  /** Effective priority, 1..255. */
  readonly priority: number;
  /** Master_Adver_Interval: the master's, or our own before the first advert. */
  readonly masterIntervalMs: Millis;
  /** `down_timer_adverts`; 3 in the RFCs. */
  readonly downTimerAdverts: number;
}

/**
 * Skew_Time: the higher the priority, the sooner a backup moves. Version 2 counts it in parts of one
 * second whatever the interval is (RFC 3768 §6.1), version 3 in parts of the interval (RFC 9568 §6.1).
 */
export function skewMs(
  inputs: Pick<TimerInputs, "version" | "priority" | "masterIntervalMs">,
): Millis {
  const wholeMs = inputs.version === 2 ? 1_000 : inputs.masterIntervalMs;
  return ((256 - inputs.priority) * wholeMs) / 256;
}

/** Master_Down_Interval: the silence after which a backup takes over (RFC 3768 §6.1, RFC 9568 §6.1). */
export function masterDownMs(inputs: TimerInputs): Millis {
  return inputs.downTimerAdverts * inputs.masterIntervalMs + skewMs(inputs);
}
