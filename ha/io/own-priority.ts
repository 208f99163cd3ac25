// How urgent this process is: what it starts for itself must not be less so.
import { readFileSync } from "node:fs";

/** SCHED_RR of sched(7). */
const ROUND_ROBIN = 2;

/**
 * What to put before a command, so that it has this process's real-time priority; empty when this
 * process has none. Its children are ordinary otherwise (SCHED_RESET_ON_FORK).
 */
export function ownPriorityPrefix(): readonly string[] {
  const { policy, priority } = readScheduling();
  return policy === ROUND_ROBIN ? ["chrt", "--rr", String(priority)] : [];
}

/** proc_pid_stat(5), fields 40 and 41; the name in field 2 may hold anything. */
function readScheduling(): { readonly policy: number; readonly priority: number } {
  const text = readFileSync("/proc/self/stat", "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { priority: Number(fields[40 - 3]), policy: Number(fields[41 - 3]) & 0xff };
}
