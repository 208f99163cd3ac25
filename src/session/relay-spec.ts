import type { Proxy } from "../config/model/proxy.ts";
import type { RelaySpec } from "./mover.ts";

/** The timeouts of a relay: the client's from the frontend, the others from the backend. */
export function relaySpec(frontend: Proxy, backend: Proxy): RelaySpec {
  const { client: clientMs, clientFin: clientFinMs } = frontend.timeouts;
  const { server: serverMs, tunnel: tunnelMs, serverFin: serverFinMs } = backend.timeouts;
  return {
    ...(clientMs === undefined ? {} : { clientMs }),
    ...(serverMs === undefined ? {} : { serverMs }),
    ...(tunnelMs === undefined ? {} : { tunnelMs }),
    ...(clientFinMs === undefined ? {} : { clientFinMs }),
    ...(serverFinMs === undefined ? {} : { serverFinMs }),
    ...(backend.flags.has("nolinger") ? { resetServerAtEnd: true } : {}),
  };
}
