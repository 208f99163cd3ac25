// `balance random(<draws>)`: draws servers by chance, in proportion to their weights, and keeps the
// least loaded of them. Good when many balancers share the same servers.
import type { ServerState } from "../server.ts";
import { hasRoom } from "./algorithm.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";
import { Consistent } from "./consistent.ts";

/** `balance random`. */
export class Random implements Algorithm {
  readonly #view: BackendView;
  readonly #draws: number;
  /** Yields a uint32. */
  readonly #random: () => number;
  readonly #ring: Consistent;

  constructor(view: BackendView, draws: number, balanceFactor: number, random: () => number) {
    this.#view = view;
    this.#draws = Math.max(1, draws);
    this.#random = random;
    this.#ring = new Consistent(view, balanceFactor);
  }

  choose(choice: Choice): ServerState | undefined {
    let best: ServerState | undefined;
    for (let draw = 0; draw < this.#draws; draw += 1) {
      const drawn = this.#ring.lookup(this.#random() >>> 0, choice.avoid);
      if (drawn === undefined) return undefined;
      if (best === undefined || isLessLoaded(drawn, best)) best = drawn;
    }
    // A full server is no choice: the request waits for any server rather than for this one.
    return best !== undefined && best.queued === 0 && hasRoom(this.#view, best) ? best : undefined;
  }

  onServerChanged(server: ServerState): void {
    this.#ring.onServerChanged(server);
  }

  onLoadChanged(): void {
    // Load is compared at each choice.
  }
}

/** Whether `a` has at most as many connections for its weight as `b`. */
function isLessLoaded(a: ServerState, b: ServerState): boolean {
  return a.served * b.effectiveWeight <= b.served * a.effectiveWeight;
}
