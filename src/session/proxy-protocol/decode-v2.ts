// Version 2, binary: signature, version and command, family, length, addresses, TLVs (§2.2).
import type { Endpoint } from "../../base/address.ts";
import { PROXY_V2_BYTES_MAX } from "../../limits.ts";
import { crc32c } from "./crc32c.ts";
import type { ProxyDecoded } from "./decode.ts";
import type { ProxyHeader, ProxyTls, ProxyTlv } from "./header.ts";
import { SSL_CLIENT, TLV, V2_FAMILY, V2_FIXED_BYTES, V2_UNIX_PATH_BYTES } from "./header.ts";
import { printIp } from "../../base/ip.ts";

/** Decodes `bytes`, which begin with the whole signature. */
export function decodeProxyV2(bytes: Uint8Array): ProxyDecoded {
  if (bytes.length < V2_FIXED_BYTES) return { kind: "need-more" };
  const versionAndCommand = bytes[12]!;
  const version = versionAndCommand >> 4;
  const command = versionAndCommand & 0x0f;
  if (version !== 2) return malformed(`version ${version} where 2 is expected`);
  if (command > 1) return malformed(`command ${command} where 0 (LOCAL) or 1 (PROXY) is expected`);
  const byteCount = V2_FIXED_BYTES + readU16(bytes, 14);
  if (byteCount > PROXY_V2_BYTES_MAX) {
    return malformed(`${byteCount} bytes where at most ${PROXY_V2_BYTES_MAX} are taken`);
  }
  if (bytes.length < byteCount) return { kind: "need-more" };
  // What a LOCAL header carries must be ignored (§2.2), so that it cannot be malformed either.
  if (command === 0) {
    return { kind: "message", header: { version: 2, command: "local", tlvs: [] }, byteCount };
  }
  return decodeProxied(bytes.subarray(0, byteCount));
}

function decodeProxied(bytes: Uint8Array): ProxyDecoded {
  const family = bytes[13]!;
  const addressBytes = addressBlockBytes(family);
  const tlvStart = V2_FIXED_BYTES + addressBytes;
  if (tlvStart > bytes.length) return malformed("the length does not hold the family's addresses");
  const tlvs = readTlvs(bytes.subarray(tlvStart));
  if (tlvs === undefined) return malformed("a TLV runs past the end of the header");
  const crc = tlvs.find((tlv) => tlv.type === TLV.crc32c);
  if (crc !== undefined && !hasValidCrc(bytes, crc)) return malformed("CRC32C does not match");
  const ssl = tlvs.find((tlv) => tlv.type === TLV.ssl);
  const tls = ssl === undefined ? undefined : readSsl(ssl.value);
  if (ssl !== undefined && tls === undefined) return malformed("PP2_TYPE_SSL is cut short");
  const alpn = tlvs.find((tlv) => tlv.type === TLV.alpn);
  const authority = tlvs.find((tlv) => tlv.type === TLV.authority);
  const header: ProxyHeader = {
    version: 2,
    command: "proxy",
    tlvs,
    ...readAddresses(family, bytes),
    ...(alpn && { alpn: text(alpn.value) }),
    ...(authority && { authority: text(authority.value) }),
    ...(tls && { tls }),
  };
  return { kind: "message", header, byteCount: bytes.length };
}

function malformed(reason: string): ProxyDecoded {
  return { kind: "malformed", reason: `PROXY version 2: ${reason}` };
}

function readU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** Bytes of both addresses of a family; families that are not carried have none that we read. */
function addressBlockBytes(family: number): number {
  switch (family) {
    case V2_FAMILY.tcp4:
      return 12;
    case V2_FAMILY.tcp6:
      return 36;
    case V2_FAMILY.unixStream:
      return 2 * V2_UNIX_PATH_BYTES;
    default:
      return 0;
  }
}

