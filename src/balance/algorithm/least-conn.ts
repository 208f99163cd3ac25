// `balance leastconn`: the server with the fewest connections for its weight.
//
// A server's key is its load over its weight, as if the connection asked for were already there; an
// idle server has key 0. Whenever the key changes the server goes behind its equals, so equal
// servers take turns.
import { OrderedServers } from "../ordered-servers.ts";
import type { Place } from "../ordered-servers.ts";
import type { ServerState } from "../server.ts";
import { EFFECTIVE_WEIGHT_MAX } from "../weight.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";

// An interface, as a type may not refer to itself this way.
interface LoadPlace extends Place<LoadPlace> {
  readonly server: ServerState;
}

/** `balance leastconn`. */
export class LeastConn implements Algorithm {
  readonly #view: BackendView;
  readonly #places = new Map<ServerState, LoadPlace>();
  readonly #active = new OrderedServers<LoadPlace>();
  readonly #backup = new OrderedServers<LoadPlace>();

  constructor(view: BackendView) {
    this.#view = view;
    for (const server of view.election.servers) {
      this.#places.set(server, { server, key: 0, sequence: 0, list: undefined });
      this.onServerChanged(server);
    }
  }

  choose(choice: Choice): ServerState | undefined {
    const { election } = this.#view;
    if (election.soleBackup !== undefined) return election.soleBackup;
    const list = election.usesBackups ? this.#backup : this.#active;
    let avoided: ServerState | undefined;
    for (let rank = 0; rank < list.size; rank += 1) {
      const server = list.at(rank)?.server;
      if (server === undefined || !this.#accepts(server)) continue;
      if (server !== choice.avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  onServerChanged(server: ServerState): void {
    const place = this.#places.get(server);
    if (place === undefined) return;
    if (server.isUsable()) {
      place.list?.remove(place);
      (server.isBackup ? this.#backup : this.#active).insert(place, loadKey(server));
    } else {
      place.list?.remove(place);
    }
  }

  onLoadChanged(server: ServerState): void {
    const place = this.#places.get(server);
    const list = place?.list;
    if (place === undefined || list === undefined) return;
    const key = loadKey(server);
    if (key === place.key) return;
    list.remove(place);
    list.insert(place, key);
  }

  /** Whether the server has a free slot or, with `maxqueue`, a free place in its queue. */
  #accepts(server: ServerState): boolean {
    if (server.maxconn === 0) return true;
    const load = server.served + server.queued;
    return load < this.#view.limitOf(server) + server.spec.maxqueue;
  }
}

function loadKey(server: ServerState): number {
  const load = server.served + server.queued;
  if (load === 0) return 0;
  return Math.floor(((load + 1) * EFFECTIVE_WEIGHT_MAX) / server.effectiveWeight);
}
