// Turns the draft of a proxy into its model: defaults are in it already, names are not checked.
import type { LogReference, Mutable, ProxyDraft } from "../draft.ts";
import type { CheckMethod, HttpCheckRule } from "../model/check.ts";
import type { GlobalSection } from "../model/global.ts";
import type { LogTarget } from "../model/log.ts";
import type { BackendSide, FrontendSide, Proxy, ProxyFlag, Timeouts } from "../model/proxy.ts";
import type { ServerDraft } from "../server-draft.ts";
import { newStatsSettings } from "../keywords/stats.ts";
import { TIMEOUT_NAMES } from "../keywords/timeouts.ts";
import { PROXY_TABLE } from "../tables.ts";
import { assignIds } from "./ids.ts";
import { finishServer } from "./server.ts";

/** The model of a section other than `defaults`. */
export function finishProxy(draft: ProxyDraft, id: number, global: GlobalSection): Proxy {
  const proxy: Mutable<Proxy> = {
    kind: draft.kind === "defaults" ? "backend" : draft.kind,
    name: draft.name,
    id,
    position: draft.position,
    mode: draft.mode,
    disabled: draft.disabled,
    flags: finishFlags(draft),
    timeouts: finishTimeouts(draft),
    keepalive: {
      client: draft.kind === "backend" ? {} : draft.clientKeepalive,
      server: draft.kind === "frontend" ? {} : draft.serverKeepalive,
    },
    acls: draft.acls,
    content: {
      requestRules: draft.requestRules,
      responseRules: draft.kind === "frontend" ? [] : draft.responseRules,
      inspectBytesMax: draft.inspectBytesMax,
      ...(draft.requestInspectDelayMs === undefined
        ? {}
        : { requestInspectDelayMs: draft.requestInspectDelayMs }),
      ...(draft.responseInspectDelayMs === undefined || draft.kind === "frontend"
        ? {}
        : { responseInspectDelayMs: draft.responseInspectDelayMs }),
    },
    logs: finishLogs(draft.logs, global.logs),
  };
  if (draft.description !== undefined) proxy.description = draft.description;
  if (draft.logTag !== undefined) proxy.logTag = draft.logTag;
  if (draft.kind !== "backend") {
    if (draft.logFormat !== undefined) proxy.logFormat = draft.logFormat;
    if (draft.errorLogFormat !== undefined) proxy.errorLogFormat = draft.errorLogFormat;
    if (draft.logFormatSd !== undefined) proxy.logFormatSd = draft.logFormatSd;
    proxy.frontend = finishFrontend(draft);
  }
  if (draft.kind !== "frontend") proxy.backend = finishBackend(draft, global);
  const metrics = draft.metricsPath === undefined ? {} : { metricsPath: draft.metricsPath };
  if (draft.stats !== undefined) proxy.stats = { ...draft.stats, ...metrics };
  else if (draft.metricsPath !== undefined) {
    proxy.stats = { ...newStatsSettings(), enabled: false, ...metrics };
  }
  return proxy;
}

/** What a section of this kind cannot say, `defaults` may have said for others. */
function mayHold(draft: ProxyDraft, keyword: string): boolean {
  return PROXY_TABLE.get(keyword)?.sections.includes(draft.kind) ?? false;
}

/** The options of this side; `httplog` on TCP means `tcplog`. */
function finishFlags(draft: ProxyDraft): ReadonlySet<ProxyFlag> {
  const flags = new Set([...draft.flags].filter((flag) => mayHold(draft, `option ${flag}`)));
  if (draft.mode === "tcp" && flags.delete("httplog")) flags.add("tcplog");
  return flags;
}

function finishTimeouts(draft: ProxyDraft): Timeouts {
  const kept = Object.entries(TIMEOUT_NAMES).filter(([field, name]) => {
    return field in draft.timeouts && mayHold(draft, `timeout ${name}`);
  });
  return Object.fromEntries(
    kept.map(([field]) => [field, draft.timeouts[field as keyof Timeouts]]),
  );
}

