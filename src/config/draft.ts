// Sections while they are being read: mutable twins of the model, flat, so that `defaults` can hold
// what either side of a proxy inherits.
import type { Position } from "../base/diagnostic.ts";
import type { Millis } from "../base/units.ts";
import { INSPECT_BYTES_MAX } from "../limits.ts";
import type { AclDefinition } from "../rules/ast.ts";
import type { Bind } from "./model/bind.ts";
import type { CheckMethod, HttpCheckRule, MqttCheck, TcpCheckRule } from "./model/check.ts";
import type { PeersSection, ResolversSection, Userlist } from "./model/configuration.ts";
import type { GlobalSection } from "./model/global.ts";
import type { LogTarget } from "./model/log.ts";
import type {
  Balance,
  HashType,
  MqttIdle,
  Rebalance,
  ServerReference,
  ProxyFlag,
  SourceSettings,
  StatsSettings,
  TcpKeepalive,
  Timeouts,
} from "./model/proxy.ts";
import type { MqttLimits } from "./model/mqtt-limits.ts";
import type { TcpRule, UseBackend, UsernameRule, UseServer } from "./model/rules.ts";
import type { StickRule, StickTableSpec } from "./model/stick.ts";
import type { ServerDraft } from "./server-draft.ts";

/** The same shape, writable. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `global` and the environment that `setenv` changes. */
export interface GlobalDraft {
  readonly section: Mutable<GlobalSection>;
  readonly environment: Map<string, string>;
}

/** Something that only HTTP mode has; an alert in a proxy that would need it. */
export interface HttpThing {
  /** As HAProxy's messages quote it: `'option forwardfor'`. */
  readonly what: string;
  readonly hint: string;
  readonly position: Position;
  /** Whether a statistics page may carry it without effect on who is let in. */
  readonly harmlessOnStats: boolean;
}

/** A log target, or `log global` still to be replaced by those of `global`. */
export type LogReference = LogTarget | "global";

/** A `defaults`, `frontend`, `backend` or `listen` section. */
export interface ProxyDraft {
  readonly kind: "defaults" | "frontend" | "backend" | "listen";
  readonly name: string;
  readonly position: Position;
  id?: number;
  mode: "tcp" | "http";
  disabled: boolean;
  description?: string;
  flags: Set<ProxyFlag>;
  timeouts: Mutable<Timeouts>;
  mqttIdle?: MqttIdle;
  mqttLimits?: MqttLimits;
  clientKeepalive: Mutable<TcpKeepalive>;
  serverKeepalive: Mutable<TcpKeepalive>;
  acls: AclDefinition[];
  /** Names of ACLs that were alerted about, so that their use is not alerted about too. */
  brokenAcls: Set<string>;
  requestRules: TcpRule[];
  responseRules: TcpRule[];
  connectionRules: TcpRule[];
  sessionRules: TcpRule[];
  requestInspectDelayMs?: number;
  responseInspectDelayMs?: number;
  inspectBytesMax: number;
  logs: LogReference[];
  logTag?: string;
  logFormat?: string;
  errorLogFormat?: string;
  logFormatSd?: string;
  binds: Bind[];
  maxconn?: number;
  backlog?: number;
  rateLimitSessions?: number;
  usernameRules: UsernameRule[];
  useBackend: UseBackend[];
  defaultBackend?: { readonly name: string; readonly position: Position };
  balance: Balance;
  hashType: HashType;
  hashBalanceFactor: number;
  servers: ServerDraft[];
  defaultServer: ServerDraft | undefined;
  useServer: UseServer[];
  stickTable?: StickTableSpec;
  stickRules: StickRule[];
  stickPolicy: "stay" | "return";
  retries: number;
  redispatch: number;
  fullconn?: number;
  connectRate?: ServerDraft["connectRate"];
  drainTimeMs?: Millis;
  drainRate?: number;
  serverReference?: ServerReference;
  rebalance?: Rebalance;
  checkKind: CheckMethod["kind"];
  tcpCheckRules: readonly TcpCheckRule[];
  httpCheckRules: readonly HttpCheckRule[];
  /** What `option mqtt-check` says; the last one counts. */
  mqttCheck: MqttCheck;
  /** Whether the rules above come from `defaults`; rules of the section's own replace them. */
  inheritsTcpCheck: boolean;
  inheritsHttpCheck: boolean;
  /** The request of `option httpchk`, used where no `http-check send` stands. */
  httpCheckRequest: { readonly method: string; readonly uri: string; readonly version: string };
  source?: SourceSettings;
  loadServerStateFrom: "global" | "local" | "none";
  serverStateFileName?: string;
  stats?: Mutable<StatsSettings>;
  /** Where `http-request use-service prometheus-exporter` puts the metrics. */
  metricsPath?: string;
  httpThings: HttpThing[];
}

