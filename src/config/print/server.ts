// `server` and `peer` lines.
import { printSampleExpression } from "../../rules/parse-sample.ts";
import { printEndpoint, printHost } from "../address.ts";
import { lexLine } from "../lexer.ts";
import type { SourceSettings } from "../model/proxy.ts";
import type { AgentSettings, CheckSettings, Server, ServerAddress } from "../model/server.ts";
import type { ServerTls } from "../model/tls.ts";
import { printTlsSettings } from "./bind.ts";
import { flagIf, pair, printLine, printOwnLine, timePair } from "./line.ts";
import type { Printable } from "./line.ts";

/**
 * The `server` lines of a backend, with nothing left to a `default-server` but words of our own, for which
 * HAProxy's lines have no place.
 */
export function printServers(servers: readonly Server[]): readonly string[] {
  let before = "off";
  return servers.map((server) => {
    const rate = server.connectRate;
    const words = rate === undefined ? "off" : `${rate.perSecond}/s burst ${rate.burst}`;
    const own =
      words === before ? "" : printOwnLine("default-server mqtt-connect-rate", ...words.split(" "));
    before = words;
    return own + printServer(server);
  });
}

/** A `server` line. */
function printServer(server: Server): string {
  const ownAddress = server.check?.host !== undefined || server.check?.port !== undefined;
  return printLine(
    "server",
    server.name,
    printServerAddress(server.address, server.portOffset),
    "id",
    server.id,
    ...printLoad(server),
    ...(server.check === undefined
      ? []
      : printCheck(server.check, server.tls !== undefined && !ownAddress)),
    ...(server.agent === undefined ? [] : printAgent(server.agent)),
    ...printReactions(server),
    ...printSendProxy(server),
    ...(server.tls === undefined ? [] : ["ssl", ...printServerTls(server.tls)]),
    ...(server.check?.tlsSettings === undefined ? [] : printServerTls(server.check.tlsSettings)),
    ...(server.source === undefined ? [] : ["source", ...printSource(server.source)]),
    ...timePair("tcp-ut", server.tcpUserTimeoutMs),
    ...pair("resolvers", server.resolvers),
    ...pair("init-addr", server.initAddr.length === 0 ? undefined : server.initAddr.join(",")),
    ...pair("cookie", server.cookie),
  );
}

/** The address word: with a port, an offset to the client's port, or neither. */
export function printServerAddress(address: ServerAddress, portOffset?: number): string {
  if (address.kind === "unix") return printEndpoint(address);
  const port = printPort(address.port, portOffset);
  if (address.kind === "ip") {
    return `${address.family === 6 ? "ipv6" : "ipv4"}@${printHost(address.host)}${port}`;
  }
  const prefix = address.prefer === undefined ? "" : `ipv${address.prefer}@`;
  return `${prefix}${address.host}${port}`;
}

function printPort(port: number, offset: number | undefined): string {
  if (offset !== undefined) return `:${offset < 0 ? "" : "+"}${offset}`;
  return port === 0 ? "" : `:${port}`;
}

function printLoad(server: Server): readonly Printable[] {
  return [
    "weight",
    server.weight,
    ...pair("maxconn", server.maxconn),
    ...pair("minconn", server.minconn),
    ...pair("maxqueue", server.maxqueue),
    ...flagIf("backup", server.backup),
    ...flagIf("disabled", server.disabled),
    ...flagIf("non-stick", server.nonStick),
    ...timePair("slowstart", server.slowstartMs === 0 ? undefined : server.slowstartMs),
  ];
}

function printCheck(check: CheckSettings, wouldUseTls: boolean): readonly Printable[] {
  return [
    "check",
    ...timePair("inter", check.intervalMs),
    ...timePair("fastinter", check.fastIntervalMs),
    ...timePair("downinter", check.downIntervalMs),
    "rise",
    check.rise,
    "fall",
    check.fall,
    ...pair("addr", check.host),
    ...pair("port", check.port),
    ...flagIf("check-ssl", check.tls),
    ...flagIf("no-check-ssl", !check.tls && wouldUseTls),
    ...pair("check-sni", check.sni),
    ...pair("check-alpn", check.alpn?.join(",")),
    ...flagIf("check-send-proxy", check.sendProxy),
    ...pair("init-state", check.initState === "up" ? undefined : check.initState),
  ];
}

function printAgent(agent: AgentSettings): readonly Printable[] {
  return [
    "agent-check",
    "agent-port",
    agent.port,
    ...pair("agent-addr", agent.host),
    ...timePair("agent-inter", agent.intervalMs),
    ...pair("agent-send", agent.send),
  ];
}

function printReactions(server: Server): readonly Printable[] {
  const { track } = server;
  const tracked = track?.backend === undefined ? track?.server : `${track.backend}/${track.server}`;
  return [
    ...pair("track", tracked),
    ...pair("observe", server.observe),
    "error-limit",
    server.errorLimit,
    "on-error",
    server.onError,
    ...pair("on-marked-down", server.onMarkedDown),
    ...pair("on-marked-up", server.onMarkedUp),
  ];
}

function printSendProxy(server: Server): readonly Printable[] {
  const { sendProxy } = server;
  if (sendProxy === undefined) return [];
  if (sendProxy.version === 1) return ["send-proxy"];
  const options = sendProxy.options.length === 0 ? undefined : sendProxy.options.join(",");
  return ["send-proxy-v2", ...pair("proxy-v2-options", options)];
}

/** The words about TLS without `ssl` itself. */
export function printServerTls(tls: ServerTls): readonly Printable[] {
  // The printed expression is unquoted here: the line quotes its words itself.
  const sni = tls.sni === undefined ? undefined : printUnquoted(tls.sni);
  return [
    "verify",
    tls.verify,
    ...pair("ca-file", tls.caFile),
    ...pair("crl-file", tls.crlFile),
    ...pair("crt", tls.crt),
    ...pair("sni", sni),
    ...pair("verifyhost", tls.verifyHost),
    ...flagIf("no-ssl-reuse", !tls.reuse),
    ...printTlsSettings(tls),
  ];
}

function printUnquoted(expression: NonNullable<ServerTls["sni"]>): string {
  const [word] = lexLine(printSampleExpression(expression), () => undefined).words;
  return word?.text ?? "";
}

/** The words after `source`. */
export function printSource(source: SourceSettings): readonly Printable[] {
  const { host = "0.0.0.0", family, portMin, portMax, useClient } = source;
  const ports = portMax === portMin ? `${portMin ?? ""}` : `${portMin ?? ""}-${portMax ?? ""}`;
  const prefix = family === 6 ? "ipv6@" : "";
  return [
    `${prefix}${printHost(host)}${portMin === undefined ? "" : `:${ports}`}`,
    ...pair("usesrc", useClient),
    ...pair("interface", source.interface),
  ];
}
