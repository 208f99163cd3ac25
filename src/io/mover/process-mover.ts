import type { Endpoint } from "../../base/address.ts";
import type { ListenerId, Mover } from "../../session/mover.ts";
import type { ExpectedConnections } from "./expected-connections.ts";

/** A listening socket, as a probe of it wants to know it. */
export interface ListenerView {
  readonly listener: ListenerId;
  readonly endpoint: Endpoint;
  /** Whether a client would have to wait: accepting is paused, or all sockets are in use. */
  readonly isHeldBack: boolean;
}

/** A mover with what a process needs of it besides. */
export interface ProcessMover extends Mover {
  /** Connections of this process to its own listeners, which are not announced. */
  readonly expected: ExpectedConnections;
  /** A listener that is open; `undefined` when it is not, or not yet. */
  viewListener(listener: ListenerId): ListenerView | undefined;
  /** Closes everything at once and waits until all sockets are gone; for tests and for the end. */
  shutdown(): Promise<void>;
}
