// Parts of the configuration model with everything that checks do not look at left at defaults.
import type {
  CheckConnect,
  CheckMethod,
  HttpCheckRule,
  TcpCheckRule,
} from "../../../src/config/model/check.ts";
import type { Proxy, Timeouts } from "../../../src/config/model/proxy.ts";
import type { CheckSettings, Server } from "../../../src/config/model/server.ts";
import type { MonitoredServer } from "../../../src/health/monitored.ts";
import type { CheckReport } from "../../../src/health/result.ts";

const position = { file: "test.cfg", line: 1 };

export function checkSettings(overrides: Partial<CheckSettings> = {}): CheckSettings {
  return {
    intervalMs: 2000,
    rise: 2,
    fall: 3,
    tls: false,
    sendProxy: false,
    initState: "up",
    ...overrides,
  };
}

export function server(overrides: Partial<Server> = {}): Server {
  return {
    name: "s",
    id: 1,
    position,
    address: { kind: "ip", family: 4, host: "127.0.0.1", port: 1883 },
    weight: 1,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    backup: false,
    disabled: false,
    nonStick: false,
    slowstartMs: 0,
    check: checkSettings(),
    errorLimit: 10,
    onError: "fail-check",
    initAddr: [],
    ...overrides,
  };
}

export function backend(
  name: string,
  servers: readonly Server[],
  check: CheckMethod,
  timeouts: Timeouts = {},
): Proxy {
  return {
    kind: "backend",
    name,
    id: 1,
    position,
    mode: "tcp",
    disabled: false,
    flags: new Set(),
    timeouts,
    keepalive: { client: {}, server: {} },
    acls: [],
    content: { requestRules: [], responseRules: [], inspectBytesMax: 0 },
    logs: [],
    backend: {
      balance: { algorithm: "roundrobin" },
      hashType: { method: "map-based", function: "sdbm", avalanche: false },
      hashBalanceFactor: 0,
      servers,
      useServer: [],
      stickRules: [],
      stickPolicy: "stay",
      retries: 3,
      redispatch: 0,
      check,
      loadServerStateFrom: "none",
    },
  };
}

export function monitored(overrides: Partial<MonitoredServer> = {}): MonitoredServer {
  return {
    key: "be/s",
    identity: "",
    check: checkSettings(),
    errorLimit: 10,
    onError: "fail-check",
    disabled: false,
    logChecks: false,
    ...overrides,
  };
}

export function connectRule(overrides: Partial<CheckConnect> = {}): CheckConnect {
  return {
    kind: "connect",
    default: false,
    tls: false,
    sendProxy: false,
    linger: false,
    position,
    ...overrides,
  };
}

type TcpExpect = Extract<TcpCheckRule, { kind: "expect" }>;
type HttpExpect = Extract<HttpCheckRule, { kind: "expect" }>;

export function tcpExpect(
  match: TcpExpect["match"],
  pattern: string,
  overrides: Partial<TcpExpect> = {},
): TcpExpect {
  return { kind: "expect", negated: false, match, pattern, position, ...overrides };
}

export function httpExpect(
  match: HttpExpect["match"],
  pattern: string,
  overrides: Partial<HttpExpect> = {},
): HttpExpect {
  return { kind: "expect", negated: false, match, pattern, position, ...overrides };
}

export function tcpSend(bytes: string, comment?: string): TcpCheckRule {
  return { kind: "send", bytes, position, ...(comment === undefined ? {} : { comment }) };
}

export function httpSend(
  method: string,
  uri: string,
  version: string,
  headers: readonly (readonly [string, string])[] = [],
): HttpCheckRule {
  return { kind: "send", method, uri, version, headers, position };
}

export function commentRule(comment: string): {
  readonly kind: "comment";
  readonly comment: string;
  readonly position: typeof position;
} {
  return { kind: "comment", comment, position };
}

export const passed: CheckReport = { ok: true, code: "L4OK", info: "", durationMs: 0 };
export const failed: CheckReport = {
  ok: false,
  code: "L4CON",
  info: "Connection refused",
  durationMs: 0,
};
