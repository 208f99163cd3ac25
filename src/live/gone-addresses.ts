// Which virtual addresses have left this node for good. Their sessions can neither send nor hear any
// more, and nothing tells their sockets: without help they last until a keep-alive or `timeout client`.
// An address that returns within the grace finds its sessions alive.
import { EffectQueue } from "../base/effect-queue.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";

/** What is heard of addresses. */
export type GoneEvent =
  /** The virtual addresses that this node holds, numeric; all of them. */
  { readonly kind: "vips"; readonly held: readonly string[] } | { readonly kind: "timeout" };

/** An address was away for the whole grace: `awayMs` by now. */
export interface GoneEffect {
  readonly address: string;
  readonly awayMs: Millis;
}

/** See the head of this file. */
export class GoneAddresses implements Machine<GoneEvent, GoneEffect> {
  readonly #graceMs: () => Millis;
  readonly #effects = new EffectQueue<GoneEffect>();
  #held: ReadonlySet<string> = new Set();
  /** Since when addresses are away. */
  readonly #leftMs = new Map<string, Millis>();

  /** `graceMs` may change; 0: no address is ever given up. */
  constructor(graceMs: () => Millis) {
    this.#graceMs = graceMs;
  }

  handle(event: GoneEvent, nowMs: Millis): void {
    if (event.kind === "vips") this.#hold(new Set(event.held), nowMs);
    const graceMs = this.#graceMs();
    for (const [address, leftMs] of this.#leftMs) {
      const awayMs = nowMs - leftMs;
      if (awayMs < graceMs) continue;
      this.#leftMs.delete(address);
      if (graceMs > 0) this.#effects.push({ address, awayMs });
    }
  }

  poll(): GoneEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    if (this.#leftMs.size === 0) return undefined;
    return Math.min(...this.#leftMs.values()) + this.#graceMs();
  }

  #hold(held: ReadonlySet<string>, nowMs: Millis): void {
    for (const address of this.#held) {
      if (!held.has(address)) this.#leftMs.set(address, nowMs);
    }
    for (const address of held) this.#leftMs.delete(address);
    this.#held = held;
  }
}
