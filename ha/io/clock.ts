// The only place where guard and agent read the time.

/** Monotonic time in fractional ms; its origin means nothing, and it may stand still while the machine sleeps. */
export function monotonicMs(): number {
  return performance.now();
}

/** What to add to a monotonic time to get ms since 1970, at this moment. */
export function wallOffsetMs(): number {
  return Date.now() - performance.now();
}
