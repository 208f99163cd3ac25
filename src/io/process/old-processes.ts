// Taking over from the processes that `-sf` and `-st` name (haproxy management §4).
//
// HAProxy first asks them only to pause (SIGTTOU), so that they can go on (SIGTTIN) if the new one
// fails. A process that does not know SIGTTOU is frozen by it, with all its connections, so they get
// their final signal at once: by then everything else about the start has succeeded.
import { setTimeout as delay } from "node:timers/promises";

/** How often and how long to wait for ports that old processes still hold: 5 s in all. */
const ATTEMPTS_MAX = 100;
const PAUSE_MS = 50;

/** Which processes to replace, and how they are told. */
export interface OldProcesses {
  readonly pids: readonly number[];
  readonly signal: "SIGUSR1" | "SIGTERM";
}

/**
 * Calls `listen` until it says that all ports are ours. After the first failure the old processes are
 * signalled. `false` when the ports do not come free in time, or there is no old process.
 */
export async function takePortsFrom(
  old: OldProcesses,
  listen: () => Promise<boolean>,
): Promise<boolean> {
  if (await listen()) return true;
  if (old.pids.length === 0) return false;
  signalAll(old);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await delay(PAUSE_MS);
    if (await listen()) return true;
  }
  return false;
}

/** Signals each process; one that is gone already is no error. */
export function signalAll(old: OldProcesses): void {
  for (const pid of old.pids) {
    try {
      process.kill(pid, old.signal);
    } catch {
      // It has ended or belongs to somebody else; HAProxy goes on as well.
    }
  }
}