function readAddresses(
  family: number,
  bytes: Uint8Array,
): { readonly source?: Endpoint; readonly destination?: Endpoint } {
  const at = V2_FIXED_BYTES;
  switch (family) {
    case V2_FAMILY.tcp4:
      return {
        source: {
          kind: "ip",
          family: 4,
          host: printIp(bytes.subarray(at, at + 4)),
          port: readU16(bytes, at + 8),
        },
        destination: {
          kind: "ip",
          family: 4,
          host: printIp(bytes.subarray(at + 4, at + 8)),
          port: readU16(bytes, at + 10),
        },
      };
    case V2_FAMILY.tcp6:
      return {
        source: {
          kind: "ip",
          family: 6,
          host: printIp(bytes.subarray(at, at + 16)),
          port: readU16(bytes, at + 32),
        },
        destination: {
          kind: "ip",
          family: 6,
          host: printIp(bytes.subarray(at + 16, at + 32)),
          port: readU16(bytes, at + 34),
        },
      };
    case V2_FAMILY.unixStream:
      return {
        source: readUnix(bytes.subarray(at, at + V2_UNIX_PATH_BYTES)),
        destination: readUnix(bytes.subarray(at + V2_UNIX_PATH_BYTES)),
      };
    default:
      return {};
  }
}

/** Reads `sun_path`: a leading zero byte marks an abstract name; the rest ends at a zero byte. */
function readUnix(field: Uint8Array): Endpoint {
  const path = field.subarray(0, V2_UNIX_PATH_BYTES);
  const abstract = path[0] === 0 && path[1] !== 0;
  const from = abstract ? 1 : 0;
  const end = path.indexOf(0, from);
  return { kind: "unix", path: text(path.subarray(from, end < 0 ? path.length : end)), abstract };
}

/** Splits TLVs; `undefined` when one runs past the end. */
function readTlvs(bytes: Uint8Array): ProxyTlv[] | undefined {
  const tlvs: ProxyTlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return undefined;
    const end = at + 3 + readU16(bytes, at + 1);
    if (end > bytes.length) return undefined;
    tlvs.push({ type: bytes[at]!, value: bytes.slice(at + 3, end) });
    at = end;
  }
  return tlvs;
}

/** Checks the CRC over the whole header with the checksum's own four bytes as zeroes (§2.2.3). */
function hasValidCrc(bytes: Uint8Array, crc: ProxyTlv): boolean {
  if (crc.value.length !== 4) return false;
  const zeroed = Uint8Array.from(bytes);
  const at = findTlv(bytes, TLV.crc32c);
  zeroed.fill(0, at + 3, at + 7);
  const claimed = readU16(crc.value, 0) * 0x10000 + readU16(crc.value, 2);
  return crc32c(zeroed) === claimed;
}

/** The offset of the first TLV of a type that is known to be there. */
function findTlv(bytes: Uint8Array, type: number): number {
  let at = V2_FIXED_BYTES + addressBlockBytes(bytes[13]!);
  while (bytes[at] !== type) at += 3 + readU16(bytes, at + 1);
  return at;
}

/** Reads PP2_TYPE_SSL: one byte of flags, four of the verify result, then TLVs of its own (§2.2.6). */
function readSsl(value: Uint8Array): ProxyTls | undefined {
  if (value.length < 5) return undefined;
  const subs = readTlvs(value.subarray(5));
  if (subs === undefined) return undefined;
  const flags = value[0]!;
  const field = (type: number): string | undefined => {
    const sub = subs.find((tlv) => tlv.type === type);
    return sub === undefined ? undefined : text(sub.value);
  };
  const protocol = field(TLV.sslVersion);
  const commonName = field(TLV.sslCommonName);
  const cipher = field(TLV.sslCipher);
  const signatureAlgorithm = field(TLV.sslSignature);
  const keyAlgorithm = field(TLV.sslKey);
  return {
    secure: (flags & SSL_CLIENT.ssl) !== 0,
    certificateInConnection: (flags & SSL_CLIENT.certConnection) !== 0,
    certificateInSession: (flags & SSL_CLIENT.certSession) !== 0,
    verifyResult: readU16(value, 1) * 0x10000 + readU16(value, 3),
    ...(protocol !== undefined && { protocol }),
    ...(commonName !== undefined && { commonName }),
    ...(cipher !== undefined && { cipher }),
    ...(signatureAlgorithm !== undefined && { signatureAlgorithm }),
    ...(keyAlgorithm !== undefined && { keyAlgorithm }),
  };
}
