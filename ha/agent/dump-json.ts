// The JSON dump, with Keepalived's names (reference: `keepalived --signum=JSON`), read by its exporters.
import type { Millis } from "../../src/base/units.ts";
import type { NotifyCommand, NotifySettings } from "../config/model/instance.ts";
import { commandText, STATE_NUMBERS, vipText } from "./dump-text.ts";
import { type AgentStatus, type InstanceReport, wallSeconds } from "./status.ts";

/** The text of the dump, version 1 (an array) or 2 (an object) as `json_version` says. */
export function dumpJson(status: AgentStatus, wallOffsetMs: Millis): string {
  const vrrp = status.instances.map((report) => ({
    data: dataOf(status, report, wallOffsetMs),
    stats: statsOf(report),
  }));
  const dump = status.configuration.global.jsonVersion === 2 ? { vrrp } : vrrp;
  return `${JSON.stringify(dump)}\n`;
}

function dataOf(status: AgentStatus, report: InstanceReport, wallOffsetMs: Millis): object {
  const { configuration: instance, election } = report;
  const announcements = instance.announcements;
  const scripts = status.configuration.scripts.filter((script) =>
    instance.trackedScripts.some((reference) => reference.name === script.name),
  );
  return {
    iname: instance.name,
    dont_track_primary: Number(instance.ignoresInterfaceState),
    skip_check_adv_addr: Number(instance.skipsAddressCheck),
    strict_mode: Number(instance.isStrict),
    vmac_ifname: instance.vmac?.device ?? "",
    ifp_ifname: instance.interface,
    master_priority: election.masterPriority,
    last_transition: wallSeconds(election.sinceMs, wallOffsetMs),
    garp_delay: announcements.secondSetAfterMs / 1000,
    garp_refresh: announcements.refreshMs / 1000,
    garp_rep: announcements.repeat,
    garp_refresh_rep: announcements.refreshRepeat,
    garp_lower_prio_delay: announcements.lowerPrioritySecondSetAfterMs / 1000,
    garp_lower_prio_rep: announcements.lowerPriorityRepeat,
    lower_prio_no_advert: Number(instance.isLowerPriorityUnanswered),
    higher_prio_send_advert: Number(instance.isHigherPriorityAnswered),
    vrid: instance.vrid,
    base_priority: instance.priority,
    effective_priority: election.effectivePriority,
    vipset: report.isHeld,
    promote_secondaries: instance.promotesSecondaries,
    adver_int: instance.advertIntervalMs / 1000,
    master_adver_int: election.masterIntervalMs / 1000,
    accept: Number(instance.isAccepting),
    nopreempt: instance.isNopreempt,
    preempt_delay: instance.preemptDelayMs / 1000,
    state: STATE_NUMBERS[election.state],
    wantstate: STATE_NUMBERS[election.state],
    version: instance.version,
    smtp_alert: false,
    notify_deleted: false,
    ...scriptsOf(instance.notify),
    ...list("vips", instance.vips, (vip) => vipText(instance, vip, report.isHeld)),
    ...list("evips", instance.excludedVips, (vip) => vipText(instance, vip, report.isHeld)),
    ...list("vroutes", instance.virtualRoutes, (words) => words.join(" ")),
    ...list("track_ifp", instance.trackedInterfaces, ({ name }) => name),
    ...list("track_script", scripts, (script) => commandText(script.command)),
    // The password itself is nobody's business: the key stays for readers that expect it.
    ...(instance.authentication.kind === "pass"
      ? { auth_type: 1, auth_data: "" }
      : { auth_type: 0 }),
  };
}

function scriptsOf(notify: NotifySettings): object {
  const named: readonly (readonly [string, NotifyCommand | undefined])[] = [
    ["script_backup", notify.backup],
    ["script_master", notify.master],
    ["script_fault", notify.fault],
    ["script_stop", notify.stop],
    ["script_master_rx_low_pri", notify.lowerPriorityAdvert],
    ["script", notify.any],
  ];
  return Object.fromEntries(
    named.flatMap(([key, command]) => (command === undefined ? [] : [[key, commandText(command)]])),
  );
}

function list<T>(key: string, items: readonly T[], text: (item: T) => string): object {
  return items.length === 0 ? {} : { [key]: items.map(text) };
}

function statsOf({ received, election, sentCount }: InstanceReport): object {
  return {
    advert_rcvd: received.received,
    advert_sent: sentCount,
    become_master: election.becameMasterCount,
    release_master: election.releasedMasterCount,
    packet_len_err: received.lengthErrors,
    advert_interval_err: received.intervalErrors,
    ip_ttl_err: received.ttlErrors,
    invalid_type_rcvd: received.typeErrors,
    addr_list_err: received.addressListErrors,
    invalid_authtype: received.invalidAuthTypes,
    authtype_mismatch: received.authTypeMismatches,
    auth_failure: received.authFailures,
    pri_zero_rcvd: election.priorityZeroReceivedCount,
    pri_zero_sent: election.priorityZeroSentCount,
    // Keepalived does not count these.
    checksum_err: received.checksumErrors,
    version_err: received.versionErrors,
    foreign_err: received.foreignErrors,
    own_address_err: received.ownAddressErrors,
    checksum_form: received.checksumFormNotes,
  };
}
