// Writes the header that `send-proxy` and `send-proxy-v2` put before everything else towards a
// server (haproxy proxy-protocol.txt §2). The order of TLVs is HAProxy's, so that both write the
// same bytes for the same connection.
import type { Endpoint, IpEndpoint } from "../../base/address.ts";
import { assert } from "../../base/assert.ts";
import type { SendProxy } from "../../config/model/server.ts";
import { PROXY_V2_BYTES_MAX } from "../../limits.ts";
import type { TlsFacts } from "../mover.ts";
import { crc32c } from "./crc32c.ts";
import { SSL_CLIENT, TLV, V2_FAMILY, V2_FIXED_BYTES, V2_SIGNATURE } from "./header.ts";
import { parseIpv4, parseIpv6 } from "../../base/ip.ts";

/** What a PROXY header says of a client's connection. */
export interface ProxyHeaderSource {
  readonly version: 1 | 2;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Of the client's connection to us; absent when it is plain. */
  readonly tls?: TlsFacts;
  /** `proxy-v2-options`; without meaning in version 1. */
  readonly options?: SendProxy["options"];
}

/** The bytes of the header; both addresses must be numeric. */
export function encodeProxyHeader(what: ProxyHeaderSource): Uint8Array {
  return what.version === 1 ? encodeV1(what) : encodeV2(what);
}

/** The header of a connection that we open on our own account, as a health check does. */
export function encodeProxyLocal(version: 1 | 2): Uint8Array {
  if (version === 1) return Buffer.from("PROXY UNKNOWN\r\n", "latin1");
  const header = Buffer.alloc(V2_FIXED_BYTES);
  header.set(V2_SIGNATURE);
  header[12] = 0x20;
  return header;
}

/** Address bytes of both ends in one family; `undefined` unless both are IP. */
interface AddressPair {
  readonly family: 4 | 6;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

function encodeV1(what: ProxyHeaderSource): Uint8Array {
  const { source, destination } = what;
  if (source.kind !== "ip" || destination.kind !== "ip") return encodeProxyLocal(1);
  const family = source.family === 4 && destination.family === 4 ? 4 : 6;
  const line =
    `PROXY TCP${family} ${hostIn(family, source)} ${hostIn(family, destination)} ` +
    `${source.port} ${destination.port}\r\n`;
  return Buffer.from(line, "latin1");
}

/** The address in text, as IPv4-mapped where the other end is IPv6. */
function hostIn(family: 4 | 6, endpoint: IpEndpoint): string {
  return family === 6 && endpoint.family === 4 ? `::ffff:${endpoint.host}` : endpoint.host;
}

function encodeV2(what: ProxyHeaderSource): Uint8Array {
  const pair = pairOf(what.source, what.destination);
  const parts = [encodeFixed(pair)];
  if (pair !== undefined) parts.push(encodeAddresses(what, pair));
  const options = new Set(what.options ?? []);
  if (options.has("crc32c")) parts.push(encodeTlv(TLV.crc32c, Buffer.alloc(4)));
  // ALPN goes along whenever it was agreed, whatever the options say.
  if (what.tls?.alpn !== undefined) parts.push(encodeTlv(TLV.alpn, Buffer.from(what.tls.alpn)));
  if (options.has("authority") && what.tls?.serverName !== undefined) {
    parts.push(encodeTlv(TLV.authority, Buffer.from(what.tls.serverName)));
  }
  if (options.has("ssl")) parts.push(encodeTlv(TLV.ssl, encodeSsl(what.tls, options)));
  const header = Buffer.concat(parts);
  assert(header.length <= PROXY_V2_BYTES_MAX, "a PROXY header that we write fits its bound");
  header.writeUInt16BE(header.length - V2_FIXED_BYTES, 14);
  if (options.has("crc32c")) {
    // The checksum's TLV stands directly behind the addresses.
    const at =
      V2_FIXED_BYTES + (parts[1] === undefined || pair === undefined ? 0 : parts[1].length);
    header.writeUInt32BE(crc32c(header), at + 3);
  }
  return header;
}

/** The first sixteen bytes; the length is filled in at the end. */
function encodeFixed(pair: AddressPair | undefined): Buffer {
  const fixed = Buffer.alloc(V2_FIXED_BYTES);
  fixed.set(V2_SIGNATURE);
  // QUIRK: HAProxy says LOCAL for ends that are not IP, although version 2 could name unix paths.
  fixed[12] = pair === undefined ? 0x20 : 0x21;
  if (pair !== undefined) fixed[13] = pair.family === 4 ? V2_FAMILY.tcp4 : V2_FAMILY.tcp6;
  return fixed;
}

function encodeAddresses(what: ProxyHeaderSource, pair: AddressPair): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(portOf(what.source), 0);
  ports.writeUInt16BE(portOf(what.destination), 2);
  return Buffer.concat([pair.source, pair.destination, ports]);
}

function portOf(endpoint: Endpoint): number {
  return endpoint.kind === "ip" ? endpoint.port : 0;
}

function pairOf(source: Endpoint, destination: Endpoint): AddressPair | undefined {
  if (source.kind !== "ip" || destination.kind !== "ip") return undefined;
  const family = source.family === 4 && destination.family === 4 ? 4 : 6;
  return {
    family,
    source: addressBytes(family, source),
    destination: addressBytes(family, destination),
  };
}

function addressBytes(family: 4 | 6, endpoint: IpEndpoint): Uint8Array {
  const text = hostIn(family, endpoint);
  // A scope (`fe80::1%eth0`) names one of our own interfaces and means nothing elsewhere.
  const bytes = family === 4 ? parseIpv4(text) : parseIpv6(text.split("%", 1)[0]!);
  assert(bytes !== undefined, `a numeric address of family ${family}, not "${text}"`);
  return bytes;
}

function encodeTlv(type: number, value: Uint8Array): Buffer {
  const head = Buffer.from([type, value.length >> 8, value.length & 0xff]);
  return Buffer.concat([head, value]);
}

/** The value of PP2_TYPE_SSL (§2.2.6). Key and signature algorithms are those of our own certificate. */
function encodeSsl(tls: TlsFacts | undefined, options: ReadonlySet<string>): Buffer {
  const head = Buffer.alloc(5);
  if (tls === undefined) return head;
  const hasCertificate = tls.peer !== undefined;
  head[0] =
    SSL_CLIENT.ssl |
    (hasCertificate ? SSL_CLIENT.certSession : 0) |
    (hasCertificate && !tls.resumed ? SSL_CLIENT.certConnection : 0);
  head.writeUInt32BE(hasCertificate ? tls.verifyResult : 0, 1);
  const parts: Uint8Array[] = [head];
  const add = (type: number, text: string | undefined): void => {
    if (text !== undefined) parts.push(encodeTlv(type, Buffer.from(text)));
  };
  add(TLV.sslVersion, tls.protocol);
  if (options.has("cert-cn")) add(TLV.sslCommonName, tls.peer?.commonName);
  if (options.has("cert-key")) add(TLV.sslKey, tls.own?.keyAlgorithm);
  if (options.has("cert-sig")) add(TLV.sslSignature, tls.own?.signatureAlgorithm);
  if (options.has("ssl-cipher")) add(TLV.sslCipher, tls.cipher);
  return Buffer.concat(parts);
}
