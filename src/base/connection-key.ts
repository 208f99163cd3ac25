// A TCP connection's two ends in a fixed form: each address as IPv6 (an IPv4 one mapped, RFC 4291
// §2.5.5.2), then its port in network order; the client's end first. 36 bytes for any family, so
// that lists of connections are compared, stored and sent without being parsed.
import type { IpEndpoint } from "./address.ts";
import { type IpBytes, parseIp, toIpv4, toIpv6 } from "./ip.ts";

/** Bytes of a key. */
export const CONNECTION_KEY_BYTES = 36;

const ADDRESS_BYTES = 16;
const END_BYTES = ADDRESS_BYTES + 2;

/** One end: the address in its own family's form, 4 or 16 bytes. */
export interface ConnectionEnd {
  readonly address: IpBytes;
  readonly port: number;
}

/** A connection as its key says it. */
export interface KeyedConnection {
  readonly client: ConnectionEnd;
  readonly local: ConnectionEnd;
}

/** The key of a connection; `undefined` where an address is not numeric, or names a zone. */
export function connectionKey(client: IpEndpoint, local: IpEndpoint): Uint8Array | undefined {
  const key = new Uint8Array(CONNECTION_KEY_BYTES);
  const isWhole = writeEnd(key, 0, client) && writeEnd(key, END_BYTES, local);
  return isWhole ? key : undefined;
}

/** Reads a key of 36 bytes. Both ends have one family: a key of two is `undefined`. */
export function readConnectionKey(key: Uint8Array): KeyedConnection | undefined {
  if (key.length !== CONNECTION_KEY_BYTES) return undefined;
  const client = readEnd(key, 0);
  const local = readEnd(key, END_BYTES);
  return client.address.length === local.address.length ? { client, local } : undefined;
}

/** The local address of a key as IPv6. Keys and address are byte strings: one byte a character. */
export function localAddressOf(key: string): string {
  return key.slice(END_BYTES, END_BYTES + ADDRESS_BYTES);
}

function writeEnd(key: Uint8Array, at: number, { host, port }: IpEndpoint): boolean {
  const address = parseIp(host);
  if (address === undefined) return false;
  key.set(toIpv6(address), at);
  key.set([port >> 8, port & 0xff], at + ADDRESS_BYTES);
  return true;
}

function readEnd(key: Uint8Array, at: number): ConnectionEnd {
  const address = Uint8Array.from(key.subarray(at, at + ADDRESS_BYTES));
  const port = (key[at + ADDRESS_BYTES]! << 8) | key[at + ADDRESS_BYTES + 1]!;
  return { address: toIpv4(address) ?? address, port };
}
