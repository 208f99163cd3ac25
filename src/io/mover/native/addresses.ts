// Addresses as the native part takes and gives them.
import { Buffer } from "node:buffer";
import type { Endpoint } from "../../../base/address.ts";
import { ADDRESS_TEXTS_MAX } from "../../../limits.ts";
import { parseIp, printIp } from "../../../base/ip.ts";
import { UNNAMED, unixPath } from "../endpoints.ts";
import type { MoverAddon } from "./addon.ts";
import { ADDRESS_WORDS } from "./addon.ts";

/** An address for a call. */
export interface NativeAddress {
  readonly isUnix: boolean;
  /** 4 or 16 bytes, or the name of a unix socket. */
  readonly bytes: Uint8Array;
  readonly port: number;
}

/** Servers are connected to again and again, and the native part's first look at an array costs memory. */
const known = new WeakMap<Endpoint, NativeAddress>();

/** An endpoint for a call; one whose host is no address has no bytes, which the system refuses. */
export function toNativeAddress(endpoint: Endpoint): NativeAddress {
  let address = known.get(endpoint);
  if (address === undefined) {
    address = makeAddress(endpoint);
    known.set(endpoint, address);
  }
  return address;
}

function makeAddress(endpoint: Endpoint): NativeAddress {
  if (endpoint.kind === "unix") {
    const bytes = Buffer.from(unixPath(endpoint.path, endpoint.abstract));
    return { isUnix: true, bytes, port: 0 };
  }
  return { isUnix: false, bytes: ipBytes(endpoint.host), port: endpoint.port };
}

/** The bytes of a numeric address; none when it is not one. */
export function ipBytes(host: string): Uint8Array {
  return parseIp(host) ?? new Uint8Array(0);
}

/** Reads the six words of an address that begin at `at`: family, port, four words of bytes. */
export function readAddress(words: Int32Array, at: number): Endpoint {
  const family = words[at];
  const port = words[at + 1]!;
  if (family === 4) return { kind: "ip", family: 4, host: textOf(words[at + 2]!), port };
  if (family !== 6) return UNNAMED;
  const bytes = new Uint8Array(Int32Array.from(words.subarray(at + 2, at + 6)).buffer);
  return { kind: "ip", family: 6, host: printIp(bytes), port };
}

const WORDS = new Int32Array(ADDRESS_WORDS);

/** The address of a socket's own end, or of its peer's; an unnamed one when the system knows none. */
export function addressOf(addon: MoverAddon, fd: number, isPeer: boolean): Endpoint {
  addon.socketAddress(fd, isPeer, WORDS);
  return readAddress(WORDS, 0);
}

/** Texts of addresses by their word: devices come back, and often share one address. */
const texts = new Map<number, string>();

function textOf(word: number): string {
  const before = texts.get(word);
  if (before !== undefined) return before;
  if (texts.size === ADDRESS_TEXTS_MAX) texts.clear();
  const text = printIpv4(word);
  texts.set(word, text);
  return text;
}

/** The word holds the bytes in network order, as they lie in memory. */
function printIpv4(word: number): string {
  if (!IS_LITTLE_ENDIAN)
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  return `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
