// A `server` or `default-server` line while it is being read.
import type { Position } from "../base/diagnostic.ts";
import type { SourceSettings } from "./model/proxy.ts";
import type { SendProxy, Server, ServerAddress } from "./model/server.ts";
import type { ServerTls } from "./model/tls.ts";
import type { Mutable } from "./draft.ts";

/** TLS words of a server; they take effect where `ssl` or `check-ssl` stands. */
export type ServerTlsDraft = Mutable<ServerTls> & { verifySet?: true };

/** The words of a server line, `default-server` applied. */
export interface ServerDraft {
  name: string;
  position: Position;
  address?: ServerAddress;
  portOffset?: number;
  id?: number;
  weight: number;
  maxconn: number;
  minconn: number;
  maxqueue: number;
  /** `"off"` also keeps that of the backend away. */
  connectRate?: NonNullable<Server["connectRate"]> | "off";
  backup: boolean;
  disabled: boolean;
  nonStick: boolean;
  slowstartMs: number;
  check: boolean;
  /** Absent until a line says it: the default depends on the method of the check. */
  intervalMs?: number;
  fastIntervalMs?: number;
  downIntervalMs?: number;
  rise: number;
  /** As `intervalMs`. */
  fall?: number;
  checkHost?: string;
  checkPort?: number;
  checkTls?: boolean;
  checkSni?: string;
  checkAlpn?: readonly string[];
  checkSendProxy: boolean;
  initState: "up" | "down" | "fully-up" | "fully-down";
  agentCheck: boolean;
  agentPort?: number;
  agentHost?: string;
  agentIntervalMs?: number;
  agentSend?: string;
  track?: NonNullable<Server["track"]>;
  observe?: "layer4";
  errorLimit: number;
  onError: Server["onError"];
  onMarkedDown?: "shutdown-sessions";
  onMarkedUp?: "shutdown-backup-sessions";
  sendProxy?: Mutable<SendProxy>;
  proxyOptions: SendProxy["options"];
  ssl: boolean;
  tls: ServerTlsDraft;
  source?: SourceSettings;
  tcpUserTimeoutMs?: number;
  resolvers?: string;
  resolvePrefer?: 4 | 6;
  initAddr: readonly string[];
  cookie?: string;
}

/** A server with HAProxy's own defaults (§5.2). */
export function newServerDraft(name: string, position: Position): ServerDraft {
  return {
    name,
    position,
    weight: 1,
    maxconn: 0,
    minconn: 0,
    maxqueue: 0,
    backup: false,
    disabled: false,
    nonStick: false,
    slowstartMs: 0,
    check: false,
    rise: 2,
    checkSendProxy: false,
    initState: "up",
    agentCheck: false,
    errorLimit: 10,
    onError: "fail-check",
    proxyOptions: [],
    ssl: false,
    tls: { verify: "required", reuse: true },
    initAddr: [],
  };
}

/** A server that starts with what `default-server` says. */
export function inheritServerDraft(
  from: ServerDraft | undefined,
  name: string,
  position: Position,
): ServerDraft {
  if (from === undefined) return newServerDraft(name, position);
  const sendProxy = from.sendProxy;
  return {
    ...from,
    name,
    position,
    tls: { ...from.tls },
    ...(sendProxy === undefined ? {} : { sendProxy: { ...sendProxy } }),
  };
}
