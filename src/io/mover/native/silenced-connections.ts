import { SILENCED_CONNECTIONS_MAX } from "../../../limits.ts";
import type { DeadlineTimer } from "../deadline-timer.ts";
import type { NativeConnection } from "./native-connection.ts";

/**
 * Connections that were dropped without a word. Closing them would tell the peer, so they stay open
 * for a while, unread (docs/decisions/0002-silent-drop.md).
 */
export class SilencedConnections {
  readonly #connections = new Set<NativeConnection>();
  readonly #deadlines: DeadlineTimer;

  constructor(deadlines: DeadlineTimer) {
    this.#deadlines = deadlines;
  }

  /** Silences a connection; beyond the bound the oldest one is reset. */
  add(connection: NativeConnection): void {
    connection.silence();
    this.#connections.add(connection);
    this.#deadlines.watch(connection);
    if (this.#connections.size <= SILENCED_CONNECTIONS_MAX) return;
    for (const oldest of this.#connections) {
      oldest.reset();
      return;
    }
  }

  /** Its descriptor is closed. */
  forget(connection: NativeConnection): void {
    this.#connections.delete(connection);
  }
}
