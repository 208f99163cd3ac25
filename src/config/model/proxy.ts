// Proxies: `frontend`, `backend` and `listen` sections.
import type { Position } from "../../base/diagnostic.ts";
import type { Millis } from "../../base/units.ts";
import type { AclDefinition, Condition, SampleExpression } from "../../rules/ast.ts";
import type { Bind } from "./bind.ts";
import type { CheckMethod } from "./check.ts";
import type { LogTarget } from "./log.ts";
import type { MqttLimits } from "./mqtt-limits.ts";
import type { ContentRules, TcpRule, UseBackend, UsernameRule, UseServer } from "./rules.ts";
import type { Server } from "./server.ts";
import type { StickRule, StickTableSpec } from "./stick.ts";

/** Options that are simply on or off, by the word after `option`. */
export type ProxyFlag =
  | "abortonclose"
  | "allbackups"
  | "clitcpka"
  | "dontlog-normal"
  | "dontlognull"
  | "http-server-close"
  | "httplog"
  | "independent-streams"
  | "log-health-checks"
  | "log-separate-errors"
  | "logasap"
  | "mqtt-packets"
  | "mqtt-refuse"
  | "mqtt-websocket"
  | "nolinger"
  | "persist"
  | "pin-stick-entries"
  | "socket-stats"
  | "splice-auto"
  | "splice-request"
  | "splice-response"
  | "srvtcpka"
  | "tcp-smart-accept"
  | "tcp-smart-connect"
  | "tcplog"
  | "tcpka"
  | "transparent";

/** A `frontend`, `backend` or `listen` section, its defaults applied. */
export interface Proxy {
  readonly kind: "frontend" | "backend" | "listen";
  readonly name: string;
  /** `id`, else the 1-based position among proxies that HAProxy would give. */
  readonly id: number;
  readonly position: Position;
  readonly mode: "tcp" | "http";
  readonly disabled: boolean;
  readonly description?: string;
  readonly flags: ReadonlySet<ProxyFlag>;
  readonly timeouts: Timeouts;
  readonly keepalive: { readonly client: TcpKeepalive; readonly server: TcpKeepalive };
  readonly acls: readonly AclDefinition[];
  readonly content: ContentRules;
  readonly logs: readonly LogTarget[];
  readonly logTag?: string;
  /** `log-format <string>`, unparsed; absent with `option tcplog` or none. */
  readonly logFormat?: string;
  readonly errorLogFormat?: string;
  readonly logFormatSd?: string;
  readonly frontend?: FrontendSide;
  readonly backend?: BackendSide;
  readonly stats?: StatsSettings;
}

/** All `timeout <what>` values; an absent one is infinite. */
export interface Timeouts {
  readonly connect?: Millis;
  readonly client?: Millis;
  readonly server?: Millis;
  readonly tunnel?: Millis;
  readonly queue?: Millis;
  readonly check?: Millis;
  readonly clientFin?: Millis;
  readonly serverFin?: Millis;
  readonly tarpit?: Millis;
  readonly httpRequest?: Millis;
  readonly httpKeepAlive?: Millis;
}

/** `timeout client mqtt` (ours): the bounds of an idle limit that follows each client's keep alive. */
export interface MqttIdle {
  readonly minMs: Millis;
  readonly maxMs: Millis;
}

/** `mqtt-server-reference` (ours): where MQTT 5 clients are told to go. */
export interface ServerReference {
  readonly text: string;
  /** For good. */
  readonly isMoved: boolean;
}

/** `rebalance-rate` (ours). */
export interface Rebalance {
  readonly ratePerSecond: number;
  /** Only sessions that end with their connection. */
  readonly cleanOnly: boolean;
}

/** `clitcpka-cnt|idle|intvl` and the server's twins. */
export interface TcpKeepalive {
  readonly count?: number;
  readonly idleMs?: Millis;
  readonly intervalMs?: Millis;
}

/** What a `frontend` or `listen` section has beside the common part. */
export interface FrontendSide {
  readonly binds: readonly Bind[];
  readonly maxconn?: number;
  readonly backlog?: number;
  /** `rate-limit sessions`, per second. */
  readonly rateLimitSessions?: number;
  readonly mqttIdle?: MqttIdle;
  readonly mqttLimits?: MqttLimits;
  readonly connectionRules: readonly TcpRule[];
  readonly sessionRules: readonly TcpRule[];
  readonly usernameRules: readonly UsernameRule[];
  readonly useBackend: readonly UseBackend[];
  readonly defaultBackend?: string;
  /** The table of a `frontend` section; that of a `listen` section is in its backend side. */
  readonly stickTable?: StickTableSpec;
}

/** What a `backend` or `listen` section has beside the common part. */
export interface BackendSide {
  readonly balance: Balance;
  readonly hashType: HashType;
  readonly hashBalanceFactor: number;
  readonly servers: readonly Server[];
  readonly useServer: readonly UseServer[];
  readonly stickTable?: StickTableSpec;
  readonly stickRules: readonly StickRule[];
  /** `stick-policy` (ours): whether devices whose server was down stay where they went, or return. */
  readonly stickPolicy: "stay" | "return";
  readonly retries: number;
  /** `option redispatch [interval]`: 0 off, n>0 every nth retry, n<0 the -nth before the last (§4.2). */
  readonly redispatch: number;
  readonly fullconn?: number;
  /** `drain-time` and `drain-rate` (ours): how sessions are moved away; not at all without both. */
  readonly drainTimeMs?: Millis;
  readonly drainRate?: number;
  readonly serverReference?: ServerReference;
  readonly rebalance?: Rebalance;
  readonly check: CheckMethod;
  readonly source?: SourceSettings;
  readonly loadServerStateFrom: "global" | "local" | "none";
  readonly serverStateFileName?: string;
}

/** `balance <algorithm>`. */
export type Balance =
  | { readonly algorithm: "roundrobin" | "static-rr" | "leastconn" | "first" | "source" }
  | { readonly algorithm: "random"; readonly draws: number }
  | { readonly algorithm: "hash"; readonly key: SampleExpression };

/** `hash-type <method> [<function> [<modifier>]]`. */
export interface HashType {
  readonly method: "map-based" | "consistent";
  readonly function: "sdbm" | "djb2" | "wt6" | "crc32";
  readonly avalanche: boolean;
}

/** `source <addr>[:port[-port]] [interface i]`. */
export interface SourceSettings {
  readonly host?: string;
  readonly family?: 4 | 6;
  readonly portMin?: number;
  readonly portMax?: number;
  readonly interface?: string;
  /** `usesrc client|clientip`: bind to the client's own address (needs TPROXY). */
  readonly useClient?: "client" | "clientip";
}

/** `stats ...` of a proxy (§4.2). */
export interface StatsSettings {
  readonly enabled: boolean;
  readonly uri: string;
  readonly realm?: string;
  readonly refreshMs?: Millis;
  readonly hideVersion: boolean;
  readonly auth: readonly { readonly user: string; readonly password: string }[];
  readonly scope: readonly string[];
  readonly admin: readonly Condition[];
  readonly showDesc?: string | true;
  readonly showLegends: boolean;
  readonly showModules: boolean;
  readonly showNode?: string | true;
  /**
   * Path of the metrics: `http-request use-service prometheus-exporter [if { path ... }]`; without a
   * condition `ANY_METRICS_PATH`.
   */
  readonly metricsPath?: string;
}

/** Every request is for the metrics. */
export const ANY_METRICS_PATH = "*";
