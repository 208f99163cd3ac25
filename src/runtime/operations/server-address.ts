// Where a server and its checks are (haproxy management §9.3 `set server <b>/<s> addr`,
// `check-addr`, `check-port`, `agent-addr`, `agent-port`, `agent-send`).
import type { IpEndpoint } from "../../base/address.ts";
import { parseIp, printIp } from "../../base/ip.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { Server } from "../../config/model/server.ts";
import { type Answer, done, refuse, tell } from "../command.ts";
import { replaceServer } from "./configured-servers.ts";
import { readInteger, readLeadingInteger } from "./numbers.ts";
import type { ServerTarget } from "./target.ts";

/** Who changed an address, as HAProxy's answers end. */
const UPDATER = "stats socket command";

/** What a word says of a port: a number, or a distance from the client's destination port. */
type PortChange =
  | { readonly kind: "none" }
  | { readonly kind: "fixed"; readonly port: number }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "problem"; readonly text: string };

/** Sends new connections to another address, to another port, or both; checks go along. */
export function setServerAddress(
  { backend, server }: ServerTarget,
  args: readonly string[],
  configuration: Configuration,
  nowMs: Millis,
): Answer {
  const [addressWord, keyword, portWord] = args;
  if (addressWord === undefined || addressWord === "") {
    return refuse("set server <b>/<s> addr requires an address and optionally a port.");
  }
  const host = readHost(addressWord);
  if (host === undefined) return refuse(`Invalid addr '${addressWord}' by '${UPDATER}'`);
  const endpoint = backend.facts.get(server.name)?.endpoint;
  const current = endpoint?.kind === "ip" ? endpoint : undefined;
  const texts = [
    current?.host === host
      ? "no need to change the addr"
      : `IP changed from '${shownHost(current)}' to '${addressWord}'`,
  ];
  const change = keyword === "port" ? readPort(portWord, server.spec) : ({ kind: "none" } as const);
  const portText = describePort(change, server.spec, current?.port ?? 0);
  if (portText !== undefined) texts.push(portText);
  const answer = `${texts.join(", ")} by '${UPDATER}'`;
  const next = placeServer(server.spec, host, current?.port ?? 0, change);
  if (isSamePlace(server.spec, next, current)) return tell(answer);
  const facts = { endpoint: endpointOf(next) };
  return tell(answer, replaceServer(configuration, backend, next, nowMs, facts));
}

function readHost(word: string): string | undefined {
  if (word === "*") return "0.0.0.0";
  const bytes = parseIp(word);
  return bytes === undefined ? undefined : printIp(bytes);
}

function shownHost(endpoint: IpEndpoint | undefined): string {
  return endpoint?.host ?? "(none)";
}

/** A relative port needs checks that do not depend on it. */
function readPort(word: string | undefined, spec: Server): PortChange {
  const read = readLeadingInteger(word ?? "");
  if (read === undefined) {
    return { kind: "problem", text: `problem converting port '${word ?? ""}' to an int` };
  }
  if (/^\s*[+-]/.test(word!)) {
    if (spec.check?.port === undefined) {
      return {
        kind: "problem",
        text:
          "can't change <port> to port map because it is incompatible with current health check " +
          "port configuration (use 'port' statement from the 'server' directive.",
      };
    }
    return { kind: "offset", offset: read.value };
  }
  if (read.value > 65_535) return { kind: "problem", text: `port '${word!}' is out of range` };
  return { kind: "fixed", port: read.value };
}

function describePort(change: PortChange, spec: Server, port: number): string | undefined {
  const from = `${spec.portOffset === undefined ? "" : signOf(spec.portOffset)}${Math.abs(
    spec.portOffset ?? port,
  )}`;
  switch (change.kind) {
    case "none":
      return undefined;
    case "problem":
      return change.text;
    case "fixed":
      if (spec.portOffset === undefined && change.port === port) {
        return "no need to change the port";
      }
      return `port changed from '${from}' to '${change.port}'`;
    case "offset": {
      if (spec.portOffset === change.offset) return "no need to change the port";
      return `port changed from '${from}' to '${signOf(change.offset)}${Math.abs(change.offset)}'`;
    }
  }
}

