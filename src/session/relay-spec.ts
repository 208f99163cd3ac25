import type { Millis } from "../base/units.ts";
import { MQTT_IDLE_SERVER_MARGIN_MS } from "../limits.ts";
import type { RelaySpec } from "./mover.ts";
import { idleLimitMs } from "./mqtt-idle.ts";
import type { SessionContext } from "./session-context.ts";

/**
 * The timeouts of a relay: the client's from the frontend, the others from the backend. A limit of the
 * client's own (`timeout client mqtt`) goes before all of them but those of half-closed connections: a
 * sleeping client's server is silent as well. What is sent to the client does not count for it, as the broker
 * counts (MQTT 5.0 [MQTT-3.1.2-22]): the system of a device that hangs takes bytes for a while.
 */
export function relaySpec(context: SessionContext): RelaySpec {
  const { proxy } = context.backend!;
  const front = context.frontend.proxy.timeouts;
  const back = proxy.timeouts;
  const idleMs = idleLimitMs(context);
  const isHeard = idleMs !== undefined;
  return {
    clientMs: isHeard ? idleMs : front.client,
    serverMs: isHeard ? serverLimitMs(back.tunnel ?? back.server, idleMs) : back.server,
    tunnelMs: isHeard ? undefined : back.tunnel,
    clientFinMs: front.clientFin,
    serverFinMs: back.serverFin,
    resetServerAtEnd: proxy.flags.has("nolinger"),
    isClientHeard: isHeard ? true : undefined,
    framing: context.framing,
  };
}

/** How long a server may be silent whose client has a limit of its own; `undefined` for ever. */
function serverLimitMs(silentMs: Millis | undefined, idleMs: Millis): Millis | undefined {
  if (silentMs === undefined) return undefined;
  return Math.max(silentMs, idleMs + MQTT_IDLE_SERVER_MARGIN_MS);
}
