// What `tandem status` is told by a balancer: how the process stands, where it listens, who answers
// behind it, what it remembers and what its peers have. The names are part of `tandem status --json`.
import { formatEndpoint } from "../base/address.ts";
import type { ServerPackets } from "../balance/counters.ts";
import type { ServerState } from "../balance/server.ts";
import type { Fitness } from "../base/life.ts";
import type { Millis } from "../base/units.ts";
import { serverKey } from "../health/monitored.ts";
import { PACKET_TYPE_NAMES } from "../mqtt/packet-types.ts";
import type { GroupStatus } from "../peers/group-status.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { World } from "../session/world.ts";
import { type PeersReport, peersReport } from "./peers-report.ts";
import { healthSource, serverStatus, type StatusLookup } from "./server-status.ts";

/** A balancer at one moment. Unknown values are `null`. */
export interface BalancerStatus {
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: Millis;
  /** It takes no more connections and ends with the last one. */
  readonly isStopping: boolean;
  readonly fitness: Fitness;
  /** Client connections at this moment. */
  readonly sessionCount: number;
  readonly sessionsMax: number | null;
  readonly listeners: readonly ListenerReport[];
  /** Whom limits have kept out so far, where that was anybody. */
  readonly refused: readonly RefusedReport[];
  readonly backends: readonly BackendReport[];
  readonly tables: readonly TableReport[];
  readonly peers: readonly PeersReport[];
}

/** An address that is listened on. */
export interface ListenerReport {
  readonly address: string;
  /** `null` for one that serves statistics only. */
  readonly frontend: string | null;
  readonly sessionCount: number | null;
}

/** Clients that a limit of a frontend, or the pace of its servers, has kept out. */
export interface RefusedReport {
  readonly frontend: string;
  /** As `tandem_mqtt_refused_total` names it. */
  readonly reason: string;
  readonly count: number;
}

/** Packets of one type. */
export interface PacketReport {
  /** `connect`, `publish`... */
  readonly type: string;
  readonly toServer: number;
  readonly toClient: number;
}

/** A backend with its servers, in file order. */
export interface BackendReport {
  readonly name: string;
  readonly sessionCount: number;
  /** Waiting for a server, in all queues. */
  readonly queueCount: number;
  /** Servers that the algorithm may choose, backups included. */
  readonly usableCount: number;
  readonly servers: readonly ServerReport[];
}

/** How a server stands, in one word. `unchecked`: taken to be up. */
export type ServerCondition = "up" | "unchecked" | "down" | "drain" | "maintenance" | "stopping";

/** One server. */
export interface ServerReport {
  readonly name: string;
  readonly address: string | null;
  readonly state: ServerCondition;
  /** The status column of HAProxy's statistics. */
  readonly status: string;
  readonly stateForMs: Millis;
  readonly isBackup: boolean;
  readonly weight: number;
  readonly sessionCount: number;
  readonly queueCount: number;
  readonly check: CheckReport | null;
  /** Of MQTT by type, where they are counted and any has come. */
  readonly packets: readonly PacketReport[];
}

/** The last result of a server's check. */
export interface CheckReport {
  /** HAProxy's code, as `L4CON`. */
  readonly code: string;
  /** More words, not clean: a server's own may be among them. */
  readonly text: string;
  readonly tookMs: Millis;
}

/** A stick table. */
export interface TableReport {
  readonly name: string;
  /** `ip`, `ipv6`, `integer`, `string`, `binary`. */
  readonly type: string;
  readonly keyBytesMax: number;
  readonly entryCount: number;
  readonly entriesMax: number;
  /** The `peers` section that shares it. */
  readonly peers: string | null;
}

/** Where the figures come from. */
export interface BalancerStatusSources {
  readonly version: string;
  readonly pid: number;
  readonly startedMs: Millis;
  readonly isStopping: boolean;
  readonly world: World;
  readonly statusOf: StatusLookup;
  readonly fitness: Fitness;
  /** Addresses that only statistics are served at. */
  readonly pageAddresses: readonly string[];
  readonly peers: readonly GroupStatus[];
}