function signOf(offset: number): string {
  return offset < 0 ? "-" : "+";
}

function placeServer(spec: Server, host: string, port: number, change: PortChange): Server {
  const { portOffset, ...rest } = spec;
  const family = host.includes(":") ? 6 : 4;
  const kept = spec.address.kind === "unix" ? 0 : port;
  const number = change.kind === "fixed" ? change.port : change.kind === "offset" ? 0 : kept;
  const offset =
    change.kind === "offset" ? change.offset : change.kind === "fixed" ? undefined : portOffset;
  return {
    ...rest,
    address: { kind: "ip", family, host, port: number },
    ...(offset === undefined ? {} : { portOffset: offset }),
  };
}

function isSamePlace(old: Server, next: Server, current: IpEndpoint | undefined): boolean {
  const to = endpointOf(next);
  return (
    current?.host === to.host && current.port === to.port && old.portOffset === next.portOffset
  );
}

function endpointOf(server: Server): IpEndpoint {
  const { address } = server;
  return address.kind === "ip" ? address : { kind: "ip", family: 4, host: "0.0.0.0", port: 0 };
}

/** Who looks at a server: its health check, or the agent that is asked about it. */
export type Checker = "check" | "agent";

const DISABLED: Readonly<Record<Checker, string>> = {
  check: "health checks are not enabled on this server",
  agent: "agent checks are not enabled on this server",
};

/** Sends checks elsewhere than the server's connections, or asks the agent elsewhere. */
export function setCheckerAddress(
  checker: Checker,
  { backend, server }: ServerTarget,
  args: readonly string[],
  configuration: Configuration,
  nowMs: Millis,
): Answer {
  if (args[0] === undefined || args[0] === "") {
    return refuse(`set server <b>/<s> ${checker}-addr requires an address and optionally a port.`);
  }
  const settings = server.spec[checker];
  if (settings === undefined) return refuse(DISABLED[checker]);
  const place = readPlace(args);
  if ("problem" in place) return refuse(place.problem);
  const next = { ...server.spec, [checker]: { ...settings, ...place } };
  return done(replaceServer(configuration, backend, next, nowMs));
}

/** Sends checks to another port, or asks the agent there; 0 stands for the server's own in checks. */
export function setCheckerPort(
  checker: Checker,
  { backend, server }: ServerTarget,
  word: string | undefined,
  configuration: Configuration,
  nowMs: Millis,
): Answer {
  if (word === undefined || word === "") {
    return refuse(`set server <b>/<s> ${checker}-port requires a port.`);
  }
  const settings = server.spec[checker];
  if (settings === undefined) return refuse(DISABLED[checker]);
  const port = readPlainPort(word);
  if (typeof port === "string") return refuse(port);
  const { port: _former, ...rest } = settings;
  const isOwn = checker === "check" && port === 0;
  const next = { ...server.spec, [checker]: isOwn ? rest : { ...rest, port } };
  return done(replaceServer(configuration, backend, next, nowMs));
}

/** Sends the agent another text, an empty one for none. */
export function setAgentSend(
  { backend, server }: ServerTarget,
  text: string | undefined,
  configuration: Configuration,
  nowMs: Millis,
): Answer {
  const { agent } = server.spec;
  if (agent === undefined) return refuse("agent checks are not enabled on this server.");
  const next = { ...server.spec, agent: { ...agent, send: text ?? "" } };
  return done(replaceServer(configuration, backend, next, nowMs));
}

/** `<addr> [port <port>]` of a check or an agent. */
function readPlace(
  args: readonly string[],
): { readonly host: string; readonly port?: number } | { readonly problem: string } {
  const [word, keyword, portWord] = args;
  const host = readHost(word ?? "");
  if (host === undefined) return { problem: `invalid addr '${word ?? ""}'` };
  if (keyword !== "port") return { host };
  const port = readPlainPort(portWord ?? "");
  return typeof port === "string" ? { problem: port } : { host, port };
}

function readPlainPort(word: string): number | string {
  const port = readInteger(word);
  if (port === undefined) return "provided port is not an integer";
  return port < 0 || port > 65_535 ? "provided port is invalid" : port;
}
