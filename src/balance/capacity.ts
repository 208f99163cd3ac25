// How many connections a backend and its servers have places for.
import type { BackendCounts, BackendSpec } from "./assignment.ts";
import type { Election } from "./election.ts";
import type { Places } from "./places.ts";
import type { ServerState } from "./server.ts";

/** `fullconn`, by default a tenth of what the frontends let in; 0 when nobody knows. */
export function fullconnOf(spec: BackendSpec): number {
  if (spec.side.fullconn !== undefined) return spec.side.fullconn;
  const sum = spec.frontendMaxconnSum ?? 0;
  return Math.ceil(sum / 10);
}

/** Figures of a backend as it is at the moment. */
export function countBackend(
  election: Election,
  places: Pick<Places<unknown>, "served"> & {
    readonly queues: {
      readonly sharedCount: number;
      readonly totalCount: number;
      readonly sharedMax: number;
    };
  },
): BackendCounts {
  return {
    activeUsable: election.activeCount,
    backupUsable: election.backupCount,
    usable: election.usedCount,
    queued: places.queues.sharedCount,
    queuedTotal: places.queues.totalCount,
    queuedMax: places.queues.sharedMax,
    served: places.served,
    totalWeight: election.totalWeight,
    connectionSlots: connectionSlots(election.servers),
  };
}

/** `connslots`: free places in servers and their queues; -1 when a server is without limit. */
function connectionSlots(servers: readonly ServerState[]): number {
  let slots = 0;
  for (const server of servers) {
    if (server.operational === "stopped") continue;
    if (server.maxconn === 0 || server.spec.maxqueue === 0) return -1;
    slots += server.maxconn - server.served + server.spec.maxqueue - server.queued;
  }
  return slots;
}
