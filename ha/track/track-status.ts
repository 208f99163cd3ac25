// What dumps and status pages show of tracking.
import type { ScriptOutcome } from "./track-events.ts";

/** All that is tracked, and what it leads to. */
export interface TrackStatus {
  readonly scripts: readonly ScriptStatus[];
  readonly interfaces: readonly { readonly name: string; readonly isUp: boolean }[];
  readonly processes: readonly ProcessStatus[];
  readonly files: readonly { readonly name: string; readonly value: number }[];
  readonly instances: readonly InstanceTrackStatus[];
}

/** One vrrp_script. */
export interface ScriptStatus {
  readonly name: string;
  readonly isUp: boolean;
  /** Whether there was a result. */
  readonly isKnown: boolean;
  readonly isRunning: boolean;
  /** The counter, 0..rise+fall-1. */
  readonly value: number;
  readonly lastOutcome: ScriptOutcome | undefined;
  /** Whether the balancer's watch answers for it. */
  readonly isBalancerWatch: boolean;
}

/** One vrrp_track_process. */
export interface ProcessStatus {
  readonly name: string;
  readonly isUp: boolean;
  /** `undefined` before the first count. */
  readonly count: number | undefined;
}

/** What tracking says of one instance. */
export interface InstanceTrackStatus {
  readonly name: string;
  readonly priority: number;
  readonly faults: readonly string[];
}
