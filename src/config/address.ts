// Addresses as configuration words (haproxy configuration §11 of newer manuals): `*:1883`, `:1883`,
// `[::1]:1883`, `ipv6@host:1`, `unix@/path`, `abns@name`, `fd@3`, with a port range where allowed.
import type { Endpoint } from "../base/address.ts";
import { parseIp, printIp } from "../base/ip.ts";

/** The parts of an address word. */
export type AddressWord =
  | {
      readonly kind: "ip";
      readonly family: 4 | 6;
      readonly host: string;
      readonly port: PortWord;
    }
  | {
      readonly kind: "name";
      readonly host: string;
      readonly prefer?: 4 | 6;
      readonly port: PortWord;
    }
  | { readonly kind: "unix"; readonly path: string; readonly abstract: boolean }
  | { readonly kind: "fd"; readonly fd: number }
  | { readonly kind: "problem"; readonly message: string };

/** The port part: absent, one, a range, or an offset (`:+10`) to the port of the client's address. */
export type PortWord =
  | { readonly kind: "absent" }
  | { readonly kind: "range"; readonly first: number; readonly last: number }
  | { readonly kind: "offset"; readonly offset: number };

const PREFIX = /^(unix|abns|fd|ipv4|ipv6|tcp|tcp4|tcp6)@/;
const FOREIGN_PREFIX = /^(udp|udp4|udp6|quic4|quic6|sockpair|rhttp|abnsz|mptcp|mptcp4|mptcp6)@/;

/** Reads one address word; nothing is resolved. */
export function parseAddressWord(word: string): AddressWord {
  const foreign = FOREIGN_PREFIX.exec(word);
  if (foreign !== null) {
    return problem(`address family '${foreign[1]!}' in '${word}' is not served by Tandem`);
  }
  const prefix = PREFIX.exec(word)?.[1];
  const rest = prefix === undefined ? word : word.slice(prefix.length + 1);
  if (prefix === "fd") {
    return /^\d{1,7}$/.test(rest)
      ? { kind: "fd", fd: Number(rest) }
      : problem(`file descriptor '${rest}' is not a valid integer in '${word}'`);
  }
  if (prefix === "abns") return { kind: "unix", path: rest, abstract: true };
  if (prefix === "unix" || (prefix === undefined && word.startsWith("/"))) {
    return { kind: "unix", path: rest, abstract: false };
  }
  return parseHostAndPort(rest, word, familyOf(prefix));
}

function familyOf(prefix: string | undefined): 4 | 6 | undefined {
  if (prefix === "ipv4" || prefix === "tcp4") return 4;
  return prefix === "ipv6" || prefix === "tcp6" ? 6 : undefined;
}

function problem(message: string): AddressWord {
  return { kind: "problem", message };
}

function parseHostAndPort(text: string, word: string, family: 4 | 6 | undefined): AddressWord {
  const bracket = text.lastIndexOf("]");
  const colon = text.lastIndexOf(":");
  const hasPort = colon > bracket;
  const port = hasPort ? parsePort(text.slice(colon + 1), word) : ({ kind: "absent" } as const);
  if (typeof port === "string") return problem(port);
  const host = (hasPort ? text.slice(0, colon) : text).replace(/^\[(.*)\]$/, "$1");
  if (host === "" || host === "*") {
    return { kind: "ip", family: family ?? 4, host: family === 6 ? "::" : "0.0.0.0", port };
  }
  const bytes = parseIp(host);
  if (bytes !== undefined) {
    const actual = bytes.length === 4 ? 4 : 6;
    if (family !== undefined && family !== actual) {
      return problem(`invalid address: '${host}' in '${word}'`);
    }
    return { kind: "ip", family: actual, host: printIp(bytes), port };
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(host) || /^[0-9.]+$/.test(host)) {
    return problem(`invalid address: '${host}' in '${word}'`);
  }
  return { kind: "name", host, port, ...(family === undefined ? {} : { prefer: family }) };
}

/** The port part after the last colon, or what is wrong with it. */
function parsePort(text: string, word: string): PortWord | string {
  if (text === "") return { kind: "absent" };
  if (/^[+-]\d{1,5}$/.test(text)) return { kind: "offset", offset: Number(text) };
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text);
  if (match === null) {
    const bad = /[^\d]/.exec(text)?.[0] ?? text;
    return `invalid character '${bad}' in port number '${text}' in '${word}'`;
  }
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first > 65_535 || last > 65_535) return `invalid port '${text}'`;
  if (last < first) return `invalid port range '${text}'`;
  return { kind: "range", first, last };
}

/** Writes an endpoint as an address word. */
export function printEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `${endpoint.abstract ? "abns" : "unix"}@${endpoint.path}`;
  return `${endpoint.family === 6 ? "ipv6" : "ipv4"}@${printHost(endpoint.host)}:${endpoint.port}`;
}

/** Writes a host so that a port may follow. */
export function printHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
