// The actions of the statistics page, as HAProxy 2.6 names and judges them.
import { ADMIN, type AdminChange } from "../balance/admin.ts";
import type { Millis } from "../base/units.ts";
import { serverKey } from "../health/monitored.ts";
import type { ActionForm, ActionOutcome } from "../stats/action-form.ts";
import type { Answer, RuntimeEffect } from "./command.ts";
import {
  type AdminSurroundings,
  changeServerAdmin,
  changeServerAdminBits,
} from "./operations/server-admin.ts";
import {
  enableServerCheck,
  forceServerAgent,
  forceServerHealth,
} from "./operations/server-health.ts";
import { shutdownServerSessions } from "./operations/sessions.ts";
import { findBackend, type ServerTarget } from "./operations/target.ts";

/** What an action means for a server; `undefined` when there is nothing to change. */
type Action = (
  target: ServerTarget,
  surroundings: AdminSurroundings,
  nowMs: Millis,
) => readonly RuntimeEffect[] | undefined;

/** By the value of the form. The former words change one of the two bits and keep the other. */
const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["ready", (target, around, nowMs) => changeServerAdmin(target, "ready", around, nowMs)],
  ["drain", (target, around, nowMs) => changeServerAdmin(target, "drain", around, nowMs)],
  ["maint", (target, around, nowMs) => changeServerAdmin(target, "maint", around, nowMs)],
  ["disable", changing({ set: ADMIN.forcedMaint })],
  ["enable", changing({ clear: ADMIN.forcedMaint })],
  ["stop", changing({ set: ADMIN.forcedDrain })],
  ["start", changing({ clear: ADMIN.forcedDrain })],
  ["dhlth", (target, around) => effectsOf(enableServerCheck(target, "check", false, around))],
  ["ehlth", (target, around) => effectsOf(enableServerCheck(target, "check", true, around))],
  ["hrunn", (target) => effectsOf(forceServerHealth(target, "up"))],
  ["hnolb", (target) => effectsOf(forceServerHealth(target, "stopping"))],
  ["hdown", (target) => effectsOf(forceServerHealth(target, "down"))],
  ["dagent", (target, around) => effectsOf(enableServerCheck(target, "agent", false, around))],
  ["eagent", (target, around) => effectsOf(enableServerCheck(target, "agent", true, around))],
  ["arunn", (target, around) => effectsOf(forceServerAgent(target, "up", around))],
  ["adown", (target, around) => effectsOf(forceServerAgent(target, "down", around))],
  ["shutdown", (target) => effectsOf(shutdownServerSessions(target))],
]);

/**
 * Does what a form asks for, server by server; `run` carries effects out in the same turn. What is
 * unknown changes nothing and never throws.
 */
export function actOnServers(
  form: ActionForm,
  surroundings: AdminSurroundings,
  run: (effects: readonly RuntimeEffect[]) => void,
  nowMs: Millis,
): ActionOutcome {
  const action = ACTIONS.get(form.action);
  const backend = findBackend(surroundings.world, form.backend);
  if (action === undefined || backend === undefined || backend.proxy.mode === "http") return "ERRP";
  let changedCount = 0;
  let failedCount = 0;
  for (const name of form.servers) {
    const server = backend.balancer.find(name);
    if (server === undefined) {
      failedCount++;
      continue;
    }
    const target = { backend, server, key: serverKey(backend.name, server.name) };
    const effects = action(target, surroundings, nowMs);
    if (effects === undefined) continue;
    run(effects);
    changedCount++;
  }
  if (changedCount > 0) return failedCount > 0 ? "PART" : "DONE";
  return failedCount > 0 ? "ERRP" : "NONE";
}

function changing(change: AdminChange): Action {
  const { set = 0, clear = 0 } = change;
  return (target, surroundings, nowMs) => {
    const { admin } = target.server;
    if (((admin | set) & ~clear) === admin) return undefined;
    return changeServerAdminBits(target, change, surroundings, nowMs);
  };
}

/** Refusals, and successes that change nothing, leave the server as it was. */
function effectsOf(answer: Answer): readonly RuntimeEffect[] | undefined {
  if (answer.kind !== "done" || answer.effects === undefined) return undefined;
  return answer.effects.length === 0 ? undefined : answer.effects;
}
