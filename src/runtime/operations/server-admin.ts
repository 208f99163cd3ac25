// Maintenance and drain by an operator, a page or an agent (haproxy management §9.3 `set server
// <b>/<s> state`), with what follows for the servers that track the one concerned.
import { ADMIN, type AdminChange, adminChangeOf, type AdminState } from "../../balance/admin.ts";
import type { QueueOutcome } from "../../balance/assignment.ts";
import type { ServerState } from "../../balance/server.ts";
import type { EventMark } from "../../base/event.ts";
import type { Millis } from "../../base/units.ts";
import type { LogLevel } from "../../config/model/log.ts";
import {
  type ChangeCounts,
  describeDrain,
  describeDrainEnd,
  type DescribedServer,
  describeMaintenance,
  describeRemainingDrain,
  describeReturn,
} from "../../health/describe.ts";
import type { OperationalState } from "../../health/events.ts";
import type { HealthMonitor } from "../../health/monitor.ts";
import { serverKey } from "../../health/monitored.ts";
import { isHealthy } from "../../health/rise-fall.ts";
import type { BackendState } from "../../session/backend-state.ts";
import type { Session } from "../../session/session.ts";
import type { World } from "../../session/world.ts";
import type { RuntimeEffect } from "../command.ts";
import type { ServerTarget } from "./target.ts";

/** What a change of administration looks at. */
export interface AdminSurroundings {
  readonly world: World;
  readonly monitor: HealthMonitor;
}

/** The states that the logs tell apart. */
interface Standing {
  readonly maintenance: boolean;
  readonly drain: boolean;
  readonly stopped: boolean;
}

/** Puts a server into a state; no effects when it is in it already. */
export function changeServerAdmin(
  target: ServerTarget,
  state: AdminState,
  surroundings: AdminSurroundings,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  return changeServerAdminBits(target, adminChangeOf(state), surroundings, nowMs);
}

/** The same for single reasons: a server may be in maintenance and drain, too. */
export function changeServerAdminBits(
  target: ServerTarget,
  change: AdminChange,
  { world, monitor }: AdminSurroundings,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  const effects: RuntimeEffect[] = [];
  const { server } = target;
  const before = server.admin;
  applyAdmin(target, change, monitor, effects, nowMs);
  const drains = (server.admin & ADMIN.forcedDrain) !== 0;
  if (drains !== ((before & ADMIN.forcedDrain) !== 0)) {
    passDrainOn(target, drains, { world, monitor }, effects, nowMs);
  }
  return effects;
}

/** The words that `set server <b>/<s> state` knows. */
export function isAdminState(word: string | undefined): word is AdminState {
  return word === "ready" || word === "drain" || word === "maint";
}

function applyAdmin(
  target: ServerTarget,
  change: AdminChange,
  monitor: HealthMonitor,
  effects: RuntimeEffect[],
  nowMs: Millis,
  via?: string,
): void {
  const { backend, server, key } = target;
  const wasForced = (server.admin & ADMIN.forcedMaint) !== 0;
  const before = standingOf(server);
  const outcome = backend.balancer.setAdmin(server, change, nowMs);
  const outcomes: QueueOutcome<Session>[] = [outcome];
  const isForced = (server.admin & ADMIN.forcedMaint) !== 0;
  if (before.maintenance && !server.isInMaintenance()) {
    const health = healthAfterMaintenance(key, monitor);
    const up = health === "stopping" ? health : health === "up";
    if (up !== true) outcomes.push(backend.balancer.setOperational(server, up, nowMs));
  }
  const counts = changeCounts(target, outcome.requeued.length, server.isInMaintenance());
  for (const line of describeAdmin(target, before, counts, via)) {
    effects.push({ kind: "log", proxy: backend.name, ...line });
  }
  for (const each of outcomes) effects.push({ kind: "queue", backend, outcome: each });
  if (isForced !== wasForced) {
    effects.push({ kind: "health", event: { kind: "maintenance", server: key, on: isForced } });
  }
}

