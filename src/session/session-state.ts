import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";

/** Where a session stands; `deadlineMs` is when it waits no longer. */
export type SessionState =
  | { readonly name: "opening"; readonly deadlineMs: Millis }
  | { readonly name: "inspecting"; readonly deadlineMs: Millis }
  | { readonly name: "queued"; readonly deadlineMs: Millis }
  | { readonly name: "pausing"; readonly deadlineMs: Millis; readonly server: ServerState }
  | { readonly name: "connecting"; readonly deadlineMs: Millis; readonly server: ServerState }
  | { readonly name: "answering"; readonly deadlineMs: Millis; readonly server: ServerState }
  /** Waits for the CONNECT that is to be refused; then it ends by `termination`. */
  | { readonly name: "refusing"; readonly deadlineMs: Millis; readonly termination: string }
  /** Has a deadline once it is to end. */
  | { readonly name: "relaying"; readonly deadlineMs: Millis }
  | { readonly name: "failed" }
  | { readonly name: "ended" };

/** When a session that stands so is to be told of the time; `undefined` for never. */
export function deadlineOf(state: SessionState): Millis | undefined {
  return "deadlineMs" in state && state.deadlineMs !== Infinity ? state.deadlineMs : undefined;
}

/** Of a relay that is not to end. */
export const RELAYING: SessionState = { name: "relaying", deadlineMs: Infinity };
