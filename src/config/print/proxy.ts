// `frontend`, `backend` and `listen` sections, their defaults written out.
import { printAcl, printCondition } from "../../rules/parse-condition.ts";
import { printTcpRule } from "../../rules/parse-tcp-rule.ts";
import { printSampleExpression } from "../../rules/parse-sample.ts";
import { INSPECT_BYTES_MAX } from "../../limits.ts";
import { TIMEOUT_NAMES } from "../keywords/timeouts.ts";
import type {
  BackendSide,
  Balance,
  FrontendSide,
  MqttIdle,
  Proxy,
  StatsSettings,
  TcpKeepalive,
  Timeouts,
} from "../model/proxy.ts";
import { ANY_METRICS_PATH } from "../model/proxy.ts";
import type { ContentRules, UsernameRule } from "../model/rules.ts";
import { printBind } from "./bind.ts";
import { printCheckMethod } from "./check.ts";
import {
  printIf,
  printLine,
  printOwnLine,
  printRaw,
  printTime,
  printTimeIf,
  timePair,
} from "./line.ts";
import { printLog } from "./log.ts";
import { printMqttLimits } from "./mqtt-limits.ts";
import { printServers, printSource } from "./server.ts";
import { printStickRule, printStickTable } from "./stick.ts";

/** A whole section. */
export function printProxy(proxy: Proxy): string {
  const { frontend, backend, stats, keepalive } = proxy;
  return [
    `${proxy.kind} ${proxy.name}\n`,
    printLine("mode", proxy.mode),
    printLine("id", proxy.id),
    proxy.disabled ? printLine("disabled") : "",
    printIf("description", proxy.description),
    ...[...proxy.flags]
      .filter((flag) => flag !== OWN_FLAG)
      .map((flag) => (flag.startsWith("mqtt-") ? printOwnLine : printLine)("option", flag)),
    backend !== undefined && !proxy.flags.has(OWN_FLAG) ? printOwnLine("no option", OWN_FLAG) : "",
    ...printTimeouts(proxy.timeouts),
    printKeepalive("clitcpka", keepalive.client),
    printKeepalive("srvtcpka", keepalive.server),
    ...proxy.logs.map(printLog),
    printIf("log-tag", proxy.logTag),
    printIf("log-format", proxy.logFormat),
    printIf("error-log-format", proxy.errorLogFormat),
    printIf("log-format-sd", proxy.logFormatSd),
    ...proxy.acls.map((acl) => printRaw("acl", printAcl(acl))),
    frontend === undefined ? "" : printFrontend(frontend),
    printContent(proxy.content),
    backend === undefined ? "" : printBackend(backend),
    stats === undefined ? "" : printStats(stats),
  ].join("");
}

const OWN_FLAG = "pin-stick-entries";

function printTimeouts(timeouts: Timeouts): readonly string[] {
  return Object.entries(TIMEOUT_NAMES).map(([field, name]) =>
    printTimeIf(`timeout ${name}`, timeouts[field as keyof Timeouts]),
  );
}

function printKeepalive(side: string, settings: TcpKeepalive): string {
  return (
    printIf(`${side}-cnt`, settings.count) +
    printTimeIf(`${side}-idle`, settings.idleMs) +
    printTimeIf(`${side}-intvl`, settings.intervalMs)
  );
}

function printContent(content: ContentRules): string {
  const limit = content.inspectBytesMax;
  return [
    printTimeIf("tcp-request inspect-delay", content.requestInspectDelayMs),
    printTimeIf("tcp-response inspect-delay", content.responseInspectDelayMs),
    limit === INSPECT_BYTES_MAX ? "" : printOwnLine("tcp-request inspect-limit", limit),
    ...content.requestRules.map((rule) => printRaw("tcp-request content", printTcpRule(rule))),
    ...content.responseRules.map((rule) => printRaw("tcp-response content", printTcpRule(rule))),
  ].join("");
}

function printFrontend(side: FrontendSide): string {
  return [
    ...side.binds.map(printBind),
    printIf("maxconn", side.maxconn),
    printIf("backlog", side.backlog),
    printIf("rate-limit sessions", side.rateLimitSessions),
    printMqttIdle(side.mqttIdle),
    printMqttLimits(side.mqttLimits),
    side.stickTable === undefined ? "" : printStickTable(side.stickTable, "stick-table"),
    ...side.connectionRules.map((rule) => printRaw("tcp-request connection", printTcpRule(rule))),
    ...side.sessionRules.map((rule) => printRaw("tcp-request session", printTcpRule(rule))),
    ...side.usernameRules.map(printUsernameRule),
    ...side.useBackend.map((rule) =>
      printRaw(
        `use_backend ${rule.backend}`,
        rule.condition === undefined ? undefined : printCondition(rule.condition),
      ),
    ),
    printIf("default_backend", side.defaultBackend),
  ].join("");
}

