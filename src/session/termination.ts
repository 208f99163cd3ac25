// The two letters at the end of a log line: who ended the session, and in which phase (haproxy
// configuration §8.5).
import type { KillCause } from "./events.ts";
import type { CloseManner, RelayEnd } from "./mover.ts";
import type { SessionState } from "./session-state.ts";

/** The first letter when somebody else ended it. */
const KILL_LETTERS: Readonly<Record<KillCause, string>> = {
  "server-down": "D",
  "backup-yields": "U",
  administrator: "K",
  shutdown: "K",
  drain: "K",
  rebalance: "K",
  switchover: "K",
  // What would be logged in the end, once `timeout client` had run out.
  "address-gone": "c",
};

/** Both letters of a relay that ended by itself. */
const RELAY_TERMINATIONS: Readonly<Record<RelayEnd, string>> = {
  "client-closed": "--",
  "server-closed": "--",
  "client-error": "CD",
  "server-error": "SD",
  "client-timeout": "cD",
  "server-timeout": "sD",
  closed: "--",
};

/** Both letters of a relay: of its own end, or of the `kill` that closed it. */
export function relayTermination(end: RelayEnd, kill: KillCause | undefined): string {
  return end === "closed" && kill !== undefined
    ? killTermination(kill, "relaying")
    : RELAY_TERMINATIONS[end];
}

/** Both letters of a session that somebody else ended; as HAProxy's, without a phase once connected. */
export function killTermination(cause: KillCause, state: SessionState["name"]): string {
  return `${KILL_LETTERS[cause]}${killPhase(cause, state)}`;
}

/** How the client is closed: one that cannot be reached is not waited for. */
export function killManner(cause: KillCause): CloseManner {
  return cause === "address-gone" ? "reset" : "finish";
}

function killPhase(cause: KillCause, state: SessionState["name"]): string {
  switch (state) {
    case "opening":
    case "inspecting":
      return "R";
    case "queued":
      return "Q";
    case "pausing":
    case "connecting":
      return "C";
    default:
      return cause === "address-gone" ? "D" : "-";
  }
}
