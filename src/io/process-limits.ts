// What the system allows this process.
import { readFileSync } from "node:fs";
import type { Diagnostic } from "../base/diagnostic.ts";
import type { Configuration } from "../config/model/configuration.ts";
import { DESCRIPTORS_RESERVED, SOCKETS_DEFAULT_MAX } from "../limits.ts";

/** Descriptors of one session: its client and its server. */
const DESCRIPTORS_PER_SESSION = 2;

/** Connections when the limit cannot be read. */
const MAXCONN_FALLBACK = 2_000;

/** `maxconn` when the configuration has none: as many sessions as descriptors allow. */
export function processMaxconn(): number {
  const limit = descriptorLimit();
  if (limit === undefined) return MAXCONN_FALLBACK;
  return Math.max(1, Math.floor((limit - DESCRIPTORS_RESERVED) / DESCRIPTORS_PER_SESSION));
}

/** A warning when `maxconn` promises more than descriptors allow. */
export function checkMaxconn(configuration: Configuration): readonly Diagnostic[] {
  const { maxconn } = configuration.global;
  const possible = processMaxconn();
  if (maxconn === undefined || maxconn <= possible) return [];
  const needed = maxconn * DESCRIPTORS_PER_SESSION + DESCRIPTORS_RESERVED;
  return [
    {
      severity: "warning",
      message: `'maxconn ${maxconn}' needs ${needed} descriptors and ${descriptorLimit() ?? 0} are allowed: at most ${possible} connections are taken`,
      hint: `raise the limit ('ulimit -Hn ${needed}', or LimitNOFILE=${needed} in the systemd unit), or lower maxconn`,
    },
  ];
}

/** How many sockets this process may have open, by its own limit of descriptors less a reserve. */
export function socketsMaxOfProcess(): number {
  const limit = descriptorLimit();
  if (limit === undefined) return SOCKETS_DEFAULT_MAX;
  // A tiny limit still leaves half of it to clients.
  return Math.max(Math.floor(limit / 2), limit - DESCRIPTORS_RESERVED);
}

/** The most descriptors that this process may open, `undefined` for any number; Node raises the soft limit at start. */
export function descriptorLimit(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined;
  }
}
