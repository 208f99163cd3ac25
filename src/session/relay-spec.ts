import type { Proxy } from "../config/model/proxy.ts";
import type { RelaySpec } from "./mover.ts";

/** The timeouts of a relay: the client's from the frontend, the others from the backend. */
export function relaySpec(frontend: Proxy, backend: Proxy): RelaySpec {
  const front = frontend.timeouts;
  const back = backend.timeouts;
  return {
    clientMs: front.client,
    serverMs: back.server,
    tunnelMs: back.tunnel,
    clientFinMs: front.clientFin,
    serverFinMs: back.serverFin,
    resetServerAtEnd: backend.flags.has("nolinger"),
  };
}
