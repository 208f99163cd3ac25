// What one tracked object adds to the standing of one instance: a fault, or a part of its priority.

/** How a tracked script, interface or process is; `unknown` before its first result. */
export type Verdict = "up" | "down" | "unknown";

/** A fault, or a change of the priority. */
export interface Contribution {
  readonly isFault: boolean;
  /** -253..253. */
  readonly delta: number;
}

const NOTHING: Contribution = { isFault: false, delta: 0 };
const FAULT: Contribution = { isFault: true, delta: 0 };

/** A file's product of number and weight from here on down is a fault (keepalived.conf(5), "track_file"). */
const FILE_FAULT = -254;
const FILE_DELTA_MAX = 253;

/**
 * keepalived.conf(5), "track_script": weight 0 is a fault while down, a positive weight is added
 * while up, a negative one while down; `reverse` turns the sign, and up into down for weight 0.
 * Weights count nothing before the first result; with weight 0 that result is waited for.
 */
export function contributionOf(
  weight: number,
  isReversed: boolean,
  verdict: Verdict,
): Contribution {
  if (weight === 0) {
    return verdict === "unknown" || (verdict === "up") === isReversed ? FAULT : NOTHING;
  }
  const counts = verdict === (weight > 0 ? "up" : "down");
  return counts ? { isFault: false, delta: isReversed ? -weight : weight } : NOTHING;
}

/**
 * keepalived.conf(5), "track_file": with weight 0 any number but 0 is a fault; else the product of
 * number and weight is the change, and a fault from -254 down.
 */
export function fileContribution(weight: number, isReversed: boolean, value: number): Contribution {
  if (weight === 0) return (value === 0) === isReversed ? FAULT : NOTHING;
  const status = value * (isReversed ? -weight : weight);
  if (status <= FILE_FAULT) return FAULT;
  return { isFault: false, delta: Math.min(status, FILE_DELTA_MAX) };
}
