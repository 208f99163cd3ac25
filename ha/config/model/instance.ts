// What a vrrp_instance and a vrrp_sync_group block say, resolved: global_defs and defaults applied.
import type { Position } from "../../../src/base/diagnostic.ts";
import type { IpBytes } from "../../../src/base/ip.ts";
import type { Millis } from "../../../src/base/units.ts";

/** One `vrrp_instance`: a virtual router as RFC 9568 §1.6 names it. */
export interface InstanceConfiguration {
  readonly name: string;
  readonly position: Position;
  /** `interface`: where adverts are sent and, unless a VIP says otherwise, where VIPs live. */
  readonly interface: string;
  /** `virtual_router_id`, 1..255. */
  readonly vrid: number;
  /** VRRP version; IPv6 is always 3. */
  readonly version: 2 | 3;
  /** Family of the first `virtual_ipaddress`, or of the unicast addresses; it decides the wire format. */
  readonly family: 4 | 6;
  /** `state`: only meaningful together with priority 255; otherwise everybody starts as BACKUP. */
  readonly initialState: "MASTER" | "BACKUP";
  /** 1..255; 255 is the address owner. */
  readonly priority: number;
  /** `advert_int`: v2 whole seconds, v3 multiples of 10 ms. */
  readonly advertIntervalMs: Millis;
  readonly authentication: Authentication;
  /** `undefined`: multicast. */
  readonly unicast: UnicastSettings | undefined;
  /** `mcast_src_ip` or `unicast_src_ip`; `undefined`: the interface's first address. */
  readonly sourceIp: IpBytes | undefined;
  /** `vrrp_mcast_group4/6` or `mcast_dst_ip`: 224.0.0.18 or ff02::12 unless set. */
  readonly multicastGroup: IpBytes;
  /** `virtual_ipaddress`, in file order: these stand in the advert. */
  readonly vips: readonly VipConfiguration[];
  /** `virtual_ipaddress_excluded`: claimed, but not in the advert; either family. */
  readonly excludedVips: readonly VipConfiguration[];
  /** `virtual_routes`: words for `ip route`, without the verb. */
  readonly virtualRoutes: readonly (readonly string[])[];
  /** `virtual_rules`: words for `ip rule`, without the verb. */
  readonly virtualRules: readonly (readonly string[])[];
  readonly isNopreempt: boolean;
  /** `preempt_delay`, 0..1,000,000 ms. */
  readonly preemptDelayMs: Millis;
  readonly announcements: AnnouncementSettings;
  /** `lower_prio_no_advert`: as master, do not answer a lower advert. */
  readonly isLowerPriorityUnanswered: boolean;
  /** `higher_prio_send_advert`: answer a higher advert before stepping down. Tandem's default is true. */
  readonly isHigherPriorityAnswered: boolean;
  /** `down_timer_adverts`, 1..100; 3 as in the RFC. */
  readonly downTimerAdverts: number;
  /** `accept`/`no_accept`. */
  readonly isAccepting: boolean;
  readonly isStrict: boolean;
  /** `skip_check_adv_addr`: compare the VIP list only when the master changes. */
  readonly skipsAddressCheck: boolean;
  /** `v3_checksum_as_v2`: send IPv4 v3 adverts without the pseudo header (RFC 9568 §5.2.8). */
  readonly checksumForm: ChecksumForm;
  /** `use_vmac`. */
  readonly vmac: VmacSettings | undefined;
  readonly trackedInterfaces: readonly TrackReference[];
  readonly trackedScripts: readonly TrackReference[];
  readonly trackedProcesses: readonly TrackReference[];
  readonly trackedFiles: readonly TrackReference[];
  /** `dont_track_primary`: a loss of `interface` is no fault. */
  readonly ignoresInterfaceState: boolean;
  readonly notify: NotifySettings;
  /** `notify_priority_changes`: lines in the FIFO for priority changes, too. */
  readonly notifiesPriorityChanges: boolean;
  /** `promote_secondaries`: set the sysctl of that name on the interface. */
  readonly promotesSecondaries: boolean;
}

/** The checksum of an IPv4 v3 advert: with a pseudo header (Keepalived) or without one (RFC 9568). */
export type ChecksumForm = "pseudo-header" | "rfc9568";

/** RFC 2338 §5.3.6; only version 2 has it. */
export type Authentication =
  | { readonly kind: "none" }
  | { readonly kind: "pass"; /** 8 bytes, zero padded. */ readonly password: Uint8Array };

/** `unicast_peer` and what belongs to it. */
export interface UnicastSettings {
  readonly peers: readonly UnicastPeer[];
  /** `unicast_ttl`, 1..255, default 255. */
  readonly ttl: number;
  /** `check_unicast_src`: adverts from others than the peers are dropped. */
  readonly checksSource: boolean;
}

