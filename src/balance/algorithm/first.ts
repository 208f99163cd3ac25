// `balance first`: the server with the lowest id that has a free slot, so that the others can be
// switched off while load is low. Weights mean nothing to it.
import type { ServerState } from "../server.ts";
import { hasRoom } from "./algorithm.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";

/** `balance first`. */
export class First implements Algorithm {
  readonly #view: BackendView;
  readonly #byId: readonly ServerState[];

  constructor(view: BackendView) {
    this.#view = view;
    this.#byId = [...view.election.servers].sort((a, b) => a.id - b.id);
  }

  choose(choice: Choice): ServerState | undefined {
    const { election } = this.#view;
    if (election.soleBackup !== undefined) return election.soleBackup;
    let avoided: ServerState | undefined;
    for (const server of this.#byId) {
      if (!election.isElectable(server) || !hasRoom(this.#view, server)) continue;
      if (server !== choice.avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  onServerChanged(): void {
    // The order never changes, and usability is asked for at each choice.
  }

  onLoadChanged(): void {
    // Room is asked for at each choice.
  }
}
