// The only place where the balancer reads the time.

/** Monotonic time in fractional ms; its origin means nothing. */
export function monotonicMs(): number {
  return performance.now();
}

/** Wall clock, ms since 1970. */
export function wallClockMs(): number {
  return Date.now();
}
