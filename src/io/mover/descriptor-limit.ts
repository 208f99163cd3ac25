import fs from "node:fs";
import { DESCRIPTORS_RESERVED, SOCKETS_DEFAULT_MAX } from "../../limits.ts";

/** How many sockets this process may have open, by its own limit of descriptors less a reserve. */
export function socketsMaxOfProcess(): number {
  let limits: string;
  try {
    limits = fs.readFileSync("/proc/self/limits", "utf8");
  } catch {
    return SOCKETS_DEFAULT_MAX;
  }
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined || soft === "unlimited") return SOCKETS_DEFAULT_MAX;
  // A tiny limit still leaves half of it to clients.
  const limit = Number(soft);
  return Math.max(Math.floor(limit / 2), limit - DESCRIPTORS_RESERVED);
}
