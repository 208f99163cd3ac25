// How a session that runs is ended by us. Where its backend sends clients away (`drain-time` and the
// like), an MQTT 5 client is told by a DISCONNECT when the server's packet is over; whoever else speaks
// MQTT is closed at such a place; through WebSocket a close frame says so. If that does not come
// in time, the end is as without.
import type { Millis } from "../base/units.ts";
import { LEAVE_WAIT_MS } from "../limits.ts";
import { encodeFarewell, type FarewellCause } from "../mqtt/farewell.ts";
import type { AccountedParts } from "./accounts.ts";
import type { ClientSide } from "./client-side.ts";
import type { KillCause, SessionEvent } from "./events.ts";
import { tellsFarewell } from "./mqtt-client.ts";
import type { CloseManner } from "./mover.ts";
import { RELAYING, type SessionState } from "./session-state.ts";
import { type PendingStore, storeServer } from "./sticking.ts";
import { killManner } from "./termination.ts";

/** A wish that a session ends itself. */
export type Departure = Extract<SessionEvent, { kind: "leave" }>;

const FAREWELLS: Readonly<Record<Exclude<KillCause, "address-gone">, FarewellCause>> = {
  "server-down": "elsewhere",
  "backup-yields": "elsewhere",
  administrator: "administrator",
  shutdown: "shutdown",
  drain: "elsewhere",
  rebalance: "elsewhere",
  switchover: "elsewhere",
};

/** Ends one session's relay, for the first reason given. */
export class Leaving {
  readonly #parts: AccountedParts;
  readonly #client: ClientSide;
  #cause: KillCause | undefined;
  /** Of a session that does not run yet: it goes when it does. */
  #wish: Departure | undefined;

  constructor(parts: AccountedParts, client: ClientSide) {
    this.#parts = parts;
    this.#client = client;
  }

  /** Why the relay was ended, if by us. */
  get cause(): KillCause | undefined {
    return this.#cause;
  }

  /** Notes a wish, which `depart` fulfils. */
  wish(departure: Departure): this {
    this.#wish ??= departure;
    return this;
  }

  /** Ends a running relay if that was wished for, after binding what the client sticks by elsewhere. */
  depart(state: SessionState, stores: readonly PendingStore[], nowMs: Millis): SessionState {
    if (state.name !== "relaying") return state;
    if (this.#wish === undefined || this.#cause !== undefined) return state;
    const { cause, to } = this.#wish;
    if (to !== undefined) storeServer(stores, to, this.#parts.context.backend!, nowMs);
    return this.end(cause, nowMs);
  }

  /** Ends a running relay; the state in which to wait for its end. */
  end(cause: KillCause, nowMs: Millis): SessionState {
    this.#cause ??= cause;
    if (cause === "address-gone") return this.giveUp(killManner(cause));
    const { context, effects } = this.#parts;
    const { mqtt, backend } = context;
    const { side } = backend!;
    if (!tellsFarewell(side)) return this.giveUp();
    const packet =
      mqtt === undefined ? undefined : encodeFarewell(mqtt, FAREWELLS[cause], side.serverReference);
    effects.push({ kind: "leave", farewell: this.#client.lastWords(packet) });
    return { name: "relaying", deadlineMs: nowMs + LEAVE_WAIT_MS };
  }

  /** Ends a running relay wherever it is. */
  giveUp(manner: CloseManner = "finish"): SessionState {
    this.#client.close(manner);
    return RELAYING;
  }
}
