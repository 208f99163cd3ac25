// The texts of /proc that tell how a process does (proc(5); Linux Documentation/scheduler/sched-stats).
import type { Millis } from "../../src/base/units.ts";

/** What the main thread of a process had of the CPUs since it began. */
export interface CpuTimes {
  readonly ranMs: Millis;
  /** Ready to run, waits that have ended. */
  readonly waitedMs: Millis;
}

/** The times in the text of /proc/PID/schedstat; `undefined` when there are none. */
export function readSchedstat(text: string): CpuTimes | undefined {
  const match = /^(\d+) (\d+) \d+/.exec(text);
  if (match === null) return undefined;
  return { ranMs: Number(match[1]) / 1e6, waitedMs: Number(match[2]) / 1e6 };
}

/** The letter of the state in the text of /proc/PID/stat: R, S, D, T, t, Z, … */
export function readState(text: string): string | undefined {
  // The name in parentheses may hold anything, parentheses and spaces included.
  const end = text.lastIndexOf(")");
  return end < 0 ? undefined : /^ ([A-Za-z]) /.exec(text.slice(end + 1))?.[1];
}
