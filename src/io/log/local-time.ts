/** Minutes east of UTC in this machine's time zone at an instant (ms since the epoch). */
export function localUtcOffset(epochMs: number): number {
  return -new Date(epochMs).getTimezoneOffset();
}
