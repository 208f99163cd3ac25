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
    const counts = this.#world.backends.get(backend)?.balancer.counts();
    return counts === undefined ? undefined : counts.activeUsable || counts.backupUsable;
  }

  beConn(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.counters.sessions.current;
  }

  beConnFree(backend: string): number | undefined {
    return this.#sumOfUsable(backend, (server) => this.#freeSlots(server));
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
    return this.#sumOfUsable(backend, (server) => {
      const { maxqueue } = server.spec;
      if (server.maxconn === 0 || maxqueue === 0) return undefined;
      return server.maxconn - server.served + (maxqueue - server.queued);
    });
  }

  queue(backend: string): number | undefined {
    return this.#world.backends.get(backend)?.balancer.counts().queued;
  }

  avgQueue(backend: string): number | undefined {
    const counts = this.#world.backends.get(backend)?.balancer.counts();
    if (counts === undefined) return undefined;
    const usable = counts.activeUsable || counts.backupUsable;
    return usable === 0 ? counts.queued : Math.ceil(counts.queued / usable);
  }

  srvConn(backend: string, server: string): number | undefined {
    return this.#server(backend, server)?.served;
  }

  srvConnFree(backend: string, server: string): number | undefined {
    const found = this.#server(backend, server);
    return found === undefined ? undefined : (this.#freeSlots(found) ?? -1);
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
    return this.#server(backend, server)?.userWeight;
  }

  isLocalAddress(host: string): boolean {
    return this.#localAddresses.has(host);
  }

  #server(backend: string, server: string): ServerState | undefined {
    return this.#world.backends.get(backend)?.balancer.find(server);
  }

  /** Free connection slots; `undefined` without a limit. */
  #freeSlots(server: ServerState): number | undefined {
    return server.maxconn === 0 ? undefined : Math.max(0, server.maxconn - server.served);
  }

  /** The sum over usable servers; -1 as soon as one of them has no limit. */
  #sumOfUsable(
    backend: string,
    value: (server: ServerState) => number | undefined,
  ): number | undefined {
    const state = this.#world.backends.get(backend);
    if (state === undefined) return undefined;
    let sum = 0;
    for (const server of state.balancer.servers) {
      if (!server.isUsable()) continue;
      const amount = value(server);
      if (amount === undefined) return -1;
      sum += amount;
    }
    return sum;
  }
}
