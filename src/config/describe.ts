// Says in words what a configuration will do: what `tandem check` prints on success.
import type { AclDefinition } from "../rules/ast.ts";
import { conditionNeedsRequest, expressionNeedsRequest } from "../rules/needs.ts";
import { printSampleExpression } from "../rules/parse-sample.ts";
import { INSPECT_DELAY_DEFAULT_MS } from "../limits.ts";
import { idleHint } from "./idle-hint.ts";
import type { Configuration } from "./model/configuration.ts";
import type { LogTarget } from "./model/log.ts";
import { ANY_METRICS_PATH } from "./model/proxy.ts";
import type { Balance, FrontendSide, Proxy } from "./model/proxy.ts";
import type { Server } from "./model/server.ts";
import type { StickTableSpec } from "./model/stick.ts";
import { printBindAddress } from "./print/bind.ts";
import { printTime } from "./print/line.ts";
import { printServerAddress } from "./print/server.ts";

/** Listeners, backends with algorithm and servers, stick tables, checks, logs and hints. */
export function describeConfiguration(configuration: Configuration): string {
  const proxies = configuration.proxies.filter((proxy) => !proxy.disabled);
  const lines = proxies.flatMap((proxy) => [
    `${proxy.kind} ${proxy.name}`,
    ...describeFrontend(proxy),
    ...describeBackend(proxy),
    ...proxy.logs.map((log) => `  logs to ${describeLog(log)}`),
    ...hintsOf(proxy, configuration).map((hint) => `  hint: ${hint}`),
  ]);
  for (const section of configuration.peers.filter((peers) => !peers.disabled)) {
    lines.push(`peers ${section.name}`);
    for (const peer of section.peers) {
      const at = peer.address === undefined ? "(this node)" : printServerAddress(peer.address);
      lines.push(`  peer ${peer.name} ${at}`);
    }
    lines.push(...section.tables.map((table) => `  ${describeTable(table)}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether anything would listen; HAProxy exits with 2 when nothing does. */
export function hasListeners(configuration: Configuration): boolean {
  return configuration.proxies.some(
    (proxy) => !proxy.disabled && (proxy.frontend?.binds.length ?? 0) > 0,
  );
}

function describeFrontend(proxy: Proxy): readonly string[] {
  const { frontend, stats } = proxy;
  if (frontend === undefined) return [];
  const limit = frontend.maxconn === undefined ? "" : `, at most ${frontend.maxconn} connections`;
  return [
    ...frontend.binds.map((bind) => {
      const tls = bind.tls === undefined ? "" : " with TLS";
      const header = bind.acceptProxy ? " behind a PROXY header" : "";
      return `  listens on ${printBindAddress(bind.address)}${tls}${header}${limit}`;
    }),
    ...(stats?.enabled === true ? [`  serves statistics at ${stats.uri}`] : []),
    ...describeMetrics(stats?.metricsPath),
    ...describeIdle(frontend),
    ...(frontend.stickTable === undefined ? [] : [`  ${describeTable(frontend.stickTable)}`]),
    ...frontend.useBackend.map((rule) => {
      const when = rule.condition === undefined ? "always" : "when its condition holds";
      return `  uses backend ${rule.backend} ${when}`;
    }),
    ...(frontend.defaultBackend === undefined
      ? []
      : [`  uses backend ${frontend.defaultBackend} by default`]),
  ];
}

function describeMetrics(path: string | undefined): string[] {
  if (path === undefined) return [];
  return [`  serves metrics at ${path === ANY_METRICS_PATH ? "every path" : path}`];
}

function describeIdle({ mqttIdle }: FrontendSide): readonly string[] {
  if (mqttIdle === undefined) return [];
  const range = `${printTime(mqttIdle.minMs)} to ${printTime(mqttIdle.maxMs)}`;
  return [`  MQTT clients may be silent for 1.5 times their keep alive, ${range}`];
}

function describeBackend(proxy: Proxy): readonly string[] {
  const { backend } = proxy;
  if (backend === undefined || backend.servers.length === 0) return [];
  const retry = backend.redispatch === 0 ? "" : ", retries on another server";
  return [
    `  balances by ${describeBalance(backend.balance)} over ${backend.servers.length} ` +
      `server${backend.servers.length === 1 ? "" : "s"}${retry}`,
    ...backend.stickRules.map((rule) => {
      const table = rule.table ?? proxy.name;
      return `  sticks by ${printSampleExpression(rule.key)} in table ${table}`;
    }),
    ...(backend.stickTable === undefined ? [] : [`  ${describeTable(backend.stickTable)}`]),
    ...backend.servers.map((server) => `  ${describeServer(server, backend.check.kind)}`),
  ];
}

function describeBalance(balance: Balance): string {
  switch (balance.algorithm) {
    case "random":
      return `random of ${balance.draws}`;
    case "hash":
      return `hash of ${printSampleExpression(balance.key)}`;
    default:
      return balance.algorithm;
  }
}

function describeServer(server: Server, method: string): string {
  const { check, track } = server;
  const parts = [`server ${server.name} ${printServerAddress(server.address, server.portOffset)}`];
  if (server.weight !== 1) parts.push(`weight ${server.weight}`);
  if (server.backup) parts.push("backup");
  if (server.disabled) parts.push("in maintenance");
  if (server.tls !== undefined) parts.push("over TLS");
  if (server.sendProxy !== undefined) parts.push(`PROXY header v${server.sendProxy.version}`);
  if (server.connectRate !== undefined) {
    parts.push(`at most ${server.connectRate.perSecond} connections/s`);
  }
  if (check !== undefined) {
    parts.push(
      `checked by ${method} every ${printTime(check.intervalMs)}, ` +
        `down after ${check.fall}, up after ${check.rise}`,
    );
  } else if (track !== undefined)
    parts.push(`follows ${track.backend ?? "its neighbour"}/${track.server}`);
  else parts.push("not checked");
  return parts.join(", ");
}

function describeTable(table: StickTableSpec): string {
  const expire =
    table.expireMs === undefined ? "never expire" : `expire after ${printTime(table.expireMs)}`;
  const peers = table.peers === undefined ? "not shared" : `shared with peers ${table.peers}`;
  const key = table.hasLength ? `${table.keyType} of ${table.keyLengthMax}` : table.keyType;
  return `table ${table.name}: ${table.size} entries by ${key}, ${expire}, ${peers}`;
}

function describeLog({ target, facility, format }: LogTarget): string {
  switch (target.kind) {
    case "udp":
      return `${target.host}:${target.port} (${facility}, ${format})`;
    case "unix":
      return `${target.path} (${facility}, ${format})`;
    case "fd":
      return `${target.fd === 1 ? "stdout" : `descriptor ${target.fd}`} (${facility}, ${format})`;
  }
}

/** How soon `option mqtt-check` with its defaults finds a frozen broker, ms. */
const FROZEN_FOUND_MS_MAX = 2_000;

/** What a reader of the file may not expect. */
function hintsOf(proxy: Proxy, configuration: Configuration): readonly string[] {
  const hints: string[] = [];
  if (!isDelaySet(proxy, configuration) && readsFirstPacket(proxy)) {
    const seconds = INSPECT_DELAY_DEFAULT_MS / 1_000;
    hints.push(
      "rules, keys or timeouts read the first packet and no 'tcp-request inspect-delay' is set: " +
        `waits up to ${seconds} s for the first packet.`,
    );
  }
  hints.push(...idleHint(proxy, configuration));
  const { backend } = proxy;
  const unchecked = backend?.servers.filter((server) => !isWatched(server)) ?? [];
  if (backend !== undefined && unchecked.length > 0 && backend.servers.length > 1) {
    const names = unchecked.map((server) => server.name).join(", ");
    hints.push(`no 'check' on ${names}: a dead server keeps getting its share of connections.`);
  }
  if (backend !== undefined && backend.stickRules.length > 0 && backend.redispatch < 0) {
    hints.push(
      "a client that sticks to a dead server leaves it at the last retry only, after pauses of up " +
        "to 1 s each: 'option redispatch 1' moves it at once.",
    );
  }
  hints.push(...paceHint(proxy));
  hints.push(...slowHint(proxy));
  if (backend?.check.kind === "mqtt-check") {
    hints.push(...backend.servers.flatMap((server) => slowFinding(server, proxy.timeouts.check)));
  }
  const table = backend?.stickTable;
  if (table?.keyType === "string" && table.keyLengthMax < 23) {
    hints.push("keys are cut to less than 23 bytes, the length every MQTT server takes.");
  }
  if (table !== undefined && table.peers === undefined && configuration.peers.length > 0) {
    hints.push(`table ${table.name} names no 'peers' section: it is lost to the other node.`);
  }
  return hints;
}

/** `slow` where nothing follows a change of weight. */
function slowHint({ backend }: Proxy): readonly string[] {
  if (backend?.check.kind !== "mqtt-check" || backend.check.mqtt.slow === undefined) return [];
  const { algorithm } = backend.balance;
  const isHashed = algorithm === "source" || algorithm === "hash";
  const isStatic = isHashed && backend.hashType.method !== "consistent";
  if (algorithm !== "static-rr" && algorithm !== "first" && !isStatic) return [];
  return [
    "'slow' of 'option mqtt-check' changes nothing: this algorithm follows no change of weight.",
  ];
}

/** Who waits for a paced server may have less time than a storm of reconnects lasts. */
function paceHint({ backend, timeouts }: Proxy): readonly string[] {
  const rates = backend?.servers.flatMap(({ connectRate }) => connectRate?.perSecond ?? []) ?? [];
  if (rates.length === 0 || timeouts.queue !== undefined) return [];
  const waitMs = timeouts.connect;
  if (waitMs === undefined) return [];
  const count = Math.floor((Math.min(...rates) * waitMs) / 1_000);
  return [
    `'mqtt-connect-rate' lets clients wait, and no 'timeout queue' is set: 'timeout connect' ends that after ` +
      `${printTime(waitMs)}, about ${count} clients per server. A longer 'timeout queue' loses none.`,
  ];
}

/** How late a broker that stops answering is found, if that is later than the defaults allow. */
function slowFinding({ name, check }: Server, timeoutMs: number | undefined): readonly string[] {
  if (check === undefined) return [];
  const { intervalMs, fastIntervalMs = intervalMs, fall } = check;
  const foundMs = intervalMs + fall * (timeoutMs ?? intervalMs) + (fall - 1) * fastIntervalMs;
  if (foundMs <= FROZEN_FOUND_MS_MAX) return [];
  const cause =
    timeoutMs === undefined ? "'inter' and 'fall'" : "'timeout check', 'inter' and 'fall'";
  const text = `server ${name}: if it stops answering, that is found after up to ${foundMs} ms`;
  return [`${text}, by its ${cause}; 'option mqtt-check' alone finds it within 2 s.`];
}

/** Whether the proxy, or every frontend that leads to it, says how long to wait for first bytes. */
function isDelaySet(proxy: Proxy, configuration: Configuration): boolean {
  if (proxy.content.requestInspectDelayMs !== undefined) return true;
  const feeding = configuration.proxies.filter(({ frontend }) => {
    const names = frontend?.useBackend.map((rule) => rule.backend) ?? [];
    return [frontend?.defaultBackend, ...names].includes(proxy.name);
  });
  return (
    feeding.length > 0 &&
    feeding.every(({ content }) => content.requestInspectDelayMs !== undefined)
  );
}

function isWatched(server: Server): boolean {
  return server.check !== undefined || server.agent !== undefined || server.track !== undefined;
}

function readsFirstPacket(proxy: Proxy): boolean {
  const acls = new Map<string, AclDefinition[]>();
  for (const acl of proxy.acls) {
    const name = acl.name ?? "";
    acls.set(name, [...(acls.get(name) ?? []), acl]);
  }
  const conditions = [
    ...proxy.content.requestRules,
    ...(proxy.frontend?.useBackend ?? []),
    ...(proxy.backend?.useServer ?? []),
  ];
  return (
    proxy.frontend?.mqttIdle !== undefined ||
    (proxy.frontend?.usernameRules.length ?? 0) > 0 ||
    proxy.frontend?.mqttLimits !== undefined ||
    conditions.some(
      ({ condition }) => condition !== undefined && conditionNeedsRequest(condition, acls),
    ) ||
    (proxy.backend?.stickRules.some((rule) => expressionNeedsRequest(rule.key)) ?? false)
  );
}
