// Carries out what commands of the runtime API want done.
import { assertNever } from "../../base/assert.ts";
import type { EventMark } from "../../base/event.ts";
import type { Millis } from "../../base/units.ts";
import type { Configuration } from "../../config/model/configuration.ts";
import type { LogLevel } from "../../config/model/log.ts";
import type { RuntimeEffect } from "../../runtime/command.ts";
import type { World } from "../../session/world.ts";
import type { DrainShell } from "../drain-shell.ts";
import type { HealthShell } from "../health-shell.ts";
import type { SessionShell } from "../session-shell.ts";

/** The parts of the process that commands reach into. */
export interface RuntimeEffectParts {
  readonly world: World;
  readonly sessions: SessionShell;
  readonly drains: Pick<DrainShell, "drainWhole" | "cancelWhole">;
  /** There is none before the first configuration is in force. */
  readonly health: () => HealthShell | undefined;
  /** A line for the logs of a proxy. */
  log(proxy: string, level: LogLevel, text: string, event?: EventMark): void;
  /** A configuration is in force that differs from the files. */
  changed(configuration: Configuration): void;
}

/** Carries one effect out. */
export function runRuntimeEffect(
  effect: RuntimeEffect,
  parts: RuntimeEffectParts,
  nowMs: Millis,
): void {
  const { world, sessions } = parts;
  switch (effect.kind) {
    case "queue":
      return parts.health()?.applyOutcome(effect.backend, effect.outcome, nowMs);
    case "health":
      return parts.health()?.tell(effect.event, nowMs);
    case "kill":
      sessions.kill(effect.sessions, effect.cause, nowMs);
      return;
    case "drain":
      if (effect.ratePerSecond > 0) parts.drains.drainWhole(effect.ratePerSecond, nowMs);
      else parts.drains.cancelWhole(nowMs);
      return;
    case "log":
      return parts.log(effect.proxy, effect.level, effect.text, effect.event);
    case "listeners": {
      const frontend = world.frontends.get(effect.frontend);
      if (frontend !== undefined) sessions.onFrontendChanged(frontend, nowMs);
      return;
    }
    case "limits":
      return sessions.onLimitsChanged(nowMs);
    case "configuration":
      parts.changed(effect.configuration);
      return parts.health()?.reconfigure(effect.configuration, nowMs);
    case "connection":
    case "quit":
      return;
    default:
      return assertNever(effect);
  }
}
