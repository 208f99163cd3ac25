// The folder of control sockets, for a balancer that gives up root: agent and guard stay root's, and
// their sockets that only tell must be reachable for its new group.
import { chmodSync, chownSync, lstatSync } from "node:fs";
import { dirname, join } from "node:path";

/** The sockets of agent and guard that only tell. */
export const TELLING_SOCKETS = { agent: "agent-read.sock", guard: "guard-read.sock" } as const;

const OWN_MODE = 0o700;
/** The group may go through, not list; what is made later has its group. */
const SHARED_MODE = 0o2710;

/**
 * Lets a group reach the sockets that only tell and stand beside the balancer's own, those to come
 * included. To be called by root. Does nothing with a folder that Tandem has not made for itself: of
 * another owner, or open to others.
 */
export function openControlFolder(controlPath: string | undefined, gid: number): void {
  if (controlPath === undefined) return;
  const folder = dirname(controlPath);
  try {
    const found = lstatSync(folder);
    const mode = found.mode & 0o7777;
    const isOurs = found.isDirectory() && found.uid === 0;
    if (!isOurs || (mode !== OWN_MODE && mode !== SHARED_MODE)) return;
    chownSync(folder, 0, gid);
    chmodSync(folder, SHARED_MODE);
  } catch {
    return; // Nobody has made it: there is nobody to ask.
  }
  for (const name of Object.values(TELLING_SOCKETS)) {
    try {
      chownSync(join(folder, name), 0, gid);
    } catch {
      // It is made with the folder's group when its process starts.
    }
  }
}
