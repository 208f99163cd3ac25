// When the weights and limits of servers that start slowly are next to be raised.
import type { Millis } from "../base/units.ts";
import type { ServerState } from "./server.ts";

/** How often they are raised. */
export const SLOWSTART_STEP_MS: Millis = 1_000;

/** The servers that start slowly, and when each is due. */
export class SlowStarts {
  readonly #dueMs = new Map<ServerState, Millis>();

  /** The earliest instant at which a server is due. */
  get nextMs(): Millis | undefined {
    let earliestMs: Millis | undefined;
    for (const dueMs of this.#dueMs.values()) {
      if (earliestMs === undefined || dueMs < earliestMs) earliestMs = dueMs;
    }
    return earliestMs;
  }

  /** Makes a server due one step from `nowMs`. */
  arm(server: ServerState, nowMs: Millis): void {
    this.#dueMs.set(server, nowMs + SLOWSTART_STEP_MS);
  }

  /** Forgets a server that runs at full weight, or no more. */
  disarm(server: ServerState): void {
    this.#dueMs.delete(server);
  }

  /** The servers that are due. */
  due(nowMs: Millis): readonly ServerState[] {
    return [...this.#dueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([server]) => server);
  }
}
