// The `global` section.
import type { GlobalSection } from "../model/global.ts";
import type { TlsSettings } from "../model/tls.ts";
import { printAccess, printBindAddress, printVersions } from "./bind.ts";
import { printIf, printLine, printOwnLine, printTime, printTimeIf } from "./line.ts";
import { printLog } from "./log.ts";

/** The section, also where it says nothing. */
export function printGlobal(global: GlobalSection): string {
  const { logSendHostname: host, sslDefaults: ssl } = global;
  return [
    "global\n",
    global.daemon ? printLine("daemon") : "",
    printIf("maxconn", global.maxconn),
    printIf("nbthread", global.nbthread),
    printIf("maxconnrate", global.maxconnrate),
    printIf("maxsessrate", global.maxsessrate),
    printIf("ulimit-n", global.ulimitN),
    printIf("pidfile", global.pidfile),
    printIf("chroot", global.chroot),
    printIf(typeof global.user === "number" ? "uid" : "user", global.user),
    printIf(typeof global.group === "number" ? "gid" : "group", global.group),
    printIf("node", global.node),
    printIf("description", global.description),
    printIf("localpeer", global.localpeer),
    ...global.logs.map(printLog),
    printIf("log-tag", global.logTag),
    host === true ? printLine("log-send-hostname") : printIf("log-send-hostname", host),
    printTimeIf("hard-stop-after", global.hardStopAfterMs),
    printTimeIf("grace", global.graceMs),
    printLine("spread-checks", global.spreadChecks),
    printTimeIf("max-spread-checks", global.maxSpreadChecksMs),
    ...global.statsSockets.map((socket) =>
      printLine(
        "stats socket",
        printBindAddress(socket.endpoint),
        ...printAccess(socket.access),
        "level",
        socket.level,
      ),
    ),
    printTimeIf("stats timeout", global.statsTimeoutMs),
    printIf("server-state-file", global.serverStateFile),
    printIf("server-state-base", global.serverStateBase),
    printIf("ca-base", ssl.caBase),
    printIf("crt-base", ssl.crtBase),
    printIf("ssl-dh-param-file", ssl.dhParamFile),
    printIf("ssl-server-verify", ssl.serverVerify),
    printSide("bind", ssl.bind),
    printSide("server", ssl.server),
    ...Object.entries(global.tune).map(([name, value]) =>
      printLine(name === "stats.maxconn" ? "stats maxconn" : name, value),
    ),
    global.tableDirectory === undefined
      ? ""
      : printOwnLine("table-directory", global.tableDirectory),
    printOwnLine("table-save-interval", printTime(global.tableSaveIntervalMs)),
    printOwnLine("balancer-probe", global.balancerProbe),
    printOwnLine("mover", global.mover),
    printOwnLine("tickle-rate", global.tickleRate),
    printOwnLine("gone-address-grace", printTime(global.goneAddressGraceMs)),
  ].join("");
}

function printSide(side: "bind" | "server", tls: TlsSettings): string {
  const versions = printVersions(tls);
  return [
    printIf(`ssl-default-${side}-ciphers`, tls.ciphers),
    printIf(`ssl-default-${side}-ciphersuites`, tls.ciphersuites),
    printIf(`ssl-default-${side}-curves`, tls.curves),
    versions.length === 0 ? "" : printLine(`ssl-default-${side}-options`, ...versions),
  ].join("");
}