/** One entry of `unicast_peer`. */
export interface UnicastPeer {
  readonly address: IpBytes;
  /** 0..255; `undefined`: not checked. */
  readonly minTtl: number | undefined;
  readonly maxTtl: number | undefined;
}

/** One entry of `virtual_ipaddress`. */
export interface VipConfiguration {
  readonly address: IpBytes;
  /** 32 or 128 when the file gives none. */
  readonly prefixLength: number;
  /** Whether the file gave a length (lint 11). */
  readonly hasPrefixLength: boolean;
  /** `dev`; else the instance's interface, or its macvlan with `use_vmac`. */
  readonly device: string | undefined;
  /** `label eth1:vip`. */
  readonly label: string | undefined;
  /** `brd`: an address, `+` or `-`. */
  readonly broadcast: string | undefined;
  /** `scope`: a name or number as `ip` takes it. */
  readonly scope: string | undefined;
  /** `peer A[/L]`. */
  readonly peer: string | undefined;
  /** `home`, `nodad`, `mngtmpaddr`, `noprefixroute`, `autojoin`: flags as `ip address` takes them. */
  readonly flags: readonly string[];
  /** `preferred_lft`, seconds or `forever`. */
  readonly preferredLifetime: string | undefined;
  /** `no_track`: its disappearance is left alone. */
  readonly isUntracked: boolean;
}

/** The `garp_*` knobs, one set for ARP and NA. */
export interface AnnouncementSettings {
  /** `garp_master_delay`: from the claim to the second set; 0: no second set. Default 5 s. */
  readonly secondSetAfterMs: Millis;
  /** `garp_master_repeat`: announcements per set, default 5. */
  readonly repeat: number;
  /** `garp_master_refresh`: period of further announcements; 0: none (Keepalived's default). */
  readonly refreshMs: Millis;
  /** `garp_master_refresh_repeat`, default 1. */
  readonly refreshRepeat: number;
  /** `garp_lower_prio_delay`: to the second set after a rival's advert. */
  readonly lowerPrioritySecondSetAfterMs: Millis;
  /** `garp_lower_prio_repeat`. */
  readonly lowerPriorityRepeat: number;
  /** `garp_interval`: least distance of two gratuitous ARPs on an interface. */
  readonly arpIntervalMs: Millis;
  /** `gna_interval`: the same for unsolicited NAs. */
  readonly naIntervalMs: Millis;
}

/** `use_vmac [name]`, `vmac_xmit_base`. */
export interface VmacSettings {
  /** `vrrp.VRID` (`vrrp6.VRID`) unless named. */
  readonly device: string;
  /** `vmac_xmit_base`: adverts leave through the parent interface. */
  readonly sendsOnParent: boolean;
  /** 6 bytes: 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID, or `use_vmac_addr`. */
  readonly address: Uint8Array;
}

/** An entry of a `track_*` block. */
export interface TrackReference {
  readonly name: string;
  /** `undefined`: what the tracked object itself says; 0: FAULT while down. -253..253. */
  readonly weight: number | undefined;
  /** `reverse`: up counts as down. */
  readonly isReversed: boolean | undefined;
  readonly position: Position;
}

/** `notify*`: command lines as words; `undefined` where the file has none. */
export interface NotifySettings {
  readonly master: NotifyCommand | undefined;
  readonly backup: NotifyCommand | undefined;
  readonly fault: NotifyCommand | undefined;
  readonly stop: NotifyCommand | undefined;
  /** `notify`: called at every change with four more arguments. */
  readonly any: NotifyCommand | undefined;
  /** `notify_master_rx_lower_pri`; sync groups have none. */
  readonly lowerPriorityAdvert: NotifyCommand | undefined;
}

/** A command line and who runs it. */
export interface NotifyCommand {
  readonly words: readonly string[];
  readonly position: Position;
  /** `undefined`: `script_user`, else `keepalived_script` when it exists, else root. */
  readonly user: string | undefined;
  readonly group: string | undefined;
}

/** One `vrrp_sync_group`. */
export interface SyncGroupConfiguration {
  readonly name: string;
  readonly position: Position;
  /** Names of instances that exist; unknown ones were reported. */
  readonly members: readonly string[];
  readonly trackedInterfaces: readonly TrackReference[];
  readonly trackedScripts: readonly TrackReference[];
  readonly trackedProcesses: readonly TrackReference[];
  readonly trackedFiles: readonly TrackReference[];
  /** `sync_group_tracking_weight`: members may have different weights. */
  readonly allowsWeights: boolean;
  readonly notify: NotifySettings;
}
