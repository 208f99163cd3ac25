// vrrp_instance: what is not a list, a notify script or an announcement.
import { parseIp } from "../../../src/base/ip.ts";
import type { Statement } from "../blocks.ts";
import type { Context } from "../context.ts";
import type { InstanceDraft } from "../draft.ts";
import { recognised, served, skipped, tableOf, readStatements, type Keyword } from "../keyword.ts";
import { shown } from "../report.ts";
import { readSeconds } from "../values.ts";
import { notifyKeywords } from "./command.ts";
import { BEHAVIOUR_KEYWORDS } from "./instance-behaviour.ts";
import { flagWord, integerWord } from "./instance-words.ts";
import { announcementKeywords } from "./garp.ts";
import { isMulticast } from "./global-vrrp.ts";
import { INSTANCE_LIST_KEYWORDS, trackKeywords } from "./lists.ts";

/** Bytes of a PASS password (RFC 2338 §5.3.10). */
const PASSWORD_BYTES_MAX = 8;

function readState({ words, position }: Statement, draft: InstanceDraft, context: Context): void {
  const state = words[1]!;
  if (state !== "MASTER" && state !== "BACKUP") {
    const found = `(${draft.name}) unknown state '${shown(state)}', defaulting to BACKUP`;
    context.error(
      found,
      position,
      "Expected MASTER or BACKUP; the priority decides who is master.",
    );
    draft.state = "BACKUP";
  } else if (draft.state === "MASTER" && state === "BACKUP") {
    context.error(`(${draft.name}) state previously set as MASTER - ignoring BACKUP`, position);
  } else draft.state = state;
}

function readInterface(
  { words, position }: Statement,
  draft: InstanceDraft,
  context: Context,
): void {
  const name = words[1]!;
  if (name === "lo") {
    const found = `(${draft.name}) cannot use a loopback interface (lo) for vrrp - ignoring`;
    context.error(found, position);
    return;
  }
  const missing = `WARNING - interface ${shown(name)} for vrrp_instance ${draft.name} doesn't exist`;
  context.checkInterface(name, missing, position);
  draft.interface = name;
}

function readSource(isUnicast: boolean): Keyword<InstanceDraft>["read"] {
  return ({ words, position }, draft, context) => {
    if (isUnicast) draft.hasUnicastWord = true;
    const address = parseIp(words[1]!);
    if (address === undefined) {
      const found = `Configuration error: VRRP instance[${draft.name}] malformed src address[${shown(words[1]!)}]. Skipping...`;
      context.error(found, position);
    } else draft.sourceIp = address;
  };
}

function readGroup({ words, position }: Statement, draft: InstanceDraft, context: Context): void {
  const address = parseIp(words[1]!);
  const text = shown(words[1]!);
  if (address === undefined) {
    context.error(`(${draft.name}) malformed mcast dest address ${text}. Skipping...`, position);
  } else if (!isMulticast(address)) {
    context.error(`(${draft.name}) mcast_dst_ip ${text} not multicast. Skipping...`, position);
  } else draft.multicastGroup = address;
}

/** What may stand in `authentication`. */
export const AUTHENTICATION_TABLE = tableOf<InstanceDraft>([
  served({
    name: "auth_type",
    form: "PASS|AH",
    summary: "PASS: a password in clear text (version 2 only). AH is not served.",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const type = words[1]!;
      if (type === "AH") draft.authType = "AH";
      else if (type === "PASS") draft.authType = "PASS";
      else context.error(`(${draft.name}) unknown authentication type '${shown(type)}'`, position);
      if (type !== "AH") return;
      const found = `(${draft.name}) AH authentication is not served by Tandem - ignoring`;
      context.note(found, position, "Use auth_type PASS on both nodes.");
    },
  }),
  served({
    name: "auth_pass",
    form: "PASSWORD",
    summary: "1 to 8 bytes; the rest is cut.",
    needs: 1,
    read: ({ words, position }, draft, context) => {
      const bytes = new TextEncoder().encode(words[1]);
      if (bytes.length > PASSWORD_BYTES_MAX) {
        context.error("Truncating auth_pass to 8 characters", position);
      }
      const password = new Uint8Array(PASSWORD_BYTES_MAX);
      password.set(bytes.subarray(0, PASSWORD_BYTES_MAX));
      draft.password = password;
    },
  }),
]);

function readAuthentication(statement: Statement, draft: InstanceDraft, context: Context): void {
  readStatements(statement.block ?? [], AUTHENTICATION_TABLE, draft, context);
}

function readAdvertInterval(
  { words, position }: Statement,
  draft: InstanceDraft,
  context: Context,
): void {
  const text = words[1]!;
  const message = `(${draft.name}) Advert interval (${shown(text)}) not valid! Must be > 0 - ignoring`;
  const value = readSeconds(text, 0.01, 255, message, position, context);
  if (value !== undefined) draft.advertIntervalMs = value;
}

