// Reads the first TLS record of a connection as far as its ClientHello tells who is meant (RFC
// 8446 §4.1.2, RFC 6066 §3, RFC 7301). Only the first record is looked at, as HAProxy does.
import { byteString } from "../bytes.ts";

/** What a ClientHello says. */
export interface ClientHello {
  /** Of the handshake message: 1 for a ClientHello, 2 for a ServerHello. */
  readonly helloType: number;
  /** The highest version offered, major in the upper 16 bits as HAProxy writes it: 3.1 is TLS 1.0. */
  readonly version: number;
  /** As sent, one byte a character. */
  readonly serverName?: string;
  readonly alpn?: string;
  readonly hasEcExtension: boolean;
}

/** What the first bytes are. */
export type HelloInspection =
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "need-more" }
  | { readonly kind: "not-tls" };

const NEED_MORE: HelloInspection = { kind: "need-more" };
const NOT_TLS: HelloInspection = { kind: "not-tls" };

const RECORD_HEADER_BYTES = 5;
const RECORD_BODY_BYTES_MAX = 16_384 + 256;
const HANDSHAKE = 22;

/** Classifies first bytes: a whole ClientHello or ServerHello, a part of one, or something else. */
export function inspectHello(bytes: Uint8Array): HelloInspection {
  if (bytes.length === 0) return NEED_MORE;
  if (bytes[0] !== HANDSHAKE) return NOT_TLS;
  if (bytes.length > 1 && bytes[1] !== 3) return NOT_TLS;
  if (bytes.length < RECORD_HEADER_BYTES) return NEED_MORE;
  const bodyLength = (bytes[3]! << 8) | bytes[4]!;
  if (bodyLength < 4 || bodyLength > RECORD_BODY_BYTES_MAX) return NOT_TLS;
  const helloType = bytes[5];
  if (helloType === undefined) return NEED_MORE;
  if (helloType !== 1 && helloType !== 2) return NOT_TLS;
  if (bytes.length < RECORD_HEADER_BYTES + bodyLength) return NEED_MORE;
  const body = bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + bodyLength);
  const hello = readHello(body, helloType);
  return hello === undefined ? NOT_TLS : { kind: "hello", hello };
}

/** Walks a run of bytes; every read past the end answers `undefined` from then on. */
class Walker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(byteCount: number): number | undefined {
    if (this.left < byteCount) return undefined;
    let value = 0;
    for (let i = 0; i < byteCount; i++) value = value * 256 + this.#bytes[this.#at++]!;
    return value;
  }

  take(byteCount: number | undefined): Uint8Array | undefined {
    if (byteCount === undefined || this.left < byteCount) return undefined;
    this.#at += byteCount;
    return this.#bytes.subarray(this.#at - byteCount, this.#at);
  }

  /** A run of bytes behind its length of `lengthBytes` bytes. */
  vector(lengthBytes: number): Uint8Array | undefined {
    return this.take(this.number(lengthBytes));
  }
}

function readHello(record: Uint8Array, helloType: number): ClientHello | undefined {
  const walker = new Walker(record);
  walker.take(1);
  const length = walker.number(3);
  // A hello cut over two records is rare and HAProxy does not join them either; what stands in
  // the first record is read.
  const body = walker.take(Math.min(length ?? 0, walker.left));
  if (length === undefined || body === undefined || length < 38) return undefined;
  return helloType === 1
    ? readClientHello(body)
    : { helloType, version: toVersion((body[0]! << 8) | body[1]!), hasEcExtension: false };
}

function toVersion(wire: number): number {
  return ((wire >> 8) << 16) | (wire & 0xff);
}

function readClientHello(body: Uint8Array): ClientHello | undefined {
  const walker = new Walker(body);
  const version = walker.number(2);
  if (version === undefined || version >> 8 !== 3) return undefined;
  walker.take(32);
  if (walker.vector(1) === undefined) return undefined;
  if (walker.vector(2) === undefined) return undefined;
  if (walker.vector(1) === undefined) return undefined;
  const found = readExtensions(walker.left < 2 ? new Uint8Array(0) : walker.vector(2));
  return { helloType: 1, ...found, version: toVersion(found.version ?? version) };
}

interface Extensions {
  readonly version?: number;
  readonly serverName?: string;
  readonly alpn?: string;
  readonly hasEcExtension: boolean;
}

function readExtensions(block: Uint8Array | undefined): Extensions {
  const walker = new Walker(block ?? new Uint8Array(0));
  let found: Extensions = { hasEcExtension: false };
  for (;;) {
    const type = walker.number(2);
    const data = type === undefined ? undefined : walker.vector(2);
    if (type === undefined || data === undefined) return found;
    if (type === 0) found = { ...found, ...readServerName(data) };
    else if (type === 10) found = { ...found, hasEcExtension: true };
    else if (type === 16) found = { ...found, ...readAlpn(data) };
    else if (type === 43) found = { ...found, ...readSupportedVersions(data) };
  }
}

function readServerName(data: Uint8Array): { serverName?: string } {
  const list = new Walker(new Walker(data).vector(2) ?? new Uint8Array(0));
  while (list.left > 0) {
    const type = list.number(1);
    const name = list.vector(2);
    if (name === undefined) return {};
    if (type === 0) return name.length === 0 ? {} : { serverName: byteString(name) };
  }
  return {};
}

function readAlpn(data: Uint8Array): { alpn?: string } {
  const list = new Walker(new Walker(data).vector(2) ?? new Uint8Array(0));
  const first = list.vector(1);
  return first === undefined || first.length === 0 ? {} : { alpn: byteString(first) };
}

function readSupportedVersions(data: Uint8Array): { version?: number } {
  const list = new Walker(new Walker(data).vector(1) ?? new Uint8Array(0));
  let highest: number | undefined;
  for (let version = list.number(2); version !== undefined; version = list.number(2)) {
    // Other major versions are GREASE (RFC 8701), there to be ignored.
    if (version >> 8 === 3 && version > (highest ?? 0)) highest = version;
  }
  return highest === undefined ? {} : { version: highest };
}
