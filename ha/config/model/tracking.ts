// What the objects that instances track say: scripts, processes, files.
import type { Position } from "../../../src/base/diagnostic.ts";
import type { Millis } from "../../../src/base/units.ts";
import type { NotifyCommand } from "./instance.ts";

/** One `vrrp_script`. */
export interface ScriptConfiguration {
  readonly name: string;
  readonly position: Position;
  readonly command: NotifyCommand;
  /** Default 1 s. Fractions are taken, as Keepalived 2.3.2 and newer do. */
  readonly intervalMs: Millis;
  /** Default: the interval. */
  readonly timeoutMs: Millis;
  /** -253..253; 0: FAULT while the script fails. */
  readonly weight: number;
  readonly isReversed: boolean;
  /** Results in a row until down, up; both default 1. */
  readonly fall: number;
  readonly rise: number;
  /** `init_fail`: assumed to fail until it first succeeds. */
  readonly startsFailed: boolean;
  /**
   * Set when the balancer's own watch answers instead of running the command: `#tandem balancer-watch`
   * in the block, or a usual recipe (`killall -0 haproxy`...) with `#tandem map-haproxy-checks`.
   */
  readonly isBalancerWatch: boolean;
}

/** One `vrrp_track_process`. */
export interface ProcessConfiguration {
  readonly name: string;
  readonly position: Position;
  /** The program's name or path, then arguments to compare when `param_match` is given. */
  readonly words: readonly string[];
  readonly paramMatch: "exact" | "partial" | "initial" | undefined;
  readonly isFullCommand: boolean;
  readonly weight: number;
  readonly isReversed: boolean;
  /** `quorum`: at least so many processes; default 1. */
  readonly quorum: number;
  /** `quorum_max`: at most so many; `undefined`: any number. */
  readonly quorumMax: number | undefined;
  /** `fork_delay`: a new process counts only after this. */
  readonly forkDelayMs: Millis;
  /** `terminate_delay`: a lost process counts as lost only after this. */
  readonly terminateDelayMs: Millis;
  /** As with scripts: the supervised balancer stands for a process named haproxy. */
  readonly isBalancerWatch: boolean;
}

/** One `track_file` (`vrrp_track_file`): a file that holds a number, times a weight. */
export interface FileConfiguration {
  readonly name: string;
  readonly position: Position;
  readonly file: string;
  /** -254..254, default 1: multiplied with the number in the file. */
  readonly weight: number;
  readonly isReversed: boolean;
  /** `init_file [VALUE] [overwrite]`: written at the start. */
  readonly initial: { readonly value: number; readonly overwrites: boolean } | undefined;
}