/** The status at this moment. */
export function balancerStatus(sources: BalancerStatusSources, nowMs: Millis): BalancerStatus {
  const { world, pageAddresses } = sources;
  const { maxconn } = world.limits;
  return {
    version: sources.version,
    pid: sources.pid,
    uptimeMs: Math.round(nowMs - sources.startedMs),
    isStopping: sources.isStopping,
    fitness: sources.fitness,
    sessionCount: world.connectionCount,
    sessionsMax: Number.isFinite(maxconn) ? maxconn : null,
    listeners: [
      ...[...world.listeners].map(([address, { frontend, connectionCount }]) => ({
        address,
        frontend: frontend.name,
        sessionCount: connectionCount,
      })),
      ...pageAddresses.map((address) => ({ address, frontend: null, sessionCount: null })),
    ],
    refused: [...world.frontends.values()].flatMap(({ name, counters }) =>
      counters.limited.entries().map((each) => ({ frontend: name, ...each })),
    ),
    backends: [...world.backends.values()].map((backend) => backendReport(backend, sources, nowMs)),
    tables: [...world.tables].map(([name, { spec, usedCount, size }]) => ({
      name,
      type: spec.keyType,
      keyBytesMax: spec.keyLengthMax,
      entryCount: usedCount,
      entriesMax: size,
      peers: spec.peers ?? null,
    })),
    peers: sources.peers.map(peersReport),
  };
}

function backendReport(
  backend: BackendState,
  { statusOf }: BalancerStatusSources,
  nowMs: Millis,
): BackendReport {
  const { balancer } = backend;
  const counts = balancer.counts();
  return {
    name: backend.name,
    sessionCount: backend.counters.sessions.current,
    queueCount: counts.queuedTotal,
    usableCount: counts.activeUsable + counts.backupUsable,
    servers: balancer.servers.map((server) => serverReport(backend, server, statusOf, nowMs)),
  };
}

function serverReport(
  backend: BackendState,
  server: ServerState,
  statusOf: StatusLookup,
  nowMs: Millis,
): ServerReport {
  const source = healthSource(serverKey(backend.name, server.name), statusOf);
  const endpoint = backend.facts.get(server.name)?.endpoint;
  const check = source.health?.check;
  const isChecked = check?.enabled === true;
  const report = isChecked ? check.lastReport : undefined;
  return {
    name: server.name,
    address: endpoint === undefined ? null : formatEndpoint(endpoint),
    state: conditionOf(server, isChecked || source.health?.agent?.enabled === true),
    status: serverStatus(server, source),
    stateForMs: Math.max(0, Math.round(nowMs - server.lastChangeMs)),
    isBackup: server.isBackup,
    weight: backend.balancer.shownWeight(server),
    sessionCount: server.served,
    queueCount: server.queued,
    check:
      report === undefined
        ? null
        : { code: report.code, text: report.info, tookMs: Math.round(report.durationMs) },
    packets: packetReports(server.counters.packets),
  };
}

function packetReports(packets: ServerPackets | undefined): PacketReport[] {
  if (packets === undefined) return [];
  return PACKET_TYPE_NAMES.flatMap((type, index) => {
    const toServer = packets.toServer[index]!;
    const toClient = packets.toClient[index]!;
    return toServer + toClient === 0 ? [] : [{ type, toServer, toClient }];
  });
}

/** How a server stands, in one word. */
export function conditionOf(server: ServerState, isChecked: boolean): ServerCondition {
  if (server.isInMaintenance()) return "maintenance";
  if (server.operational === "stopped") return "down";
  if (server.isDraining()) return "drain";
  if (server.operational === "stopping") return "stopping";
  return isChecked ? "up" : "unchecked";
}
