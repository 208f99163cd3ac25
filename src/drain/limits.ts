// Bounds of moving sessions away.

/** The highest `drain-rate` and `rebalance-rate`, sessions per second. */
export const DRAIN_RATE_MAX = 100_000;

/** How much lateness of a pace is made up for, ms: a tenth more than the rate in no second. */
export const PACE_SLACK_MS = 50;
