// From the configuration to what one check of one server does: every default applied, every rule
// that HAProxy adds by itself in its place (haproxy configuration §4.2 `option tcp-check`,
// `option httpchk`, §5.2 `check`).
import { type Endpoint, formatEndpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type {
  CheckConnect,
  CheckMethod,
  HttpCheckRule,
  TcpCheckRule,
} from "../config/model/check.ts";
import type { Proxy, SourceSettings } from "../config/model/proxy.ts";
import type { CheckSettings, Server } from "../config/model/server.ts";
import { httpRequestBytes } from "./http-request.ts";
import type { DialogueSpec } from "./mqtt-dialogue.ts";

type TcpExpect = Extract<TcpCheckRule, { kind: "expect" }>;
type HttpExpect = Extract<HttpCheckRule, { kind: "expect" }>;

/** What every step has. */
export interface StepCommon {
  /** The rule's 1-based place among the rules that the user wrote; 0 for one that is implied. */
  readonly number: number;
  /** The rule's own comment, else that of `comment` rules before it. */
  readonly comment?: string;
}

/** Opens a connection; one that is open is closed first. */
export interface ConnectStep extends StepCommon {
  readonly kind: "connect";
  /** Absent while there is no address: the check then reports `SOCKERR`. */
  readonly endpoint?: Endpoint;
  readonly tls: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly sendProxy?: 1 | 2;
  /** Whether this connection is closed in order (FIN) instead of by reset. */
  readonly linger: boolean;
  /** The rule's own port, which error texts name. */
  readonly port?: number;
}

/** One step of a check. */
export type CheckStep =
  | ConnectStep
  | (StepCommon & { readonly kind: "send"; readonly bytes: Uint8Array })
  | (StepCommon & { readonly kind: "expect-bytes"; readonly rule: TcpExpect })
  | (StepCommon & { readonly kind: "expect-http"; readonly rule: HttpExpect | "default" })
  | (StepCommon & { readonly kind: "expect-agent" })
  /** The whole dialogue of `option mqtt-check`; the last step. */
  | (StepCommon & { readonly kind: "mqtt"; readonly spec: DialogueSpec });

/** Everything one check of one server needs; plain data. */
export interface CheckPlan {
  readonly kind: CheckMethod["kind"] | "agent";
  /** The first one connects. */
  readonly steps: readonly CheckStep[];
  /** The longest wait for one connection, TLS included. */
  readonly connectTimeoutMs: Millis;
  /** The longest wait once connected (`timeout check`); absent: `totalTimeoutMs` rules. */
  readonly readTimeoutMs?: Millis;
  /** The longest a check without `timeout check` takes: its interval. */
  readonly totalTimeoutMs: Millis;
  readonly source?: SourceSettings;
}

/**
 * Builds the plan of a server's health check; `undefined` when it has none. `resolved` is the
 * address of a server given by name, or one that replaces the configured address. `checker` goes into
 * the client identifiers of MQTT checks, so that no other process uses the same ones.
 */
export function planCheck(
  proxy: Proxy,
  server: Server,
  resolved?: Endpoint,
  checker = "",
): CheckPlan | undefined {
  const { check } = server;
  if (check === undefined) return undefined;
  const target = checkTarget(server, check, resolved);
  const method: CheckMethod = proxy.backend?.check ?? { kind: "tcp" };
  const steps = numberSteps(method, target);
  if (steps[0]?.kind !== "connect") steps.unshift({ kind: "connect", number: 0, ...target });
  if (method.kind === "httpchk") completeHttpSteps(steps);
  if (method.kind === "mqtt-check") {
    const { mqtt } = method;
    const clientId = `${mqtt.clientIdPrefix}${checker}p${proxy.id}s${server.id}`;
    const spec = { mqtt, clientId, host: hostHeader(target.endpoint) };
    steps.push({ kind: "mqtt", number: 1, spec });
  }
  return { kind: method.kind, steps, ...timing(proxy, server, check.intervalMs) };
}

/** Builds the plan of a server's agent check; `undefined` when it has none. */
export function planAgent(
  proxy: Proxy,
  server: Server,
  resolved?: Endpoint,
): CheckPlan | undefined {
  const { agent } = server;
  if (agent === undefined) return undefined;
  const endpoint = redirect(
    addressOf(server, resolved),
    agent.host ?? server.check?.host,
    agent.port,
  );
  const steps: CheckStep[] = [
    { kind: "connect", number: 0, tls: false, linger: false, ...optional("endpoint", endpoint) },
  ];
  if (agent.send !== undefined && agent.send !== "") {
    steps.push({ kind: "send", number: 1, bytes: Buffer.from(agent.send, "latin1") });
  }
  steps.push({ kind: "expect-agent", number: 2 });
  return { kind: "agent", steps, ...timing(proxy, server, agent.intervalMs) };
}

type Timing = Pick<CheckPlan, "connectTimeoutMs" | "readTimeoutMs" | "totalTimeoutMs" | "source">;

/** `timeout connect` counts for checks only together with `timeout check`. */
function timing(proxy: Proxy, server: Server, intervalMs: Millis): Timing {
  const { check, connect } = proxy.timeouts;
  const connectTimeoutMs =
    check === undefined ? intervalMs : Math.min(intervalMs, connect ?? intervalMs);
  return {
    connectTimeoutMs,
    totalTimeoutMs: intervalMs,
    ...optional("readTimeoutMs", check),
    ...optional("source", server.source ?? proxy.backend?.source),
  };
}

/** What a check connects to and how, before any rule has its say. */
type CheckTarget = Omit<ConnectStep, "kind" | "number" | "comment" | "port">;

/** TLS and PROXY of the server line hold for its check unless the check goes elsewhere. */
function checkTarget(server: Server, check: CheckSettings, resolved?: Endpoint): CheckTarget {
  const isElsewhere = check.host !== undefined || check.port !== undefined;
  const sendsProxy = check.sendProxy || (!isElsewhere && server.sendProxy !== undefined);
  const endpoint = redirect(addressOf(server, resolved), check.host, check.port);
  return {
    tls: check.tls || (!isElsewhere && server.tls !== undefined),
    linger: false,
    ...optional("endpoint", endpoint),
    ...optional("sni", check.sni),
    ...optional("alpn", check.alpn),
    ...(sendsProxy ? { sendProxy: server.sendProxy?.version ?? 1 } : {}),
  };
}

function addressOf(server: Server, resolved: Endpoint | undefined): Endpoint | undefined {
  return server.address.kind === "name" ? resolved : (resolved ?? server.address);
}

/** The endpoint at another host or port, where one is given. */
function redirect(
  base: Endpoint | undefined,
  host: string | undefined,
  port: number | undefined,
): Endpoint | undefined {
  const portThere = port ?? (base?.kind === "ip" ? base.port : 0);
  if (host !== undefined) {
    const bare = host.replace(/^\[(.*)\]$/, "$1");
    const family = bare.includes(":") ? 6 : 4;
    return portThere === 0 ? undefined : { kind: "ip", family, host: bare, port: portThere };
  }
  if (base === undefined || base.kind === "unix") return base;
  return portThere === 0 ? undefined : { ...base, port: portThere };
}

/** Comment rules keep their number but are no steps: they speak for the rules behind them. */
function numberSteps(method: CheckMethod, target: CheckTarget): CheckStep[] {
  const rules: readonly (TcpCheckRule | HttpCheckRule)[] = "rules" in method ? method.rules : [];
  const steps: CheckStep[] = [];
  let pending: string | undefined;
  rules.forEach((rule, index) => {
    if (rule.kind === "comment") {
      pending = rule.comment;
      return;
    }
    const common = { number: index + 1, ...optional("comment", rule.comment ?? pending) };
    pending = undefined;
    steps.push(stepOf(rule, common, target, method.kind));
  });
  return steps;
}

function stepOf(
  rule: Exclude<TcpCheckRule | HttpCheckRule, { kind: "comment" }>,
  common: StepCommon,
  target: CheckTarget,
  method: CheckMethod["kind"],
): CheckStep {
  switch (rule.kind) {
    case "connect":
      return { kind: "connect", ...common, ...connectTarget(rule, target) };
    case "send": {
      const bytes = "bytes" in rule ? Buffer.from(rule.bytes, "latin1") : httpRequestBytes(rule);
      return { kind: "send", ...common, bytes };
    }
    case "expect":
      // The method says which kind of rule this is; `string` alone exists in both.
      return method === "httpchk"
        ? { kind: "expect-http", ...common, rule: rule as HttpExpect }
        : { kind: "expect-bytes", ...common, rule: withBytes(rule as TcpExpect) };
  }
}

/** The pattern of `binary` stands in hexadecimal in the configuration; steps hold its bytes. */
function withBytes(rule: TcpExpect): TcpExpect {
  if (rule.match !== "binary") return rule;
  return { ...rule, pattern: Buffer.from(rule.pattern, "hex").toString("latin1") };
}

/** A bare `connect` is plain TCP whatever the server line says; `default` takes that over. */
function connectTarget(
  rule: CheckConnect,
  target: CheckTarget,
): Omit<ConnectStep, "kind" | "number"> {
  const inherited = rule.default ? target : undefined;
  const sendProxy = inherited?.sendProxy ?? (rule.sendProxy ? (target.sendProxy ?? 1) : undefined);
  return {
    tls: rule.tls || inherited?.tls === true,
    linger: rule.linger,
    ...optional("endpoint", redirect(target.endpoint, rule.host, rule.port)),
    ...optional("sni", rule.sni ?? inherited?.sni),
    ...optional("alpn", rule.alpn ?? inherited?.alpn),
    ...optional("sendProxy", sendProxy),
    ...optional("port", rule.port),
  };
}

/** A request and a verdict on the response are implied: `OPTIONS / HTTP/1.0`, 200 to 399. */
function completeHttpSteps(steps: CheckStep[]): void {
  if (!steps.some((step) => step.kind === "send")) {
    const request = { method: "OPTIONS", uri: "/", version: "HTTP/1.0", headers: [] };
    const afterConnect = steps.findIndex((step) => step.kind === "connect") + 1;
    steps.splice(afterConnect, 0, { kind: "send", number: 0, bytes: httpRequestBytes(request) });
  }
  if (!steps.some((step) => step.kind === "expect-http")) {
    steps.push({ kind: "expect-http", number: 0, rule: "default" });
  }
}

/** As a `Host` header names the checked address; a unix socket has no name of its own. */
function hostHeader(endpoint: Endpoint | undefined): string {
  return endpoint?.kind === "ip" ? formatEndpoint(endpoint) : "localhost";
}

/** `{ [key]: value }` when there is a value: optional properties may not be `undefined`. */
function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [Name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]?: Value });
}