/** Servers that track a draining one drain, too, and so do those that track them. */
function passDrainOn(
  { key }: ServerTarget,
  on: boolean,
  surroundings: AdminSurroundings,
  effects: RuntimeEffect[],
  nowMs: Millis,
): void {
  const { world, monitor } = surroundings;
  const change = on ? { set: ADMIN.inheritedDrain } : { clear: ADMIN.inheritedDrain };
  for (const follower of monitor.followersOf(key)) {
    const target = targetByKey(world, follower);
    if (target === undefined) continue;
    applyAdmin(target, change, monitor, effects, nowMs, key);
    passDrainOn(target, on, surroundings, effects, nowMs);
  }
}

/** The server of a monitor's key, if the world has it. */
export function targetByKey(world: World, key: string): ServerTarget | undefined {
  const slash = key.indexOf("/");
  const backend = world.backends.get(key.slice(0, slash));
  const server = backend?.balancer.find(key.slice(slash + 1));
  return backend === undefined || server === undefined ? undefined : { backend, server, key };
}

/** A server that comes out of maintenance counts as up unless its agent, or the one it tracks, says no. */
function healthAfterMaintenance(key: string, monitor: HealthMonitor): OperationalState {
  const status = monitor.statusOf(key);
  if (status === undefined) return "up";
  if (status.agent?.enabled === true && !isHealthy(status.agent)) return "down";
  const tracked = status.tracked === undefined ? undefined : monitor.statusOf(status.tracked);
  return tracked?.state ?? "up";
}

function describeAdmin(
  target: ServerTarget,
  before: Standing,
  counts: ChangeCounts,
  via: string | undefined,
): { readonly level: LogLevel; readonly text: string; readonly event?: EventMark }[] {
  const described = describedServer(target);
  const eventOf = (kind: string): EventMark => ({
    kind,
    subject: target.key,
    cause: via === undefined ? "administration" : `administration of ${via}, which it tracks`,
  });
  const { maintenance, drain, stopped } = standingOf(target.server);
  if (maintenance && !before.maintenance) {
    const text = describeMaintenance(described, before.stopped, counts, via);
    const level = before.stopped ? "notice" : "alert";
    return [{ level, text, event: { ...eventOf("server.maint"), severity: "warning" } }];
  }
  if (maintenance) return [];
  if (before.maintenance) {
    const state = { up: !stopped, draining: drain, inherited: false };
    const event = eventOf(drain ? "server.drain" : "server.ready");
    const line = { level: "notice", text: describeReturn(described, state), event } as const;
    if (!drain) return [line];
    return [line, { level: "notice", text: describeRemainingDrain(described) }];
  }
  if (drain === before.drain) return [];
  const text = drain
    ? describeDrain(described, counts, via, stopped)
    : describeDrainEnd(described, !stopped);
  return [{ level: "notice", text, event: eventOf(drain ? "server.drain" : "server.ready") }];
}

function standingOf(server: ServerState): Standing {
  return {
    maintenance: server.isInMaintenance(),
    drain: server.isDraining(),
    stopped: server.operational === "stopped",
  };
}

/** A server with its backend, as lines about it need them. */
interface Located {
  readonly backend: BackendState;
  readonly server: ServerState;
}

/** A server as the lines about it name it. */
export function describedServer({ backend, server }: Located): DescribedServer {
  return {
    key: serverKey(backend.name, server.name),
    backup: server.isBackup,
    logChecks: backend.proxy.flags.has("log-health-checks"),
  };
}

/** The counts that lines about a change end with. */
export function changeCounts(
  { backend, server }: Located,
  requeued: number,
  isLeaving: boolean,
): ChangeCounts {
  const counts = backend.balancer.counts();
  return {
    active: counts.activeUsable,
    backup: counts.backupUsable,
    sessions: server.served,
    requeued,
    queued: isLeaving ? server.queued : counts.queued,
  };
}
