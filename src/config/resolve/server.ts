// Turns the draft of a server into its model: what its words mean together.
import type { Mutable } from "../draft.ts";
import type { CheckMethod } from "../model/check.ts";
import type { AgentSettings, CheckSettings, SendProxy, Server } from "../model/server.ts";
import type { ServerTls } from "../model/tls.ts";
import type { ServerDraft } from "../server-draft.ts";

const OPTION_ORDER: SendProxy["options"] = [
  "ssl",
  "cert-cn",
  "ssl-cipher",
  "cert-sig",
  "cert-key",
  "authority",
  "crc32c",
];

/** `agent-inter` where none is given (§5.2). */
const AGENT_INTERVAL_MS = 2_000;

/** The pace of checks where a server line gives none (§5.2). */
const PACE = { intervalMs: 2_000, fall: 3 };

/**
 * The pace of `option mqtt-check` where a server line gives no `inter`: a check waits as long as its
 * interval, so that a broker that answers no more is down after 1.6 s at most: one interval until the
 * next check, two that wait in vain, and the pause between these.
 */
const MQTT_PACE = { intervalMs: 500, fastIntervalMs: 100, fall: 2 };

/** The TLS settings of a server; `verify` where its line does not say is `fallback`. */
export function serverTls(
  draft: ServerDraft,
  fallback: "none" | "required" | undefined,
): ServerTls {
  const { verifySet, ...tls } = draft.tls;
  return verifySet === true ? tls : { ...tls, verify: fallback ?? tls.verify };
}

/** The model of a server whose address is known; `verify` as in `serverTls`, `method` how it is checked. */
export function finishServer(
  draft: ServerDraft,
  id: number,
  verify: "none" | "required" | undefined,
  method: CheckMethod["kind"],
): Server | undefined {
  const { address } = draft;
  if (address === undefined) return undefined;
  const server: Mutable<Server> = {
    name: draft.name,
    id,
    position: draft.position,
    address,
    weight: draft.weight,
    maxconn: draft.maxconn,
    // HAProxy lets the upper limit count where only the lower one is given, and the reverse.
    minconn: draft.maxconn > 0 ? Math.min(draft.minconn, draft.maxconn) : draft.minconn,
    maxqueue: draft.maxqueue,
    backup: draft.backup,
    disabled: draft.disabled,
    nonStick: draft.nonStick,
    slowstartMs: draft.slowstartMs,
    errorLimit: draft.errorLimit,
    onError: draft.onError,
    initAddr: draft.initAddr,
  };
  addOptional(server, draft);
  if (draft.ssl) server.tls = serverTls(draft, verify);
  if (draft.check) server.check = finishCheck(draft, verify, method);
  if (draft.agentCheck && draft.agentPort !== undefined) {
    server.agent = finishAgent(draft, draft.agentPort);
  }
  if (address.kind === "name" && draft.resolvePrefer !== undefined) {
    server.address = { ...address, prefer: draft.resolvePrefer };
  }
  return server;
}

function addOptional(server: Mutable<Server>, draft: ServerDraft): void {
  if (draft.portOffset !== undefined) server.portOffset = draft.portOffset;
  if (draft.connectRate !== undefined && draft.connectRate !== "off") {
    server.connectRate = draft.connectRate;
  }
  if (draft.track !== undefined) server.track = draft.track;
  if (draft.observe !== undefined) server.observe = draft.observe;
  if (draft.onMarkedDown !== undefined) server.onMarkedDown = draft.onMarkedDown;
  if (draft.onMarkedUp !== undefined) server.onMarkedUp = draft.onMarkedUp;
  if (draft.source !== undefined) server.source = draft.source;
  if (draft.tcpUserTimeoutMs !== undefined) server.tcpUserTimeoutMs = draft.tcpUserTimeoutMs;
  if (draft.resolvers !== undefined) server.resolvers = draft.resolvers;
  if (draft.cookie !== undefined) server.cookie = draft.cookie;
  if (draft.sendProxy !== undefined) server.sendProxy = finishSendProxy(draft.sendProxy, draft);
}

function finishSendProxy(sendProxy: SendProxy, draft: ServerDraft): SendProxy {
  const wanted = new Set([...sendProxy.options, ...draft.proxyOptions]);
  const options = sendProxy.version === 2 ? OPTION_ORDER.filter((name) => wanted.has(name)) : [];
  return { version: sendProxy.version, options };
}

/** A check goes as the traffic goes (TLS, PROXY header) unless it has an address of its own. */
function finishCheck(
  draft: ServerDraft,
  verify: "none" | "required" | undefined,
  method: CheckMethod["kind"],
): CheckSettings {
  const ownAddress = draft.checkPort !== undefined || draft.checkHost !== undefined;
  const tls = draft.checkTls ?? (draft.ssl && !ownAddress);
  const isPaced = draft.intervalMs !== undefined || method !== "mqtt-check";
  const pace: typeof PACE & { fastIntervalMs?: number } = isPaced ? PACE : MQTT_PACE;
  const check: Mutable<CheckSettings> = {
    intervalMs: draft.intervalMs ?? pace.intervalMs,
    rise: draft.rise,
    fall: draft.fall ?? pace.fall,
    tls,
    sendProxy: draft.checkSendProxy || (draft.sendProxy !== undefined && !ownAddress),
    initState: draft.initState,
  };
  const fastIntervalMs = draft.fastIntervalMs ?? pace.fastIntervalMs;
  if (fastIntervalMs !== undefined) check.fastIntervalMs = fastIntervalMs;
  if (draft.downIntervalMs !== undefined) check.downIntervalMs = draft.downIntervalMs;
  if (draft.checkHost !== undefined) check.host = draft.checkHost;
  if (draft.checkPort !== undefined) check.port = draft.checkPort;
  if (draft.checkSni !== undefined) check.sni = draft.checkSni;
  if (draft.checkAlpn !== undefined) check.alpn = draft.checkAlpn;
  if (tls && !draft.ssl) check.tlsSettings = serverTls(draft, verify);
  return check;
}

function finishAgent(draft: ServerDraft, port: number): AgentSettings {
  const intervalMs = draft.agentIntervalMs ?? AGENT_INTERVAL_MS;
  const agent: Mutable<AgentSettings> = { port, intervalMs };
  if (draft.agentHost !== undefined) agent.host = draft.agentHost;
  if (draft.agentSend !== undefined) agent.send = draft.agentSend;
  return agent;
}
