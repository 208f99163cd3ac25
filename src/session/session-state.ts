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
  | { readonly name: "relaying" }
  | { readonly name: "failed" }
  | { readonly name: "ended" };
