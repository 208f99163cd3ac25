// What a receiver checks before an advert counts (RFC 3768 §7.1, RFC 9568 §7.1), and what it lets
// pass with a loud note, because a drop would make two masters: a VIP list or an interval that is
// not ours. RFC 3768 §7.1 demands a drop there. What became of packets is counted: the counters of
// Keepalived's statistics, and those that it lacks.
import { timingSafeEqual } from "node:crypto";
import { printIp, type IpBytes } from "../../src/base/ip.ts";
import type { InstanceConfiguration } from "../config/model/instance.ts";
import { PRIORITY_RESIGN, type Advert } from "./advert.ts";
import { notesOn, type AdvertNote, type NoteKind } from "./advert-notes.ts";
import { decodeAdvert, type DecodedAdvert, type MalformedReason } from "./codec.ts";
import type { ReceivedPacket } from "./packet.ts";

/** Why a packet does not count. */
export type DropReason =
  | MalformedReason
  | "vrid"
  | "ttl"
  /** Multicast for a unicast instance, or the other way round. */
  | "mode"
  | "not-a-peer"
  /** A version 2 authentication type that no RFC names. */
  | "auth-type-invalid"
  | "auth-type-mismatch"
  | "auth-failure"
  /** Priority 0 from our own address: our own packet came back. */
  | "own-address";

/** What becomes of a packet. */
export type Verdict =
  | { readonly kind: "accept"; readonly advert: Advert; readonly notes: readonly AdvertNote[] }
  | { readonly kind: "drop"; readonly reason: DropReason; readonly text: string };

/** What the receiver knows of itself. */
export interface OwnFacts {
  /** Where our adverts come from; `undefined` while there is no address. */
  readonly source: IpBytes | undefined;
}

type Decoded = Extract<DecodedAdvert, { kind: "advert" }>;

/** RFC 9568 §5.1.1.3, §5.1.2.3. */
const TTL_REQUIRED = 255;
/** RFC 2338 §5.3.6: none, simple password, IP authentication header. */
const AUTH_TYPES = ["no authentication", "a simple password (PASS)", "AH"];
const AUTH_TYPE_PASS = 1;

/** Judges a packet that came in on the interface of an instance. Never throws on what a peer sent. */
export function judgePacket(
  instance: InstanceConfiguration,
  packet: ReceivedPacket,
  own: OwnFacts,
): Verdict {
  const misrouted = checkRoute(instance, packet);
  if (misrouted !== undefined) return misrouted;
  const { source, destination } = packet;
  const decoded = decodeAdvert(packet.payload, { family: instance.family, source, destination });
  if (decoded.kind === "malformed") {
    const hint = decoded.reason === "version" ? ` and expect ${instance.version}` : "";
    return drop(decoded.reason, decoded.text + hint);
  }
  return (
    checkMessage(instance, decoded) ??
    checkOwn(decoded.advert, packet, own) ?? {
      kind: "accept",
      advert: decoded.advert,
      notes: notesOn(instance, decoded, isFromSelf(packet, own)),
    }
  );
}

/** How the packet travelled: family, multicast or unicast, peers, TTL. */
function checkRoute(instance: InstanceConfiguration, packet: ReceivedPacket): Verdict | undefined {
  const addressBytes = instance.family === 4 ? 4 : 16;
  if (packet.family !== instance.family || packet.source.length !== addressBytes) {
    return drop("version", `IPv${packet.family} packet for an IPv${instance.family} instance`);
  }
  const { unicast } = instance;
  const { ttl, destination } = packet;
  if (destination !== undefined && isMulticast(destination) !== (unicast === undefined)) {
    const [wanted, got] = unicast === undefined ? ["multi", "uni"] : ["uni", "multi"];
    return drop("mode", `Expected ${wanted}cast packet but received ${got}cast packet`);
  }
  if (unicast === undefined) {
    if (ttl === undefined || ttl === TTL_REQUIRED) return undefined;
    return drop("ttl", `invalid TTL/HL. Received ${ttl} and expect ${TTL_REQUIRED}`);
  }
  const peer = unicast.peers.find(({ address }) => areEqual(address, packet.source));
  if (peer === undefined) {
    if (!unicast.checksSource) return undefined;
    return drop("not-a-peer", `${printIp(packet.source)} is not in unicast_peer`);
  }
  const [min, max] = [peer.minTtl ?? 0, peer.maxTtl ?? 255];
  if (ttl === undefined || (ttl >= min && ttl <= max)) return undefined;
  return drop("ttl", `TTL/HL ${ttl} not in range ${min} - ${max}`);
}

/** What the message says about itself: version, virtual router, number of VIPs, authentication. */
function checkMessage(instance: InstanceConfiguration, decoded: Decoded): Verdict | undefined {
  const { advert } = decoded;
  if (advert.version !== instance.version) {
    return drop(
      "version",
      `wrong version. Received ${advert.version} and expect ${instance.version}`,
    );
  }
  if (advert.vrid !== instance.vrid) {
    return drop("vrid", `wrong VRID. Received ${advert.vrid} and expect ${instance.vrid}`);
  }
  // RFC 9568 §5.2.5 (erratum 8299). A node of only excluded VIPs has no other way to advertise.
  if (advert.version === 3 && advert.vips.length === 0 && instance.vips.length > 0) {
    return drop("count", "the advert names no VIP, which VRRPv3 forbids");
  }
  return checkAuthentication(instance, decoded);
}

