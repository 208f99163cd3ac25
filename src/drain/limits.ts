// Bounds of moving sessions away.

/** The highest `drain-rate` and `rebalance-rate`, sessions per second. */
export const DRAIN_RATE_MAX = 100_000;

/** How much lateness of a pace is made up for, ms: a tenth more than the rate in no second. */
export const PACE_SLACK_MS = 50;

/** How long a session that was moved counts for its new server before it is there, ms. */
export const REBALANCE_ARRIVAL_MS = 3_000;
