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
  const others = {
    clientFinMs: front.clientFin,
    serverFinMs: back.serverFin,
    resetServerAtEnd: proxy.flags.has("nolinger"),
    framing: context.framing,
  };
  if (idleMs === undefined) {
    return { clientMs: front.client, serverMs: back.server, tunnelMs: back.tunnel, ...others };
  }
  const silentMs = back.tunnel ?? back.server ?? Infinity;
  const serverMs = Math.max(silentMs, idleMs + MQTT_IDLE_SERVER_MARGIN_MS);
  return {
    clientMs: idleMs,
    isClientHeard: true,
    ...(serverMs === Infinity ? {} : { serverMs }),
    ...others,
  };
}