const CORE_KEYWORDS: readonly Keyword<InstanceDraft>[] = [
  served({
    name: "state",
    form: "MASTER|BACKUP",
    summary: "Counts only with priority 255.",
    default: "BACKUP",
    needs: 1,
    read: readState,
  }),
  served({
    name: "interface",
    form: "NAME",
    summary: "Where adverts are sent and addresses live.",
    needs: 1,
    read: readInterface,
  }),
  integerWord(
    "virtual_router_id",
    "1..255",
    [1, 255],
    "The virtual router; required, the same on both nodes.",
    "none",
    (draft, text) => `(${draft.name}): VRID '${text}' not valid - must be between 1 & 255`,
    (draft, value) => {
      draft.vrid = value;
    },
  ),
  integerWord(
    "priority",
    "1..255",
    [1, 255],
    "Who wins; 255 is the owner of the addresses.",
    "100, 255 with state MASTER",
    (draft) => `(${draft.name}) Priority not valid! must be between 1 & 255. Using default 100`,
    (draft, value) => {
      draft.priority = value;
    },
  ),
  served({
    name: "advert_int",
    form: "SECONDS",
    summary: "Period of adverts: version 2 whole seconds, version 3 0.01 to 40.95.",
    default: "1",
    needs: 1,
    read: readAdvertInterval,
  }),
  integerWord(
    "version",
    "2|3",
    [2, 3],
    "VRRP version; IPv6 is always 3.",
    "vrrp_version",
    (draft) => `(${draft.name}): Version must be either 2 or 3`,
    (draft, value) => {
      draft.version = value === 2 ? 2 : 3;
    },
  ),
  served({
    name: "authentication",
    form: "{ auth_type PASS auth_pass PASSWORD }",
    summary: "A password, version 2 only.",
    block: "required",
    read: readAuthentication,
  }),
  served({
    name: "mcast_src_ip",
    form: "ADDRESS",
    summary: "The source of multicast adverts.",
    default: "the interface's first address",
    needs: 1,
    read: readSource(false),
  }),
  served({
    name: "unicast_src_ip",
    form: "ADDRESS",
    summary: "The source of unicast adverts.",
    default: "the interface's first address",
    needs: 1,
    read: readSource(true),
  }),
  served({
    name: "mcast_dst_ip",
    form: "ADDRESS",
    summary: "The multicast group of adverts.",
    default: "vrrp_mcast_group4, vrrp_mcast_group6",
    needs: 1,
    read: readGroup,
  }),
  integerWord(
    "unicast_ttl",
    "0..255",
    [0, 255],
    "TTL of unicast adverts.",
    "255",
    (draft, text) => `(${draft.name}): TTL '${text}' not valid - must be between 0 & 255`,
    (draft, value, { position }) => {
      draft.unicastTtl = value;
      draft.unicastTtlPosition = position;
    },
  ),
  flagWord("check_unicast_src", "Takes unicast adverts only from the peers.", (draft) => {
    draft.checksUnicastSource = true;
  }),
];

const FOREIGN_KEYWORDS: readonly Keyword<InstanceDraft>[] = [
  ...recognised<InstanceDraft>("it is not served.", [
    "use_vmac_addr",
    "use_ipvlan",
    "unicast_fault_no_peer",
    "vrf",
    "track_src_ip",
    "garp_extra_if",
    "vmac_garp_intvl",
    "notify_deleted",
    "timer_expired_backup",
    "thread_timer_expired",
    "owner_ignore_adverts",
    "no_virtual_ipaddress",
  ]),
  ...recognised<InstanceDraft>(
    "the agent sizes its own buffers and hears link changes from the kernel.",
    ["kernel_rx_buf_size", "linkbeat_use_polling"],
  ),
  ...recognised<InstanceDraft>(
    "the pseudo header always has the peer's address, as since Keepalived 1.3.7.",
    ["old_unicast_checksum"],
  ),
  ...recognised<InstanceDraft>("LVS is not part of Tandem.", ["lvs_sync_daemon_interface"]),
  ...skipped<InstanceDraft>("there is no BFD.", ["track_bfd"]),
  ...skipped<InstanceDraft>(
    "adverts with HMAC exist in Keepalived 2.4 only; use `heartbeat` for an authenticated path.",
    ["auth_hmac"],
  ),
];

/** Everything that may stand in a `vrrp_instance`. */
export const INSTANCE_TABLE = tableOf<InstanceDraft>(
  CORE_KEYWORDS,
  INSTANCE_LIST_KEYWORDS,
  BEHAVIOUR_KEYWORDS,
  announcementKeywords<InstanceDraft>("", (draft) => `(${draft.name}): `),
  trackKeywords<InstanceDraft>(),
  notifyKeywords<InstanceDraft>((draft) => `(${draft.name})`, true),
  FOREIGN_KEYWORDS,
);
