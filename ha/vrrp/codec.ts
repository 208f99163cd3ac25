// VRRP messages as bytes: version 2 (RFC 3768 §5.1, RFC 2338 §5.3) and version 3 (RFC 9568 §5.1).
//
//   0  version << 4 | type          4  v2: auth type, interval in s; v3: 12 bits, interval in cs
//   1  VRID                         6  checksum
//   2  priority                     8  VIPs, 4 or 16 bytes each
//   3  count of VIPs                …  v2: 8 bytes of authentication data, always there
import type { IpBytes } from "../../src/base/ip.ts";
import type { Authentication, ChecksumForm } from "../config/model/instance.ts";
import { ADVERT_ADDRESSES_MAX } from "../limits.ts";
import type { Advert } from "./advert.ts";
import { internetChecksum, PROTOCOL_VRRP, pseudoHeader } from "./checksum.ts";

const HEADER_BYTES = 8;
const AUTH_BYTES = 8;
const TYPE_ADVERTISEMENT = 1;
const CHECKSUM_OFFSET = 6;
/** Version 2 of RFC 2338: no authentication, simple password. */
const AUTH_NONE = 0;
const AUTH_PASS = 1;
/** The trailer of Keepalived 2.4's `auth_hmac`: 28 bytes, the first of them 1. */
const HMAC_TRAILER_BYTES = 28;
/** A CARP message: 36 bytes, of which byte 3 counts 7 words of authentication. */
const CARP_BYTES = 36;
const CARP_AUTH_WORDS = 7;

/** What a message depends on besides what it says. */
export interface EncodeSettings {
  /** Only version 2 carries it. */
  readonly authentication: Authentication;
  /** Only matters for version 3 over IPv4. */
  readonly checksumForm: ChecksumForm;
  readonly source: IpBytes;
  readonly destination: IpBytes;
}

/** How a message was summed; `kernel`: where the socket has already verified it. */
export type ReceivedChecksumForm = "version-2" | ChecksumForm | "kernel";

/** What bytes turned out to be. */
export type DecodedAdvert =
  | {
      readonly kind: "advert";
      readonly advert: Advert;
      readonly checksum: ReceivedChecksumForm;
      /** The type byte of version 2; `undefined` in version 3. */
      readonly authType: number | undefined;
      /** The 8 bytes behind the VIPs in version 2. */
      readonly authData: Uint8Array | undefined;
    }
  | { readonly kind: "malformed"; readonly reason: MalformedReason; readonly text: string };

/** Why bytes are no advert. */
export type MalformedReason =
  "length" | "version" | "type" | "checksum" | "interval" | "count" | "auth-hmac" | "carp";

/** Where a message came from and went to. */
export interface DecodeSettings {
  readonly family: 4 | 6;
  readonly source: IpBytes;
  /** `undefined` where the socket cannot tell; the checksum of IPv6 then rests on the kernel. */
  readonly destination: IpBytes | undefined;
}

/**
 * The message of an advert. Of its VIPs it names the first 255; its interval is rounded to what the version can carry: whole seconds
 * 1..255, or hundredths of a second 1..4095. Version 2 has no IPv6: such an advert is our own bug.
 */
export function encodeAdvert(advert: Advert, settings: EncodeSettings): Uint8Array {
  if (advert.version === 2 && advert.family === 6) throw new RangeError("VRRPv2 has no IPv6");
  const addressBytes = advert.family === 4 ? 4 : 16;
  const vips = advert.vips.slice(0, ADVERT_ADDRESSES_MAX);
  const vipsEnd = HEADER_BYTES + vips.length * addressBytes;
  const message = new Uint8Array(vipsEnd + (advert.version === 2 ? AUTH_BYTES : 0));
  message[0] = (advert.version << 4) | TYPE_ADVERTISEMENT;
  message[1] = advert.vrid;
  message[2] = advert.priority;
  message[3] = vips.length;
  for (const [i, vip] of vips.entries()) message.set(vip, HEADER_BYTES + i * addressBytes);
  if (advert.version === 2) {
    const { authentication } = settings;
    message[4] = authentication.kind === "pass" ? AUTH_PASS : AUTH_NONE;
    message[5] = clamp(Math.round(advert.intervalMs / 1000), 255);
    if (authentication.kind === "pass") {
      message.set(authentication.password.subarray(0, AUTH_BYTES), vipsEnd);
    }
  } else {
    putUint16(message, 4, clamp(Math.round(advert.intervalMs / 10), 4095));
  }
  putUint16(message, CHECKSUM_OFFSET, checksumOf(message, advert, settings));
  return message;
}

