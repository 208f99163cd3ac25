// How many connections a backend and its servers have places for.
import type { BackendSpec } from "./assignment.ts";
import type { ServerState } from "./server.ts";

/** `fullconn`, by default a tenth of what the frontends let in; 0 when nobody knows. */
export function fullconnOf(spec: BackendSpec): number {
  if (spec.side.fullconn !== undefined) return spec.side.fullconn;
  const sum = spec.frontendMaxconnSum ?? 0;
  return Math.ceil(sum / 10);
}

/** `connslots`: free places in servers and their queues; -1 when a server is without limit. */
export function connectionSlots(servers: readonly ServerState[]): number {
  let slots = 0;
  for (const server of servers) {
    if (server.operational === "stopped") continue;
    if (server.maxconn === 0 || server.spec.maxqueue === 0) return -1;
    slots += server.maxconn - server.served + server.spec.maxqueue - server.queued;
  }
  return slots;
}
