import type { Millis } from "./units.ts";

/**
 * A protocol core: no sockets, no clock, no randomness of its own. The same inputs give the same
 * outputs, so a core can be driven by a simulator as well as by real sockets.
 */
export interface Machine<Event, Effect> {
  /** Feeds one event that happened at `nowMs`. Never throws on what a peer sent. */
  handle(event: Event, nowMs: Millis): void;
  /** Takes the next effect, oldest first; `undefined` when there is none left. */
  poll(): Effect | undefined;
  /** The instant at which a `timeout` event is due; `undefined` while no timer is armed. */
  nextTimeout(): Millis | undefined;
}
