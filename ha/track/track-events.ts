// What the tracker hears and asks for. It turns scripts, interfaces, processes, files and the
// balancer's standing into faults and effective priorities.
import type { EventMark } from "../../src/base/event.ts";
import type { Millis } from "../../src/base/units.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import type { BalancerReport } from "../supervise/messages.ts";

/** How a run of a script ended. */
export type ScriptOutcome =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "timed-out" }
  /** It could not be started at all. */
  | { readonly kind: "failed-to-start"; readonly message: string };

/** What a tracker hears. */
export type TrackEvent =
  | { readonly kind: "start" }
  | { readonly kind: "timeout" }
  | { readonly kind: "script-ended"; readonly script: string; readonly outcome: ScriptOutcome }
  /** `isRunning`: administratively up and with carrier. A missing interface is not running. */
  | { readonly kind: "interface"; readonly name: string; readonly isRunning: boolean }
  /** Ids of the processes that match; `name` is that of the vrrp_track_process. */
  | { readonly kind: "processes"; readonly name: string; readonly count: number }
  /** The number in a tracked file; `undefined`: missing or no number, counts as 0. */
  | { readonly kind: "file"; readonly name: string; readonly value: number | undefined }
  | { readonly kind: "balancer"; readonly report: BalancerReport };

/** What a tracker asks for. */
export type TrackEffect =
  /** Run it now; after `timeoutMs` end its process group by TERM, 2 s later by KILL. */
  | {
      readonly kind: "run-script";
      readonly script: string;
      readonly command: NotifyCommand;
      readonly timeoutMs: Millis;
    }
  /** Effective priority, 1..254, or 255 for an address owner. Sent at every change and at the start. */
  | { readonly kind: "priority"; readonly instance: string; readonly priority: number }
  /** All faults of the instance as texts; empty: none. Sent at every change and at the start. */
  | {
      readonly kind: "faults";
      readonly instance: string;
      readonly faults: readonly string[];
      /** The only faults are first results that are still awaited: nothing is known to be wrong. */
      readonly isAwaiting?: boolean;
    }
  /** The balancer can no longer serve as well as a peer might: hand over, if master. */
  | { readonly kind: "hand-over"; readonly instance: string; readonly reason: string }
  | {
      readonly kind: "log";
      readonly level: "info" | "warning" | "error";
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    };
