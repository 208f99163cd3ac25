// Taking over from the processes that `-sf` and `-st` name (haproxy management §4).
//
// They are first asked to pause (SIGTTOU), so that they can go on (SIGTTIN) if the new one fails, and
// so that they end, and hand their tables over, only when somebody listens in their place. A process
// that does not handle SIGTTOU would be frozen by it, with all its connections: such a one gets its
// final signal at once, since by then everything else about the start has succeeded.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
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
 * asked for them. `false` when the ports do not come free in time, or there is no old process.
 */
export async function takePortsFrom(
  old: OldProcesses,
  listen: () => Promise<boolean>,
): Promise<boolean> {
  if (await listen()) return true;
  if (old.pids.length === 0) return false;
  const pausable = old.pids.filter(handlesPause);
  for (const pid of pausable) signal(pid, "SIGTTOU");
  for (const pid of old.pids) if (!pausable.includes(pid)) signal(pid, old.signal);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await delay(PAUSE_MS);
    if (await listen()) return true;
  }
  for (const pid of pausable) signal(pid, "SIGTTIN");
  return false;
}

/** Signals each process; one that is gone already is no error. */
export function signalAll(old: OldProcesses): void {
  for (const pid of old.pids) signal(pid, old.signal);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended or belongs to somebody else; HAProxy goes on as well.
  }
}

/** Whether a process has a handler for SIGTTOU (proc(5), SigCgt). */
function handlesPause(pid: number): boolean {
  try {
    const [, mask] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
    return ((BigInt(`0x${mask!}`) >> BigInt(constants.signals.SIGTTOU - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