function checkAuthentication(
  { authentication }: InstanceConfiguration,
  { authType, authData }: Decoded,
): Verdict | undefined {
  if (authType === undefined || authData === undefined) return undefined;
  const theirs = AUTH_TYPES[authType];
  if (theirs === undefined) return drop("auth-type-invalid", `Invalid auth type: ${authType}`);
  const ownType = authentication.kind === "pass" ? AUTH_TYPE_PASS : 0;
  if (authType !== ownType) {
    const text = `received a ${authType} auth, expecting ${ownType}! The sender uses ${theirs}, this node ${AUTH_TYPES[ownType]!}`;
    return drop("auth-type-mismatch", text);
  }
  if (authentication.kind === "none") return undefined;
  const expected = new Uint8Array(8);
  expected.set(authentication.password.subarray(0, 8));
  if (timingSafeEqual(authData, expected)) return undefined;
  return drop("auth-failure", "received an invalid passwd! auth_pass differs");
}

/** Our own resignation, sent back by a loop in the network, must not make us take over again. */
function checkOwn(advert: Advert, packet: ReceivedPacket, own: OwnFacts): Verdict | undefined {
  if (advert.priority !== PRIORITY_RESIGN || !isFromSelf(packet, own)) return undefined;
  return drop("own-address", "priority 0 from this node's own address: a packet of ours came back");
}

function isFromSelf(packet: ReceivedPacket, own: OwnFacts): boolean {
  return own.source !== undefined && areEqual(own.source, packet.source);
}

function isMulticast(address: IpBytes): boolean {
  return address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff;
}

function areEqual(a: IpBytes, b: IpBytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function drop(reason: DropReason, text: string): Verdict {
  return { kind: "drop", reason, text };
}

/** Counters of one virtual router. They only grow. */
export interface AdvertCounters {
  /** Adverts that counted. */
  received: number;
  /** `packet_len_err`. */
  lengthErrors: number;
  /** `advert_interval_err`: interval 0, or not ours; the latter count as received, too. */
  intervalErrors: number;
  /** `ip_ttl_err`. */
  ttlErrors: number;
  /** `invalid_type_rcvd`. */
  typeErrors: number;
  /** `addr_list_err`: no VIP, or other VIPs than ours; the latter count as received, too. */
  addressListErrors: number;
  /** `invalid_authtype`. */
  invalidAuthTypes: number;
  /** `authtype_mismatch`. */
  authTypeMismatches: number;
  /** `auth_failure`. */
  authFailures: number;
  checksumErrors: number;
  /** Another VRRP version, or CARP. */
  versionErrors: number;
  vridErrors: number;
  /** Multicast for unicast or the other way round, or a sender that is no peer. */
  foreignErrors: number;
  /** From our own address; those with a priority other than 0 count as received, too. */
  ownAddressErrors: number;
  /** Accepted with the other form of checksum; these count as received, too. */
  checksumFormNotes: number;
}

const FIELD_OF_DROP: Readonly<Record<DropReason, keyof AdvertCounters>> = {
  length: "lengthErrors",
  "auth-hmac": "authTypeMismatches",
  version: "versionErrors",
  carp: "versionErrors",
  type: "typeErrors",
  checksum: "checksumErrors",
  interval: "intervalErrors",
  count: "addressListErrors",
  vrid: "vridErrors",
  ttl: "ttlErrors",
  mode: "foreignErrors",
  "not-a-peer": "foreignErrors",
  "auth-type-invalid": "invalidAuthTypes",
  "auth-type-mismatch": "authTypeMismatches",
  "auth-failure": "authFailures",
  "own-address": "ownAddressErrors",
};

const FIELD_OF_NOTE: Readonly<Record<NoteKind, keyof AdvertCounters>> = {
  "vip-list": "addressListErrors",
  interval: "intervalErrors",
  "checksum-form": "checksumFormNotes",
  "own-address": "ownAddressErrors",
};

/** Counters that stand at 0. */
export function newCounters(): AdvertCounters {
  return {
    received: 0,
    lengthErrors: 0,
    intervalErrors: 0,
    ttlErrors: 0,
    typeErrors: 0,
    addressListErrors: 0,
    invalidAuthTypes: 0,
    authTypeMismatches: 0,
    authFailures: 0,
    checksumErrors: 0,
    versionErrors: 0,
    vridErrors: 0,
    foreignErrors: 0,
    ownAddressErrors: 0,
    checksumFormNotes: 0,
  };
}

/** Counts what became of one packet. */
export function countVerdict(counters: AdvertCounters, verdict: Verdict): void {
  if (verdict.kind === "drop") {
    counters[FIELD_OF_DROP[verdict.reason]] += 1;
    return;
  }
  counters.received += 1;
  for (const note of verdict.notes) counters[FIELD_OF_NOTE[note.kind]] += 1;
}
