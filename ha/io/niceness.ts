// Work that may wait: a process that gives way to all others (setpriority(2)), and is set back when it
// is needed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";

/** The least claim to a CPU that an ordinary process can have. */
const NICE_MAX = 19;

/**
 * Makes a process just started give way: its nice value grows by `step`, at most to 19. Gives a function
 * that sets it back, which says whether that was possible; `undefined` when nothing was changed, because
 * this process may not set it back.
 */
export function giveWay(pid: number, step: number): (() => boolean) | undefined {
  if (!mayTakeBack()) return undefined;
  try {
    const former = os.getPriority(pid);
    os.setPriority(pid, Math.min(NICE_MAX, former + step));
    setSession(pid, step);
    return () => takeBack(pid, former);
  } catch {
    // It has ended.
    return undefined;
  }
}

/** The main thread comes first: threads that it starts are like itself. */
function takeBack(pid: number, nice: number): boolean {
  try {
    setSession(pid, 0);
    os.setPriority(pid, nice);
  } catch {
    return false;
  }
  for (const thread of threadsOf(pid)) {
    try {
      os.setPriority(thread, nice);
    } catch {
      // It has ended.
    }
  }
  return true;
}

/** The most certain way to know is to try: capabilities may be those of a user namespace only. */
function mayTakeBack(): boolean {
  try {
    const own = os.getPriority();
    os.setPriority(0, own - 1);
    os.setPriority(0, own);
    return true;
  } catch {
    return false;
  }
}

/** Where sessions share the CPUs (sched(7), autogroup), niceness counts only within a session. */
function setSession(pid: number, nice: number): void {
  try {
    const path = `/proc/${pid}/autogroup`;
    if (readFileSync(path, "latin1") !== "") writeFileSync(path, String(nice));
  } catch {
    // There is no such grouping.
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
