// Listening addresses and their words.
import { printEndpoint } from "../address.ts";
import { printTlsVersion } from "../keywords/tls.ts";
import type { Bind, BindAddress, UnixAccess } from "../model/bind.ts";
import type { BindTls, TlsSettings } from "../model/tls.ts";
import { flagIf, pair, printLine, timePair } from "./line.ts";
import type { Printable } from "./line.ts";

/** A `bind` line. */
export function printBind(bind: Bind): string {
  return printLine("bind", printBindAddress(bind.address), ...printBindWords(bind));
}

/** The words after the address. */
export function printBindWords(bind: Omit<Bind, "address">): readonly Printable[] {
  return [
    ...pair("name", bind.name),
    ...pair("id", bind.id),
    ...flagIf("accept-proxy", bind.acceptProxy),
    ...pair("maxconn", bind.maxconn),
    ...pair("backlog", bind.backlog),
    ...pair("interface", bind.interface),
    ...flagIf("transparent", bind.transparent),
    ...flagIf("v4v6", bind.v4v6),
    ...flagIf("v6only", bind.v6only),
    ...timePair("tcp-ut", bind.tcpUserTimeoutMs),
    ...printAccess(bind.access),
    ...pair("level", bind.level),
    ...(bind.tls === undefined ? [] : printBindTls(bind.tls)),
  ];
}

/** The address word of a listener. */
export function printBindAddress(address: BindAddress): string {
  return address.kind === "fd" ? `fd@${address.fd}` : printEndpoint(address);
}

/** The words about a unix socket's file. */
export function printAccess(access: UnixAccess): readonly Printable[] {
  return [
    ...pair("mode", access.mode?.toString(8)),
    ...pair(typeof access.user === "number" ? "uid" : "user", access.user),
    ...pair(typeof access.group === "number" ? "gid" : "group", access.group),
  ];
}

function printBindTls(tls: BindTls): readonly Printable[] {
  return [
    "ssl",
    ...tls.crt.flatMap((file) => ["crt", file]),
    ...tls.crtList.flatMap((file) => ["crt-list", file]),
    ...pair("ca-file", tls.caFile),
    ...pair("crl-file", tls.crlFile),
    "verify",
    tls.verify,
    ...flagIf("strict-sni", tls.strictSni),
    ...pair("tls-ticket-keys", tls.ticketKeysFile),
    ...printTlsSettings(tls),
  ];
}

/** The words that both sides of TLS share. */
export function printTlsSettings(tls: TlsSettings): readonly Printable[] {
  return [
    ...printVersions(tls),
    ...pair("ciphers", tls.ciphers),
    ...pair("ciphersuites", tls.ciphersuites),
    ...pair("curves", tls.curves),
    ...pair("alpn", tls.alpn?.join(",")),
  ];
}

/** The words of `ssl-default-*-options`. */
export function printVersions(tls: TlsSettings): readonly Printable[] {
  const { minVersion, maxVersion, noTickets } = tls;
  return [
    ...pair("ssl-min-ver", minVersion === undefined ? undefined : printTlsVersion(minVersion)),
    ...pair("ssl-max-ver", maxVersion === undefined ? undefined : printTlsVersion(maxVersion)),
    ...(noTickets === undefined ? [] : [noTickets ? "no-tls-tickets" : "tls-tickets"]),
  ];
}
