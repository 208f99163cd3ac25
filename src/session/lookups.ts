// The live counts that rules ask for (haproxy configuration §7.3.2).
import type { ServerState } from "../balance/server.ts";
import type { StateLookups } from "../rules/context.ts";
import type { World } from "./world.ts";

/** Answers from a world's running state. */
export class WorldLookups implements StateLookups {
  readonly #world: World;
  readonly #localAddresses: ReadonlySet<string>;

  constructor(world: World, localAddresses: ReadonlySet<string>) {
    this.#world = world;
    this.#localAddresses = localAddresses;
  }

  nbsrv(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.balancer.counts().usable;
  }

  beConn(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.counters.sessions.current;
  }

  beConnFree(backend: string): number | undefined {
    const balancer = this.#world.backends.get(backend)?.balancer;
    if (balancer === undefined) return undefined;
    let sum = 0;
    for (const server of balancer.servers) {
      if (!balancer.isElected(server)) continue;
      const free = freeSlots(server);
      if (free === undefined) return -1;
      sum += free;
    }
    return sum;
  }

  beSessRate(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.counters.sessionRate.read(this.#world.nowMs);
  }

  feConn(frontend: string): number | undefined {
    return this.#world.frontends.get(frontend)?.counters.sessions.current;
  }

  feSessRate(frontend: string): number | undefined {
    return this.#world.frontends.get(frontend)?.counters.sessionRate.read(this.#world.nowMs);
  }

  connslots(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.balancer.counts().connectionSlots;
  }

  queue(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.balancer.counts().queuedTotal;
  }

  avgQueue(backend: string): number | undefined {
    const counts = this.#world.backends.get(backend)?.balancer.counts();
    if (counts === undefined) return undefined;
    const { usable, queuedTotal } = counts;
    return usable === 0 ? 2 * queuedTotal : Math.ceil(queuedTotal / usable);
  }

  srvConn(backend: string, server: string): number | undefined {
    return this.#server(backend, server)?.served;
  }

  srvConnFree(backend: string, server: string): number | undefined {
    const found = this.#server(backend, server);
    return found === undefined ? undefined : (freeSlots(found) ?? -1);
  }

  srvQueue(backend: string, server: string): number | undefined {
    return this.#server(backend, server)?.queued;
  }

  srvSessRate(backend: string, server: string): number | undefined {
    const state = this.#world.backends.get(backend);
    const found = state?.balancer.find(server);
    return found === undefined
      ? undefined
      : (state?.serverRates.get(found)?.read(this.#world.nowMs) ?? 0);
  }

  srvIsUp(backend: string, server: string): boolean | undefined {
    const found = this.#server(backend, server);
    if (found === undefined) return undefined;
    return found.operational !== "stopped" && !found.isInMaintenance();
  }

  srvWeight(backend: string, server: string): number | undefined {
    const found = this.#server(backend, server);
    return found && this.#world.backends.get(backend)?.balancer.shownWeight(found);
  }

  isLocalAddress(host: string): boolean {
    return this.#localAddresses.has(host);
  }

  #server(backend: string, server: string): ServerState | undefined {
    return this.#world.backends.get(backend)?.balancer.find(server);
  }
}

/** Free connection slots; `undefined` without a limit. */
function freeSlots(server: ServerState): number | undefined {
  return server.maxconn === 0 ? undefined : Math.max(0, server.maxconn - server.served);
}
