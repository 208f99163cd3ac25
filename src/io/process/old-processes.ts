// Taking over from the processes that `-sf` and `-st` name (haproxy management §4).
import { setTimeout as delay } from "node:timers/promises";

/** How often and how long to wait for ports that old processes still hold, as HAProxy does. */
const ATTEMPTS_MAX = 20;
const PAUSE_MS = 50;

/**
 * Calls `listen` until it says that all ports are ours. After a failure the old processes are asked to
 * stop listening (SIGTTOU); if the ports do not come free they are asked to go on (SIGTTIN).
 */
export async function takePortsFrom(
  pids: readonly number[],
  listen: () => Promise<boolean>,
): Promise<boolean> {
  if (await listen()) return true;
  if (pids.length === 0) return false;
  signalAll(pids, "SIGTTOU");
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await delay(PAUSE_MS);
    if (await listen()) return true;
  }
  signalAll(pids, "SIGTTIN");
  return false;
}

/** Sends a signal to each process; one that is gone already is no error. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended or belongs to somebody else; HAProxy goes on as well.
    }
  }
}