/** `log global` stands for the targets of the global section. */
function finishLogs(
  logs: readonly LogReference[],
  global: readonly LogTarget[],
): readonly LogTarget[] {
  return logs.flatMap((log) => (log === "global" ? global : [log]));
}

function finishFrontend(draft: ProxyDraft): FrontendSide {
  const side: Mutable<FrontendSide> = {
    binds: draft.binds,
    connectionRules: draft.connectionRules,
    sessionRules: draft.sessionRules,
    usernameRules: draft.usernameRules,
    useBackend: draft.useBackend,
  };
  if (draft.maxconn !== undefined) side.maxconn = draft.maxconn;
  if (draft.backlog !== undefined) side.backlog = draft.backlog;
  if (draft.rateLimitSessions !== undefined) side.rateLimitSessions = draft.rateLimitSessions;
  if (draft.mqttIdle !== undefined) side.mqttIdle = draft.mqttIdle;
  if (draft.mqttLimits !== undefined) side.mqttLimits = draft.mqttLimits;
  if (draft.defaultBackend !== undefined) side.defaultBackend = draft.defaultBackend.name;
  if (draft.kind === "frontend" && draft.stickTable !== undefined) {
    side.stickTable = draft.stickTable;
  }
  return side;
}

function finishBackend(draft: ProxyDraft, global: GlobalSection): BackendSide {
  const ids = assignIds(
    draft.servers.map((server) => server.id),
    1,
  );
  const verify = global.sslDefaults.serverVerify;
  const servers = draft.servers.map((server, index) =>
    finishServer(withRate(server, draft.connectRate), ids[index]!, verify, draft.checkKind),
  );
  const side: Mutable<BackendSide> = {
    balance: draft.balance,
    hashType: draft.hashType,
    hashBalanceFactor: draft.hashBalanceFactor,
    servers: servers.filter((server) => server !== undefined),
    useServer: draft.useServer,
    stickRules: draft.stickRules,
    stickPolicy: draft.stickPolicy,
    retries: draft.retries,
    redispatch: draft.redispatch,
    check: finishCheckMethod(draft),
    loadServerStateFrom: draft.loadServerStateFrom,
  };
  if (draft.stickTable !== undefined) side.stickTable = draft.stickTable;
  if (draft.fullconn !== undefined) side.fullconn = draft.fullconn;
  if (draft.drainTimeMs !== undefined) side.drainTimeMs = draft.drainTimeMs;
  if (draft.drainRate !== undefined) side.drainRate = draft.drainRate;
  if (draft.serverReference !== undefined) side.serverReference = draft.serverReference;
  if (draft.rebalance !== undefined) side.rebalance = draft.rebalance;
  if (draft.source !== undefined) side.source = draft.source;
  if (draft.serverStateFileName !== undefined) side.serverStateFileName = draft.serverStateFileName;
  return side;
}

/** `mqtt-connect-rate` of the backend, for servers that have none of their own. */
function withRate(server: ServerDraft, rate: ProxyDraft["connectRate"]): ServerDraft {
  if (rate === undefined || server.connectRate !== undefined) return server;
  return { ...server, connectRate: rate };
}

function finishCheckMethod(draft: ProxyDraft): CheckMethod {
  switch (draft.checkKind) {
    case "tcp":
      return { kind: "tcp" };
    case "tcp-check":
      return { kind: "tcp-check", rules: draft.tcpCheckRules };
    case "httpchk":
      return { kind: "httpchk", rules: httpRules(draft) };
    case "mqtt-check":
      return { kind: "mqtt-check", mqtt: draft.mqttCheck };
  }
}

/** The request of `option httpchk` stands first, after the connect rules, unless one is written. */
function httpRules(draft: ProxyDraft): readonly HttpCheckRule[] {
  const rules = draft.httpCheckRules;
  if (rules.some((rule) => rule.kind === "send")) return rules;
  const at = rules.findIndex((rule) => rule.kind !== "connect" && rule.kind !== "comment");
  const before = at < 0 ? rules : rules.slice(0, at);
  const request: HttpCheckRule = {
    kind: "send",
    ...draft.httpCheckRequest,
    headers: [],
    position: draft.position,
  };
  return [...before, request, ...rules.slice(before.length)];
}
