// What an election hears and asks for. One election holds all virtual routers and sync groups of a node.
import type { EventMark } from "../../src/base/event.ts";
import type { IpBytes } from "../../src/base/ip.ts";
import type { Millis } from "../../src/base/units.ts";
import type { Advert } from "./advert.ts";

/** A virtual router's state; FAULT is Keepalived's. */
export type VrrpState = "INIT" | "BACKUP" | "MASTER" | "FAULT";

/** What an election hears. `instance` names a vrrp_instance; events for unknown ones are ignored. */
export type ElectionEvent =
  /** Leaves INIT. Faults and addresses that are known were fed before. */
  | { readonly kind: "start" }
  /** The earliest timer is due. */
  | { readonly kind: "timeout" }
  /** An advert that passed every check of the receiver, by either path. */
  | {
      readonly kind: "advert";
      readonly instance: string;
      readonly advert: Advert;
      readonly source: IpBytes;
      readonly path: AdvertPath;
    }
  /** The sum of tracking weights, already in base + sum form: 1..254, or 255 for the owner. */
  | { readonly kind: "priority"; readonly instance: string; readonly priority: number }
  /**
   * Why the instance must not serve; an empty list ends the fault. `isDeaf`: adverts cannot be
   * heard meanwhile (the interface is down), so silence says nothing about the master.
   */
  | {
      readonly kind: "faults";
      readonly instance: string;
      readonly faults: readonly string[];
      readonly isDeaf?: boolean;
    }
  /** The address our adverts come from; `undefined` while there is none. */
  | { readonly kind: "source"; readonly instance: string; readonly source: IpBytes | undefined }
  /** As master: send priority 0, release, be backup. `holdMs`: do not stand for election until then. */
  | {
      readonly kind: "resign";
      readonly instance: string;
      readonly reason: string;
      readonly holdMs: Millis;
    }
  /** Our process did not run for `sleptMs`. Always comes before anything else of that turn. */
  | { readonly kind: "stalled"; readonly sleptMs: Millis }
  /** Resign everywhere and end in INIT. */
  | { readonly kind: "stop" };

/** Which way an advert came. */
export type AdvertPath = "vrrp" | "heartbeat";

/** What an election asks for, in this order. */
export type ElectionEffect =
  /** Send an advert with this priority on every path, now. */
  | { readonly kind: "send"; readonly instance: string; readonly priority: number }
  /** Add the VIPs and announce them: the first set at once. */
  | { readonly kind: "claim"; readonly instance: string }
  /** Remove the VIPs, and end their announcements. */
  | { readonly kind: "release"; readonly instance: string }
  /** A rival was heard or may have been: announce the VIPs again, at once. */
  | { readonly kind: "reannounce"; readonly instance: string; readonly reason: string }
  /** A state was entered. Sync groups have a change of their own with `scope` "GROUP". */
  | {
      readonly kind: "state";
      readonly scope: "INSTANCE" | "GROUP";
      readonly name: string;
      readonly from: VrrpState;
      readonly to: VrrpState;
      /** Effective priority; 0 for groups. */
      readonly priority: number;
      readonly reason: string;
    }
  /** As master, a lower advert was heard (`notify_master_rx_lower_pri`). */
  | { readonly kind: "lower-priority-advert"; readonly instance: string; readonly priority: number }
  /** A line for the log. */
  | {
      readonly kind: "log";
      readonly level: "info" | "warning" | "error";
      readonly instance: string;
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    };

/** A virtual router as status pages and dumps show it. */
export interface InstanceStatus {
  readonly name: string;
  readonly state: VrrpState;
  readonly effectivePriority: number;
  /** Of the last master heard, or our own as master; 0 before the first. */
  readonly masterPriority: number;
  readonly masterAddress: IpBytes | undefined;
  /** Master_Adver_Interval. */
  readonly masterIntervalMs: Millis;
  readonly faults: readonly string[];
  /** When the present state was entered. */
  readonly sinceMs: Millis;
  readonly reason: string;
  readonly transitionCount: number;
  /** How long no master was heard before it last took over from one. */
  readonly lastOutageMs: Millis | undefined;
  readonly becameMasterCount: number;
  readonly releasedMasterCount: number;
  readonly priorityZeroReceivedCount: number;
  readonly priorityZeroSentCount: number;
}
