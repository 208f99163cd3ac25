// The two letters at the end of a log line: who ended the session, and in which phase (haproxy
// configuration §8.5).
import type { KillCause } from "./events.ts";
import type { RelayEnd } from "./mover.ts";

/** The first letter when somebody else ended it. */
export const KILL_LETTERS: Readonly<Record<KillCause, string>> = {
  "server-down": "D",
  "backup-yields": "U",
  administrator: "K",
  shutdown: "K",
};

/** Both letters of a relay that ended by itself. */
export const RELAY_TERMINATIONS: Readonly<Record<RelayEnd, string>> = {
  "client-closed": "--",
  "server-closed": "--",
  "client-error": "CD",
  "server-error": "SD",
  "client-timeout": "cD",
  "server-timeout": "sD",
  closed: "--",
};