function printUsernameRule(rule: UsernameRule): string {
  return printRaw(
    "#tandem mqtt-set-username",
    printSampleExpression(rule.value),
    rule.otherwise === "refuse" ? undefined : `else ${rule.otherwise}`,
    rule.condition === undefined ? undefined : printCondition(rule.condition),
  );
}

function printMqttIdle(idle: MqttIdle | undefined): string {
  if (idle === undefined) return "";
  return printOwnLine(
    "timeout client mqtt",
    ...timePair("min", idle.minMs),
    ...timePair("max", idle.maxMs),
  );
}

function printBackend(side: BackendSide): string {
  const { hashType, redispatch, stickTable, source } = side;
  const hash = [hashType.method, hashType.function, hashType.avalanche ? "avalanche" : undefined];
  return [
    printBalance(side.balance),
    printLine("hash-type", ...hash),
    printLine("hash-balance-factor", side.hashBalanceFactor),
    printLine("retries", side.retries),
    redispatch === 0 ? "" : printLine("option redispatch", redispatch),
    printIf("fullconn", side.fullconn),
    ...printDrain(side),
    stickTable === undefined ? "" : printStickTable(stickTable, "stick-table"),
    side.stickPolicy === "stay" ? "" : printLine("stick-policy", side.stickPolicy),
    ...side.stickRules.map(printStickRule),
    printCheckMethod(side.check),
    source === undefined ? "" : printLine("source", ...printSource(source)),
    printLine("load-server-state-from-file", side.loadServerStateFrom),
    printIf("server-state-file-name", side.serverStateFileName),
    ...side.useServer.map((rule) =>
      printRaw(
        `use-server ${rule.server}`,
        rule.condition === undefined ? undefined : printCondition(rule.condition),
      ),
    ),
    ...printServers(side.servers),
  ].join("");
}

/** Ours: how sessions are moved away. */
function printDrain(side: BackendSide): readonly string[] {
  const { drainTimeMs, drainRate, serverReference, rebalance } = side;
  return [
    drainTimeMs === undefined ? "" : printOwnLine("drain-time", printTime(drainTimeMs)),
    drainRate === undefined ? "" : printOwnLine("drain-rate", `${drainRate}/s`),
    serverReference === undefined
      ? ""
      : printOwnLine(
          "mqtt-server-reference",
          serverReference.text,
          serverReference.isMoved ? "moved" : undefined,
        ),
    rebalance === undefined
      ? ""
      : printOwnLine(
          "rebalance-rate",
          `${rebalance.ratePerSecond}/s`,
          rebalance.cleanOnly ? "clean" : undefined,
        ),
  ];
}

function printBalance(balance: Balance): string {
  switch (balance.algorithm) {
    case "random":
      return printRaw(`balance random(${balance.draws})`);
    case "hash":
      return printRaw("balance hash", printSampleExpression(balance.key));
    default:
      return printRaw(`balance ${balance.algorithm}`);
  }
}

function printStats(stats: StatsSettings): string {
  const metrics = stats.metricsPath;
  const page = [
    printLine("stats enable"),
    printLine("stats uri", stats.uri),
    printIf("stats realm", stats.realm),
    stats.refreshMs === undefined ? "" : printLine("stats refresh", printTime(stats.refreshMs)),
    stats.hideVersion ? printLine("stats hide-version") : "",
    ...stats.auth.map(({ user, password }) => printLine("stats auth", `${user}:${password}`)),
    ...stats.scope.map((name) => printLine("stats scope", name)),
    ...stats.admin.map((condition) => printRaw("stats admin", printCondition(condition))),
    stats.showLegends ? printLine("stats show-legends") : "",
    stats.showModules ? printLine("stats show-modules") : "",
    printShown("stats show-desc", stats.showDesc),
    printShown("stats show-node", stats.showNode),
  ];
  const exporter = "http-request use-service prometheus-exporter";
  const condition = metrics === ANY_METRICS_PATH ? "" : ` if { path ${metrics} }`;
  return [
    ...(stats.enabled ? page : []),
    metrics === undefined ? "" : printRaw(`${exporter}${condition}`),
  ].join("");
}

function printShown(keyword: string, value: string | true | undefined): string {
  return value === true ? printLine(keyword) : printIf(keyword, value);
}