function checksumOf(message: Uint8Array, advert: Advert, settings: EncodeSettings): number {
  const hasPseudoHeader =
    advert.version === 3 && (advert.family === 6 || settings.checksumForm === "pseudo-header");
  if (!hasPseudoHeader) return internetChecksum(message);
  const { source, destination } = settings;
  return internetChecksum(
    pseudoHeader(source, destination, PROTOCOL_VRRP, message.length),
    message,
  );
}

/** Reads a message. Never throws; the parts of the result are copies. */
export function decodeAdvert(payload: Uint8Array, settings: DecodeSettings): DecodedAdvert {
  const { family } = settings;
  if (payload.length < HEADER_BYTES) {
    return malformed("length", `packet too short: ${payload.length} bytes, at least 8 expected`);
  }
  if (isCarp(payload)) {
    return malformed(
      "carp",
      "this is CARP (ucarp, OpenBSD, OPNsense), not VRRP, under the same protocol number: give it another virtual host ID than any VRID here",
    );
  }
  const version = payload[0]! >> 4;
  const type = payload[0]! & 0xf;
  if (version !== 3 && !(version === 2 && family === 4)) {
    return malformed("version", `wrong version. Received ${version}`);
  }
  if (type !== TYPE_ADVERTISEMENT) return malformed("type", `invalid type ${type}, expect 1`);
  const count = payload[3]!;
  const addressBytes = family === 4 ? 4 : 16;
  const vipsEnd = HEADER_BYTES + count * addressBytes;
  const length = vipsEnd + (version === 2 ? AUTH_BYTES : 0);
  if (payload.length !== length) return wrongLength(payload, version, count, length);
  const checksum = verifyChecksum(payload, version, settings);
  if (checksum === undefined) {
    return malformed("checksum", `Invalid VRRPv${version} checksum`);
  }
  const intervalMs =
    version === 2 ? payload[5]! * 1000 : (((payload[4]! & 0xf) << 8) | payload[5]!) * 10;
  if (intervalMs === 0) return malformed("interval", "advertisement interval of 0");
  const vips: IpBytes[] = [];
  for (let at = HEADER_BYTES; at < vipsEnd; at += addressBytes) {
    vips.push(Uint8Array.from(payload.subarray(at, at + addressBytes)));
  }
  return {
    kind: "advert",
    advert: { version, family, vrid: payload[1]!, priority: payload[2]!, intervalMs, vips },
    checksum,
    authType: version === 2 ? payload[4]! : undefined,
    authData: version === 2 ? Uint8Array.from(payload.subarray(vipsEnd)) : undefined,
  };
}

/** Version 2 and type 1 as in VRRP, yet another layout: 7 words of authentication behind 8 bytes. */
function isCarp(payload: Uint8Array): boolean {
  return payload.length === CARP_BYTES && payload[0] === 0x21 && payload[3] === CARP_AUTH_WORDS;
}

function wrongLength(
  payload: Uint8Array,
  version: number,
  count: number,
  length: number,
): DecodedAdvert {
  const surplus = payload.length - length;
  if (version === 3 && surplus === HMAC_TRAILER_BYTES && payload[length] === 1) {
    return malformed(
      "auth-hmac",
      "the sender uses auth_hmac (Keepalived 2.4), which Tandem does not have: remove auth_hmac there",
    );
  }
  const how = surplus < 0 ? "short" : "long";
  return malformed(
    "length",
    `packet too ${how}: ${payload.length} bytes, ${length} expected for ${count} VIPs`,
  );
}

/** The form that fits; `undefined` when none does. */
function verifyChecksum(
  payload: Uint8Array,
  version: number,
  { family, source, destination }: DecodeSettings,
): ReceivedChecksumForm | undefined {
  if (version === 2) return internetChecksum(payload) === 0 ? "version-2" : undefined;
  if (destination === undefined && family === 6) return "kernel";
  if (destination !== undefined) {
    const before = pseudoHeader(source, destination, PROTOCOL_VRRP, payload.length);
    if (internetChecksum(before, payload) === 0) return "pseudo-header";
  }
  return family === 4 && internetChecksum(payload) === 0 ? "rfc9568" : undefined;
}

function malformed(reason: MalformedReason, text: string): DecodedAdvert {
  return { kind: "malformed", reason, text };
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(1, value));
}

function putUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >> 8;
  bytes[offset + 1] = value & 0xff;
}
