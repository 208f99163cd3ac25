// global_defs: defaults of the instances.
import { parseIp, type IpBytes } from "../../../src/base/ip.ts";
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { GlobalDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readInteger, readSeconds, parseBool } from "../values.ts";
import { announcementKeywords } from "./garp.ts";
import { flagKeyword } from "./shared.ts";

/** Whether an address is multicast: 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: IpBytes): boolean {
  return address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff;
}

function interval(
  name: string,
  field: "arpIntervalMs" | "naIntervalMs",
  of: string,
): Keyword<GlobalDraft> {
  return served({
    name,
    form: "SECONDS",
    summary: `Least distance of two ${of} on an interface.`,
    default: "0",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const message = `${name} '${shown(words[1]!)}' is invalid`;
      const value = readSeconds(words[1]!, 0.000001, 4_294, message, position, context);
      if (value !== undefined) draft[field] = value;
    },
  });
}

function multicastGroup(family: 4 | 6): Keyword<GlobalDraft> {
  const name = `vrrp_mcast_group${family}`;
  return served({
    name,
    form: "ADDRESS",
    summary: `Where IPv${family} adverts go.`,
    default: family === 4 ? "224.0.0.18" : "ff02::12",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const address = parseIp(words[1]!);
      const text = shown(words[1]!);
      if (address === undefined) context.error(`Can't parse ${name} [${text}]. Skipping`, position);
      else if (address.length !== (family === 4 ? 4 : 16)) {
        context.error(`${name} [${text}] is not IPv${family}. Skipping`, position);
      } else if (!isMulticast(address)) {
        context.error(`${name} [${text}] is not multicast. Skipping`, position);
      } else draft[`multicastGroup${family}`] = address;
    },
  });
}

function readVersion({ words, position }: Statement, draft: GlobalDraft, context: Context): void {
  const message = "VRRP Error: Version must be either 2 or 3";
  const version = readInteger(words[1]!, 2, 3, message, position, context);
  if (version !== undefined) draft.version = version === 2 ? 2 : 3;
}

function readMinimalGarp(
  { words, position }: Statement,
  draft: GlobalDraft,
  context: Context,
): void {
  const value = words[1] === undefined ? true : parseBool(words[1]);
  if (value === undefined) context.error("Invalid value for vrrp_min_garp specified", position);
  else draft.isMinimalGarp = value;
}

/** The defaults of instances. */
export const GLOBAL_VRRP_KEYWORDS: readonly Keyword<GlobalDraft>[] = [
  served({
    name: "vrrp_version",
    form: "2|3",
    summary: "VRRP version of IPv4 instances.",
    default: "2",
    needs: 1,
    read: readVersion,
  }),
  ...announcementKeywords<GlobalDraft>("vrrp_", () => ""),
  served({
    name: "vrrp_min_garp",
    form: "[BOOL]",
    summary: "One announcement, no second set.",
    default: "off",
    read: readMinimalGarp,
  }),
  interval("vrrp_garp_interval", "arpIntervalMs", "gratuitous ARPs"),
  interval("vrrp_gna_interval", "naIntervalMs", "unsolicited NAs"),
  flagKeyword(
    "vrrp_lower_prio_no_advert",
    "isLowerPriorityUnanswered",
    "A master does not answer adverts of lower priority.",
    "off",
    () => "Invalid value for vrrp_lower_prio_no_advert specified",
  ),
  flagKeyword(
    "vrrp_higher_prio_send_advert",
    "isHigherPriorityAnswered",
    "A master answers an advert of higher priority before it steps down.",
    "on (Keepalived: off)",
    () => "Invalid value for vrrp_higher_prio_send_advert specified",
  ),
  served({
    name: "vrrp_down_timer_adverts",
    form: "1..100",
    summary: "Adverts that must be missing before a backup takes over.",
    default: "3",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const message = `Invalid vrrp_down_timer_adverts [1:100] '${shown(words[1]!)}'`;
      const count = readInteger(words[1]!, 1, 100, message, position, context);
      if (count !== undefined) draft.downTimerAdverts = count;
    },
  }),
  flagKeyword(
    "vrrp_skip_check_adv_addr",
    "skipsAddressCheck",
    "Without effect: addresses that differ are noted, and the advert counts.",
    "off",
    () => "Invalid value for vrrp_skip_check_adv_addr specified",
  ),
  flagKeyword(
    "vrrp_check_unicast_src",
    "checksUnicastSource",
    "Takes unicast adverts only from the peers.",
    "off",
    () => "Invalid value for vrrp_check_unicast_src specified",
  ),
  flagKeyword(
    "vrrp_strict",
    "isStrict",
    "Strict VRRP: neither unicast peers nor passwords. A VIP that is held answers all the same.",
    "off",
    () => "Invalid value for vrrp_strict specified",
  ),
  flagKeyword(
    "v3_checksum_as_v2",
    "isChecksumRfc9568",
    "Sends IPv4 adverts of version 3 without the pseudo header (RFC 9568).",
    "off",
    () => "Invalid value for v3_checksum_as_v2 specified",
  ),
  flagKeyword(
    "vrrp_notify_priority_changes",
    "notifiesPriorityChanges",
    "Writes priority changes to the pipes.",
    "off",
    (_draft, text) => `Invalid value '${text}' for global vrrp_notify_priority_changes specified`,
  ),
  multicastGroup(4),
  multicastGroup(6),
  served({
    name: "vmac_prefix",
    form: "NAME",
    summary: "Begins the names of macvlan interfaces.",
    default: "vrrp",
    needs: 1,
    read: ({ words }, draft) => {
      draft.vmacPrefix = words[1]!;
    },
  }),
];
