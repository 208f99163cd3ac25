// From drafts to instances: family, version, defaults of global_defs, contradictions.
import { parseIp, type IpBytes } from "../../../src/base/ip.ts";
import { ADVERT_ADDRESSES_MAX, ANNOUNCEMENT_REFRESH_MS } from "../../limits.ts";
import type { Context } from "../context.ts";
import type { AnnouncementDraft, GlobalDraft, InstanceDraft, NotifyDraft } from "../draft.ts";
import type {
  AnnouncementSettings,
  Authentication,
  InstanceConfiguration,
  NotifySettings,
  UnicastSettings,
  VipConfiguration,
  VmacSettings,
} from "../model/instance.ts";
import { advertInterval, applyStrict } from "./strict.ts";

const GROUP_4 = parseIp("224.0.0.18")!;
const GROUP_6 = parseIp("ff02::12")!;
const PRIORITY_OWNER = 255;
const PRIORITY_DEFAULT = 100;
/** `vrrp_min_garp`. */
const MINIMAL: AnnouncementDraft = { secondSetAfterMs: 0, repeat: 1, refreshMs: 0 };

/** One instance, or `undefined` when it cannot be one; the reason was reported. */
export function resolveInstance(
  draft: InstanceDraft,
  context: Context,
): InstanceConfiguration | undefined {
  const { position } = draft;
  const of = `(${draft.name})`;
  const { global } = context.draft;
  if (draft.vrid === undefined) {
    context.report.add("refused", `${of} the virtual router id must be set`, position);
    return undefined;
  }
  if (draft.interface === undefined) {
    const hint = "Add `interface NAME` to the block.";
    context.report.add("refused", `${of} Unknown interface!`, position, hint);
    return undefined;
  }
  const family = familyOf(draft);
  const version = versionOf(draft, family, context);
  const isStrict = draft.isStrict ?? global.isStrict ?? false;
  // Keepalived makes an instance with state MASTER and without a priority the address owner.
  const priority = draft.priority ?? (draft.state === "MASTER" ? PRIORITY_OWNER : PRIORITY_DEFAULT);
  const isOwner = priority === PRIORITY_OWNER;
  applyStrict(draft, { isStrict, priority, version, isOwner }, context);
  settlePreemption(draft, isOwner, context);
  const vips = settleAddresses(draft, family, context);
  const unicast = settleUnicast(draft, family, context);
  return {
    name: draft.name,
    position,
    interface: draft.interface,
    vrid: draft.vrid,
    version,
    family,
    initialState: draft.state ?? "BACKUP",
    priority,
    advertIntervalMs: advertInterval(draft, version, context),
    authentication: settleAuthentication(draft, version, context),
    unicast,
    sourceIp: settleSource(draft, family, context),
    multicastGroup: settleGroup(draft, family, unicast !== undefined, context),
    vips,
    excludedVips: draft.excludedVips,
    virtualRoutes: draft.virtualRoutes,
    virtualRules: draft.virtualRules,
    isNopreempt: draft.isNopreempt,
    preemptDelayMs: draft.preemptDelayMs ?? 0,
    announcements: settleAnnouncements(draft.announcements, global),
    isLowerPriorityUnanswered:
      draft.isLowerPriorityUnanswered ?? global.isLowerPriorityUnanswered ?? false,
    isHigherPriorityAnswered:
      draft.isHigherPriorityAnswered ?? global.isHigherPriorityAnswered ?? true,
    downTimerAdverts: draft.downTimerAdverts ?? global.downTimerAdverts ?? 3,
    isAccepting: draft.accept ?? true,
    isStrict,
    skipsAddressCheck: draft.skipsAddressCheck ?? global.skipsAddressCheck ?? false,
    checksumForm:
      (draft.isChecksumRfc9568 ?? global.isChecksumRfc9568 ?? false) ? "rfc9568" : "pseudo-header",
    vmac: settleVmac(draft, draft.vrid, family, context),
    trackedInterfaces: draft.trackedInterfaces,
    trackedScripts: draft.trackedScripts,
    trackedProcesses: draft.trackedProcesses,
    trackedFiles: draft.trackedFiles,
    ignoresInterfaceState: draft.ignoresInterfaceState,
    notify: settleNotify(draft.notify),
    notifiesPriorityChanges:
      draft.notifiesPriorityChanges ?? global.notifiesPriorityChanges ?? false,
    promotesSecondaries: draft.promotesSecondaries,
  };
}

