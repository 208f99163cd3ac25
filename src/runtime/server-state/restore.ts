// Gives servers the states that a file says they had when another process ended (haproxy
// configuration §4.2 `load-server-state-from-file`). The configuration wins where both speak: a
// server that is `disabled` stays so, and a weight is taken only if the configured one is the same
// as then. Unlike HAProxy, a server that has no check is never left down: nothing would bring it up.
import { ADMIN } from "../../balance/admin.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { AgentSettings, CheckSettings, Server } from "../../config/model/server.ts";
import type { OperationalState } from "../../health/events.ts";
import type { World } from "../../session/world.ts";
import type { RuntimeEffect } from "../command.ts";
import { replaceServer } from "../operations/configured-servers.ts";
import {
  type AdminSurroundings,
  changeServerAdmin,
  targetByKey,
} from "../operations/server-admin.ts";
import type { ServerTarget } from "../operations/target.ts";
import type { SavedServer } from "./read.ts";

/** Why such a server changes its state, in its log line. */
const REASON = "changed from server-state after a reload";

/** What `srv_op_state` means for health; slow starts are not resumed. */
const HEALTH: readonly OperationalState[] = ["down", "up", "up", "stopping"];

/**
 * Restores servers that exist under the same names; effects are to be carried out in order. After
 * this the configuration in force may differ from `configuration`: the last `configuration` effect
 * says how.
 */
export function restoreServers(
  saved: readonly SavedServer[],
  configuration: Configuration,
  surroundings: AdminSurroundings,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  const effects: RuntimeEffect[] = [];
  let inForce = configuration;
  for (const each of saved) {
    const target = targetByKey(surroundings.world, `${each.backend}/${each.server}`);
    if (target === undefined) continue;
    const placed = place(target, each, inForce, nowMs);
    inForce = configurationOf(placed) ?? inForce;
    effects.push(...placed, ...restoreState(target, each, surroundings, nowMs));
  }
  return effects;
}

/** Dates back the last change of restored servers; after the effects, as those are changes too. */
export function restoreTimes(saved: readonly SavedServer[], world: World, nowMs: Millis): void {
  for (const each of saved) {
    const target = targetByKey(world, `${each.backend}/${each.server}`);
    if (target !== undefined) target.server.lastChangeMs = nowMs - each.sinceChangeS * 1000;
  }
}

function configurationOf(effects: readonly RuntimeEffect[]): Configuration | undefined {
  return effects.findLast((effect) => effect.kind === "configuration")?.configuration;
}

function restoreState(
  target: ServerTarget,
  saved: SavedServer,
  surroundings: AdminSurroundings,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  const { backend, server, key } = target;
  const effects: RuntimeEffect[] = [];
  const isMaintained = (saved.admin & (ADMIN.forcedMaint | ADMIN.configMaint)) !== 0;
  const isForced = (saved.admin & ADMIN.forcedMaint) !== 0;
  if (saved.initialWeight === server.spec.weight && saved.userWeight !== server.userWeight) {
    const change = { kind: "absolute", weight: saved.userWeight } as const;
    const outcome = backend.balancer.setWeight(server, change, nowMs);
    effects.push({ kind: "queue", backend, outcome });
  }
  if ((saved.admin & ADMIN.forcedDrain) !== 0) {
    effects.push(...changeServerAdmin(target, "drain", surroundings, nowMs));
  } else if (isForced && (saved.admin & ADMIN.configMaint) === 0) {
    effects.push(...changeServerAdmin(target, "maint", surroundings, nowMs));
  }
  const isChecked = server.spec.check !== undefined || server.spec.agent !== undefined;
  if (!isChecked || isMaintained || server.spec.track !== undefined) return effects;
  const state = HEALTH[saved.operational]!;
  const event = {
    kind: "force-health",
    server: key,
    check: "check",
    state,
    reason: REASON,
  } as const;
  effects.push({ kind: "health", event });
  return effects;
}

/** Ports, and where checks and agents are; addresses only of servers that are configured by name. */
function place(
  { backend, server }: ServerTarget,
  saved: SavedServer,
  configuration: Configuration,
  nowMs: Millis,
): readonly RuntimeEffect[] {
  const facts = backend.facts.get(server.name);
  const { spec } = server;
  const check = spec.check && movedCheck(spec.check, saved);
  const agent = spec.agent && movedAgent(spec.agent, saved);
  const isNamed = spec.address.kind === "name";
  const host = isNamed && usesLastAddress(spec) ? saved.host : undefined;
  const known = facts?.endpoint?.kind === "ip" ? facts.endpoint : undefined;
  const portBefore = known?.port ?? (isNamed ? spec.address.port : undefined);
  const port = saved.port === 0 || spec.portOffset !== undefined ? portBefore : saved.port;
  const hostAfter = host ?? known?.host;
  const isMoved = hostAfter !== known?.host || port !== known?.port;
  if (check === spec.check && agent === spec.agent && !isMoved) return [];
  const next: Server = {
    ...spec,
    ...(check === undefined ? {} : { check }),
    ...(agent === undefined ? {} : { agent }),
    ...(spec.address.kind === "ip" && port !== undefined
      ? { address: { ...spec.address, port } }
      : {}),
  };
  if (!isMoved || hostAfter === undefined || port === undefined) {
    return replaceServer(configuration, backend, next, nowMs);
  }
  const family = hostAfter.includes(":") ? 6 : 4;
  const endpoint = { kind: "ip", family, host: hostAfter, port } as const;
  const effects = [...replaceServer(configuration, backend, next, nowMs, { endpoint })];
  const outcome = backend.balancer.setAdmin(server, { clear: ADMIN.resolveMaint }, nowMs);
  effects.push({ kind: "queue", backend, outcome });
  return effects;
}

/** `init-addr last` before any other method that yields an address, which is the default. */
function usesLastAddress({ initAddr }: Server): boolean {
  return initAddr.length === 0 || initAddr[0] === "last";
}

function movedCheck(check: CheckSettings, saved: SavedServer): CheckSettings {
  const host = saved.checkHost ?? check.host;
  const port = saved.checkPort === 0 ? check.port : saved.checkPort;
  if (host === check.host && port === check.port) return check;
  return {
    ...check,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  };
}

function movedAgent(agent: AgentSettings, saved: SavedServer): AgentSettings {
  const host = saved.agentHost ?? agent.host;
  const port = saved.agentPort === 0 ? agent.port : saved.agentPort;
  if (host === agent.host && port === agent.port) return agent;
  return { ...agent, port, ...(host === undefined ? {} : { host }) };
}
