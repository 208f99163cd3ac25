// Between an agent, which knows the VIPs and may send raw packets, and a balancer, which knows whose
// connections are lost. The balancer reads what strangers send: it gets no more tickles through than a
// healthy one would ask for.
import { CONNECTION_KEY_BYTES } from "../../src/base/connection-key.ts";
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Millis } from "../../src/base/units.ts";
import type { GuardEffect } from "./guard-events.ts";
import { TickleBudget } from "./tickle-budget.ts";

const KEY_CHARS = (CONNECTION_KEY_BYTES / 3) * 4;

/** Passes VIPs on to the balancer and tickles to the agent. */
export class TickleRelay {
  readonly #effects: EffectQueue<GuardEffect>;
  readonly #budget = new TickleBudget();
  #held: readonly string[] = [];

  constructor(effects: EffectQueue<GuardEffect>) {
    this.#effects = effects;
  }

  /** The agent holds these; none once it is lost. `isHeard`: whether a balancer listens. */
  hold(held: readonly string[], isHeard: boolean): void {
    if (held.length === 0 && this.#held.length === 0) return;
    this.#held = held;
    if (isHeard) this.#tell();
  }

  /** A balancer listens, which does not know whether anything is held. */
  balancerReady(): void {
    this.#tell();
  }

  /** The balancer asks for tickles; dropped beyond what may be sent now. */
  tickle(connections: string, nowMs: Millis): void {
    if (this.#held.length === 0) return;
    if (!this.#budget.take(connections.length / KEY_CHARS, nowMs)) return;
    this.#effects.push({ kind: "tell-agent-tickle", connections });
  }

  #tell(): void {
    this.#effects.push({ kind: "tell-balancer-vips", held: this.#held });
  }
}