function familyOf(draft: InstanceDraft): 4 | 6 {
  const first = draft.vips[0]?.address ?? draft.peers[0]?.address ?? draft.sourceIp;
  return first?.length === 16 ? 6 : 4;
}

function versionOf(draft: InstanceDraft, family: 4 | 6, context: Context): 2 | 3 {
  if (family === 4) return draft.version ?? context.draft.global.version ?? 2;
  if (draft.version === 2) {
    const found = `(${draft.name}) cannot use IPv6 with VRRP version 2; setting version 3`;
    context.note(found, draft.position);
  }
  return 3;
}

function settlePreemption(draft: InstanceDraft, isOwner: boolean, context: Context): void {
  const of = `(${draft.name})`;
  const drop = (text: string): void => context.error(`${of} ${text}`, draft.position);
  if (draft.isNopreempt && isOwner) {
    drop("nopreempt is incompatible with priority 255. resetting nopreempt");
    draft.isNopreempt = false;
  } else if (draft.isNopreempt && draft.state === "MASTER") {
    drop("Warning - nopreempt will not work with initial state MASTER - clearing");
    draft.isNopreempt = false;
  }
  if ((draft.preemptDelayMs ?? 0) === 0) return;
  if (draft.state === "MASTER") {
    drop("Warning - preempt delay will not work with initial state MASTER - clearing");
    delete draft.preemptDelayMs;
  } else if (draft.isNopreempt) {
    drop("preempt_delay is incompatible with nopreempt mode - resetting");
    delete draft.preemptDelayMs;
  }
}

function settleAddresses(
  draft: InstanceDraft,
  family: 4 | 6,
  context: Context,
): readonly VipConfiguration[] {
  const bytes = family === 4 ? 4 : 16;
  const own = draft.vips.filter((vip) => vip.address.length === bytes);
  if (own.length < draft.vips.length) {
    const found = `(${draft.name}): address family must match VRRP instance - ignoring`;
    const hint = "Put addresses of the other family into virtual_ipaddress_excluded.";
    context.error(found, draft.position, hint);
  }
  if (own.length === 0) {
    const found = `(${draft.name}) No VIP specified; at least one is sensible`;
    context.error(found, draft.position);
  }
  if (own.length <= ADVERT_ADDRESSES_MAX) return own;
  const found = `(${draft.name}) Number of VIPs (${own.length}) exceeds maximum/space available in packet (max ${ADVERT_ADDRESSES_MAX} addresses) - excess moved to eVIPs`;
  context.error(found, draft.position);
  draft.excludedVips.push(...own.slice(ADVERT_ADDRESSES_MAX));
  return own.slice(0, ADVERT_ADDRESSES_MAX);
}

function settleUnicast(
  draft: InstanceDraft,
  family: 4 | 6,
  context: Context,
): UnicastSettings | undefined {
  const of = `(${draft.name})`;
  const bytes = family === 4 ? 4 : 16;
  const peers = draft.peers.filter((peer) => peer.address.length === bytes);
  if (peers.length < draft.peers.length) {
    const found = `Configuration error: VRRP instance[${draft.name}] and unicast peer address MUST be of the same family !!! Skipping...`;
    context.error(found, draft.position);
  }
  if (peers.length > 0) {
    if (draft.vmac !== undefined && !draft.sendsOnParent) {
      context.error(
        `${of} unicast with use_vmac requires vmac_xmit_base - setting`,
        draft.position,
      );
      draft.sendsOnParent = true;
    }
    const hasLimits = peers.some((peer) => peer.minTtl !== undefined || peer.maxTtl !== undefined);
    const checks = draft.checksUnicastSource ?? context.draft.global.checksUnicastSource ?? false;
    return { peers, ttl: draft.unicastTtl ?? 255, checksSource: checks || hasLimits };
  }
  if (draft.hasUnicastWord) {
    const found = `${of} A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.`;
    context.error(found, draft.position);
  } else if (draft.unicastTtl !== undefined) {
    const found = `${of.slice(0, -1)}): Cannot use unicast_ttl without unicast peers - resetting`;
    context.error(found, draft.unicastTtlPosition ?? draft.position);
  }
  return undefined;
}

