// Health by word of an operator: forced states, and checks switched on and off (haproxy management
// §9.3 `set server <b>/<s> health|agent`, `enable|disable health|agent`).
import type { HealthEvent } from "../../health/events.ts";
import { type Answer, done, refuse } from "../command.ts";
import type { AdminSurroundings } from "./server-admin.ts";
import type { ServerTarget } from "./target.ts";

/** Which of a server's two checks is meant. */
export type CheckKind = "check" | "agent";

/** Makes a server count as up, stopping or down until its next check says otherwise. */
export function forceServerHealth(target: ServerTarget, word: string | undefined): Answer {
  if (target.server.spec.track !== undefined) {
    return refuse("cannot change health on a tracking server.");
  }
  if (word !== "up" && word !== "stopping" && word !== "down") {
    return refuse("'set server <srv> health' expects 'up', 'stopping', or 'down'.");
  }
  return tellMonitor({ kind: "force-health", server: target.key, check: "check", state: word });
}

/** Makes a server count as its agent would make it, until the agent speaks again. */
export function forceServerAgent(
  target: ServerTarget,
  word: string | undefined,
  { monitor }: AdminSurroundings,
): Answer {
  if (monitor.statusOf(target.key)?.agent?.enabled !== true) {
    return refuse("agent checks are not enabled on this server.");
  }
  if (word !== "up" && word !== "down") {
    return refuse("'set server <srv> agent' expects 'up' or 'down'.");
  }
  return tellMonitor({ kind: "force-health", server: target.key, check: "agent", state: word });
}

/** Starts or stops one of a server's checks; the server keeps the state that it has. */
export function enableServerCheck(
  target: ServerTarget,
  kind: CheckKind,
  on: boolean,
  { monitor }: AdminSurroundings,
): Answer {
  const status = monitor.statusOf(target.key);
  const isThere = (kind === "check" ? status?.check : status?.agent) !== undefined;
  if (!isThere) {
    if (!on) return done();
    const what = kind === "check" ? "Health check" : "Agent";
    return refuse(`${what} was not configured on this server, cannot enable.`);
  }
  return tellMonitor(
    kind === "check"
      ? { kind: "enable-checks", server: target.key, on }
      : { kind: "enable-agent", server: target.key, on },
  );
}

function tellMonitor(event: HealthEvent): Answer {
  return done([{ kind: "health", event }]);
}
