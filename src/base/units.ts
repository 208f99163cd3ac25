/** A duration or an instant in whole or fractional milliseconds, on the monotonic clock unless said otherwise. */
export type Millis = number;

/** The longest time value a configuration may hold: 2^31-1 ms, about 24.8 days (haproxy configuration §2.5). */
export const MILLIS_MAX: Millis = 2_147_483_647;
