// vrrp_instance: how it behaves: preemption, answers, virtual MAC address.
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { InstanceDraft } from "../draft.ts";
import { served, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { parseBool, readInteger, readSeconds } from "../values.ts";
import { flagWord, integerWord } from "./instance-words.ts";
import { flagKeyword } from "./shared.ts";

/** `use_vmac [NAME] [MAC]`. */
function readVmac({ words, position }: Statement, draft: InstanceDraft, context: Context): void {
  draft.vmac ??= {};
  for (const word of words.slice(1)) {
    if (!word.includes(":")) draft.vmac.device = word;
    else readMac(word, draft, position, context);
  }
}

function readMac(
  text: string,
  draft: InstanceDraft,
  position: Statement["position"],
  context: Context,
): void {
  const parts = text.split(":");
  const isMac =
    (parts.length === 5 || parts.length === 6) &&
    parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part));
  const bytes = Uint8Array.from(parts, (part) => parseInt(part, 16));
  if (!isMac) context.error(`VMAC invalid MAC address ${shown(text)} - ignored`, position);
  else if ((bytes[0]! & 1) === 1) {
    context.error(`VMAC MAC address is multicast ${shown(text)} - ignoring`, position);
  } else if (/^0?0:0?0:5e:0?0:0?[12]:/i.test(text)) {
    const found = `VMAC MAC address not allowed to be RFC5798 address (${shown(text)}) - ignoring`;
    context.error(found, position);
  } else if (draft.vmac !== undefined) draft.vmac.address = bytes;
}

function readPreemptDelay(
  { words, position }: Statement,
  draft: InstanceDraft,
  context: Context,
): void {
  const message = `(${draft.name}) Preempt_delay not valid! must be between 0-1000`;
  const value = readSeconds(words[1]!, 0, 1_000, message, position, context);
  if (value !== undefined) draft.preemptDelayMs = value;
}

/** The keywords of behaviour. */
export const BEHAVIOUR_KEYWORDS: readonly Keyword<InstanceDraft>[] = [
  flagWord("nopreempt", "A running master of lower priority is left alone.", (draft) => {
    draft.isNopreempt = true;
  }),
  flagWord("preempt", "The opposite of nopreempt; the default.", (draft) => {
    draft.isNopreempt = false;
  }),
  served({
    name: "preempt_delay",
    form: "SECONDS",
    summary: "How long a master of lower priority is borne, 0 to 1000 s.",
    default: "0",
    needs: 1,
    read: readPreemptDelay,
  }),
  integerWord(
    "down_timer_adverts",
    "1..100",
    [1, 100],
    "Adverts that must be missing before a backup takes over.",
    "3",
    (draft, text) => `(${draft.name}): Invalid down_timer_adverts [1:100] '${text}'`,
    (draft, value) => {
      draft.downTimerAdverts = value;
    },
  ),
  flagKeyword(
    "lower_prio_no_advert",
    "isLowerPriorityUnanswered",
    "A master does not answer adverts of lower priority.",
    "vrrp_lower_prio_no_advert",
    (draft, text) => `(${draft.name}) invalid lower_prio_no_advert ${text} specified`,
  ),
  flagKeyword(
    "higher_prio_send_advert",
    "isHigherPriorityAnswered",
    "A master answers an advert of higher priority before it steps down.",
    "vrrp_higher_prio_send_advert",
    (draft, text) => `(${draft.name}) invalid higher_prio_send_advert ${text} specified`,
  ),
  flagKeyword(
    "skip_check_adv_addr",
    "skipsAddressCheck",
    "Without effect: addresses that differ are noted, and the advert counts.",
    "vrrp_skip_check_adv_addr",
    (draft, text) => `(${draft.name}) invalid skip_check_adv_addr ${text} specified`,
  ),
  flagKeyword(
    "strict_mode",
    "isStrict",
    "See vrrp_strict.",
    "vrrp_strict",
    (draft, text) => `(${draft.name}) invalid strict_mode ${text} specified`,
  ),
  flagKeyword(
    "v3_checksum_as_v2",
    "isChecksumRfc9568",
    "See the same word in global_defs.",
    "v3_checksum_as_v2 of global_defs",
    (draft, text) => `(${draft.name}) invalid v3_checksum_as_v2 ${text} specified`,
  ),
  flagKeyword(
    "notify_priority_changes",
    "notifiesPriorityChanges",
    "Writes priority changes to the pipes.",
    "vrrp_notify_priority_changes",
    (draft, text) =>
      `(${draft.name}) Invalid value '${text}' for notify_priority_changes specified`,
  ),
  flagWord("accept", "The addresses answer: always so.", (draft) => {
    draft.accept = true;
  }),
  flagWord("no_accept", "Without effect: a VIP that is held answers.", (draft) => {
    draft.accept = false;
  }),
  flagWord("dont_track_primary", "A loss of the own interface is no fault.", (draft) => {
    draft.ignoresInterfaceState = true;
  }),
  flagWord("promote_secondaries", "Sets the sysctl of that name on the interface.", (draft) => {
    draft.promotesSecondaries = true;
  }),
  served({
    name: "use_vmac",
    form: "[NAME] [MAC]",
    summary: "A macvlan with the virtual router's MAC address holds the addresses.",
    read: readVmac,
  }),
  flagWord("vmac_xmit_base", "Adverts leave through the parent interface.", (draft) => {
    draft.sendsOnParent = true;
  }),
  served({
    name: "smtp_alert",
    form: "[BOOL]",
    summary: "Read and without effect: Tandem sends no mail.",
    read: ({ words, position }, _draft, context) => {
      if (words[1] !== undefined && parseBool(words[1]) === undefined) {
        context.error(`Invalid vrrp_instance smtp_alert parameter ${shown(words[1])}`, position);
      }
    },
  }),
  served({
    name: "debug",
    form: "0..4",
    summary: "Read and without effect, as in Keepalived.",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const fault = `(${draft.name}) Debug value '${shown(words[1]!)}' not valid; must be between 0-4`;
      readInteger(words[1]!, 0, 4, fault, position, context);
    },
  }),
  served({
    name: "native_ipv6",
    form: "",
    summary: "Old and without effect: the addresses decide the family.",
    read: ({ position }, draft, context) => {
      if (draft.vips[0]?.address.length !== 4) return;
      context.error(`(${draft.name}) Cannot specify native_ipv6 with IPv4 addresses`, position);
    },
  }),
];
