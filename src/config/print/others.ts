// `peers`, `userlist` and `resolvers` sections.
import type { PeersSection, ResolversSection, Userlist } from "../model/configuration.ts";
import { printBind, printBindWords } from "./bind.ts";
import { pair, printLine, printTime } from "./line.ts";
import { printServerAddress, printServerTls } from "./server.ts";
import { printStickTable } from "./stick.ts";

/** A `peers` section. */
export function printPeers(section: PeersSection): string {
  return [
    `peers ${section.name}\n`,
    section.disabled ? printLine("disabled") : "",
    section.defaultBind === undefined
      ? ""
      : printLine("default-bind", ...printBindWords(section.defaultBind)),
    section.bind === undefined ? "" : printBind(section.bind),
    ...section.peers.map(({ name, address, tls }) =>
      printLine(
        "server",
        name,
        ...(address === undefined ? [] : [printServerAddress(address)]),
        ...(tls === undefined ? [] : ["ssl", ...printServerTls(tls)]),
      ),
    ),
    ...section.tables.map((table) =>
      printStickTable(table, `table ${table.name.slice(section.name.length + 1)}`),
    ),
  ].join("");
}

/** A `userlist` section. */
export function printUserlist(list: Userlist): string {
  return [
    `userlist ${list.name}\n`,
    ...list.groups.map(({ name, users }) =>
      printLine("group", name, ...pair("users", users.length === 0 ? undefined : users.join(","))),
    ),
    ...list.users.map(({ name, password, insecure, groups }) =>
      printLine(
        "user",
        name,
        ...pair(insecure ? "insecure-password" : "password", password),
        ...pair("groups", groups.length === 0 ? undefined : groups.join(",")),
      ),
    ),
  ].join("");
}

/** A `resolvers` section. */
export function printResolvers(section: ResolversSection): string {
  return [
    `resolvers ${section.name}\n`,
    ...section.nameservers.map(({ name, host, port }) =>
      printLine("nameserver", name, `${host.includes(":") ? `[${host}]` : host}:${port}`),
    ),
    section.parseResolvConf ? printLine("parse-resolv-conf") : "",
    printLine("resolve_retries", section.retries),
    printLine("timeout", "resolve", printTime(section.resolveMs)),
    printLine("timeout", "retry", printTime(section.retryMs)),
    ...Object.entries(section.hold).map(([event, valueMs]) =>
      printLine("hold", event, printTime(valueMs)),
    ),
  ].join("");
}