function settleSource(draft: InstanceDraft, family: 4 | 6, context: Context): IpBytes | undefined {
  if (draft.sourceIp === undefined) return undefined;
  if (draft.sourceIp.length === (family === 4 ? 4 : 16)) return draft.sourceIp;
  const found = `Configuration error: VRRP instance[${draft.name}] and src address MUST be of the same family !!! Skipping...`;
  context.error(found, draft.position);
  return undefined;
}

function settleGroup(
  draft: InstanceDraft,
  family: 4 | 6,
  isUnicast: boolean,
  context: Context,
): IpBytes {
  const { global } = context.draft;
  const fallback =
    family === 4 ? (global.multicastGroup4 ?? GROUP_4) : (global.multicastGroup6 ?? GROUP_6);
  if (draft.multicastGroup === undefined) return fallback;
  if (isUnicast) {
    const found = `(${draft.name}) multicast destination specified with unicast - ignoring`;
    context.error(found, draft.position);
  } else if (draft.multicastGroup.length !== fallback.length) {
    const found = `(${draft.name}) mcast dest address MUST match VRRP instance family. Skipping...`;
    context.error(found, draft.position);
  } else return draft.multicastGroup;
  return fallback;
}

function settleAuthentication(
  draft: InstanceDraft,
  version: 2 | 3,
  context: Context,
): Authentication {
  const none: Authentication = { kind: "none" };
  if (draft.authType === undefined) return none;
  if (draft.password === undefined) {
    const found = `(${draft.name}) Authentication specified but no password given. Ignoring`;
    context.error(found, draft.position);
    return none;
  }
  if (version === 3) {
    const found = `(${draft.name}) VRRP version 3 does not support authentication. Ignoring.`;
    context.error(found, draft.position);
    return none;
  }
  return draft.authType === "PASS" ? { kind: "pass", password: draft.password } : none;
}

function settleAnnouncements(own: AnnouncementDraft, global: GlobalDraft): AnnouncementSettings {
  const minimal: AnnouncementDraft = global.isMinimalGarp ? MINIMAL : {};
  const merged: AnnouncementDraft = { ...minimal, ...global.announcements, ...own };
  const secondSetAfterMs = merged.secondSetAfterMs ?? 5_000;
  const repeat = merged.repeat ?? 5;
  return {
    secondSetAfterMs,
    repeat,
    // Keepalived's default is none: a cache that missed the first announcements stays wrong for hours.
    refreshMs: merged.refreshMs ?? ANNOUNCEMENT_REFRESH_MS,
    refreshRepeat: merged.refreshRepeat ?? 1,
    lowerPrioritySecondSetAfterMs: merged.lowerPrioritySecondSetAfterMs ?? secondSetAfterMs,
    lowerPriorityRepeat: merged.lowerPriorityRepeat ?? repeat,
    arpIntervalMs: global.arpIntervalMs,
    naIntervalMs: global.naIntervalMs,
  };
}

function settleVmac(
  draft: InstanceDraft,
  vrid: number,
  family: 4 | 6,
  context: Context,
): VmacSettings | undefined {
  if (draft.vmac === undefined) {
    if (draft.sendsOnParent) {
      context.error(`(${draft.name}) vmac_xmit_base is only valid with a vmac`, draft.position);
    }
    return undefined;
  }
  const given = draft.vmac.address;
  const standard = Uint8Array.of(0, 0, 0x5e, 0, family === 4 ? 1 : 2, vrid);
  const address =
    given === undefined ? standard : given.length === 5 ? Uint8Array.of(...given, vrid) : given;
  const prefix = context.draft.global.vmacPrefix;
  const device = draft.vmac.device ?? `${prefix}${family === 4 ? "" : "6"}.${vrid}`;
  return { device, sendsOnParent: draft.sendsOnParent, address };
}

/** Missing commands as `undefined`. */
export function settleNotify(draft: NotifyDraft): NotifySettings {
  return {
    master: draft.master,
    backup: draft.backup,
    fault: draft.fault,
    stop: draft.stop,
    any: draft.any,
    lowerPriorityAdvert: draft.lowerPriorityAdvert,
  };
}
