// One run of one check, as a machine.
import type { Endpoint } from "../base/address.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import type { CheckPlan } from "./plan.ts";
import type { CheckReport } from "./result.ts";

/** What happens to a running check. `failed.code` is an errno name or a TLS error's text. */
export type ScriptEvent =
  | { readonly kind: "start" }
  | { readonly kind: "tcp-connected" }
  | { readonly kind: "connected" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "timeout" };

/** What a running check wants done. After `done` it wants nothing more. */
export type ScriptEffect =
  | {
      readonly kind: "connect";
      readonly endpoint: Endpoint;
      readonly tls: boolean;
      readonly sni?: string;
      readonly alpn?: readonly string[];
      readonly sendProxy?: 1 | 2;
    }
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly linger: boolean }
  | { readonly kind: "done"; readonly report: CheckReport; readonly reply?: string };

/** Runs one check from `start` to `done`. */
export declare class CheckScript implements Machine<ScriptEvent, ScriptEffect> {
  constructor(plan: CheckPlan);
  handle(event: ScriptEvent, nowMs: Millis): void;
  poll(): ScriptEffect | undefined;
  nextTimeout(): Millis | undefined;
}