/** A `peers` section: `server` lines make peers that share `default-server` and `bind`. */
export interface PeersDraft {
  readonly name: string;
  readonly position: Position;
  disabled: boolean;
  peers: PeerDraft[];
  defaultServer: ServerDraft | undefined;
  bind?: Bind;
  defaultBind?: Omit<Bind, "address">;
  tables: StickTableSpec[];
}

/** One peer; the local one may have no address in the `server` form. */
export type PeerDraft = Mutable<PeersSection["peers"][number]>;

/** A `userlist` section. */
export interface UserlistDraft {
  readonly name: string;
  readonly position: Position;
  users: Mutable<Userlist["users"][number]>[];
  groups: Mutable<Userlist["groups"][number]>[];
}

/** A `resolvers` section. */
export type ResolversDraft = Mutable<ResolversSection>;

/** A section with HAProxy's own defaults. */
export function newProxyDraft(
  kind: ProxyDraft["kind"],
  name: string,
  position: Position,
): ProxyDraft {
  return {
    kind,
    name,
    position,
    mode: "tcp",
    disabled: false,
    flags: new Set<ProxyFlag>(["pin-stick-entries"]),
    timeouts: {},
    clientKeepalive: {},
    serverKeepalive: {},
    acls: [],
    brokenAcls: new Set(),
    requestRules: [],
    responseRules: [],
    connectionRules: [],
    sessionRules: [],
    inspectBytesMax: INSPECT_BYTES_MAX,
    logs: [],
    binds: [],
    usernameRules: [],
    useBackend: [],
    balance: { algorithm: "roundrobin" },
    hashType: { method: "map-based", function: "sdbm", avalanche: false },
    hashBalanceFactor: 0,
    servers: [],
    defaultServer: undefined,
    useServer: [],
    stickRules: [],
    stickPolicy: "stay",
    retries: 3,
    redispatch: 0,
    checkKind: "tcp",
    tcpCheckRules: [],
    httpCheckRules: [],
    mqttCheck: { version: 4, clientIdPrefix: "tandem", keepaliveSeconds: 10 },
    inheritsTcpCheck: false,
    inheritsHttpCheck: false,
    httpCheckRequest: { method: "OPTIONS", uri: "/", version: "HTTP/1.0" },
    loadServerStateFrom: "none",
    httpThings: [],
  };
}

/** A section that starts with what `defaults` say. */
export function inheritProxyDraft(
  defaults: ProxyDraft,
  kind: ProxyDraft["kind"],
  name: string,
  position: Position,
): ProxyDraft {
  const { id: _id, description: _description, stats, ...inherited } = defaults;
  return {
    ...inherited,
    kind,
    name,
    position,
    flags: new Set(defaults.flags),
    timeouts: { ...defaults.timeouts },
    clientKeepalive: { ...defaults.clientKeepalive },
    serverKeepalive: { ...defaults.serverKeepalive },
    acls: [...defaults.acls],
    brokenAcls: new Set(defaults.brokenAcls),
    requestRules: [...defaults.requestRules],
    responseRules: [...defaults.responseRules],
    connectionRules: [...defaults.connectionRules],
    sessionRules: [...defaults.sessionRules],
    logs: [...defaults.logs],
    binds: [],
    usernameRules: [],
    useBackend: [],
    servers: [],
    useServer: [],
    stickRules: [],
    httpThings: [...defaults.httpThings],
    inheritsTcpCheck: true,
    inheritsHttpCheck: true,
    ...(stats === undefined ? {} : { stats: { ...stats } }),
  };
}

/** How messages name a section: `backend 'b'`, `proxy` for the whole of a `listen`. */
export function proxyLabel(draft: { readonly kind: string; readonly name: string }): string {
  return `${draft.kind === "listen" ? "proxy" : draft.kind} '${draft.name}'`;
}
