// What every balancing algorithm does for the backend it works in.
import type { Election } from "../election.ts";
import type { ServerState } from "../server.ts";

/** What an algorithm may ask of its backend. */
export interface BackendView {
  readonly election: Election;
  /** Connections all servers of the backend have. */
  readonly served: number;
  /** Connections the server may have at this moment; 0 means unlimited. */
  limitOf(server: ServerState): number;
}

/** One request for a server. */
export interface Choice {
  /** A server to leave out unless there is no other: the one that just failed. */
  readonly avoid: ServerState | undefined;
  /** The hash of the client's key, uint32, in algorithms that hash; absent without a key. */
  readonly hash: number | undefined;
}

/** A balancing algorithm. It is told of every change of the servers and chooses among them. */
export interface Algorithm {
  /** The chosen server, perhaps a full one when hashing; `undefined` when all are full. */
  choose(choice: Choice): ServerState | undefined;
  /** The server became usable or unusable, or its effective weight changed. */
  onServerChanged(server: ServerState): void;
  /** The server gained or lost connections. */
  onLoadChanged(server: ServerState): void;
}

/** Whether the server has a free slot and nobody waits for it. */
export function hasRoom(view: BackendView, server: ServerState): boolean {
  if (server.maxconn === 0) return true;
  return server.queued === 0 && server.served < view.limitOf(server);
}
