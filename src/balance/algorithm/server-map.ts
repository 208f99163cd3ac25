// A map of slots, each server having as many as its weight: what static-rr walks through and what
// `hash-type map-based` looks keys up in. Any change of the servers makes another map.
import type { Election } from "../election.ts";
import type { ServerState } from "../server.ts";
import { hasRoom } from "./algorithm.ts";
import type { Algorithm, BackendView, Choice } from "./algorithm.ts";

/** `balance static-rr`, and `source` and `hash` with `hash-type map-based`. */
export class ServerMap implements Algorithm {
  readonly #view: BackendView;
  #slots: readonly ServerState[] = [];
  /**
   * The slot that is next in round robin. QUIRK: past the end it goes to the start only when the
   * next request comes, by the map of that time.
   */
  #next = 0;

  constructor(view: BackendView) {
    this.#view = view;
    this.onServerChanged();
  }

  choose(choice: Choice): ServerState | undefined {
    if (choice.hash !== undefined) return this.#slots[choice.hash % this.#slots.length];
    return this.#chooseNext(choice.avoid);
  }

  onServerChanged(): void {
    this.#slots = buildSlots(this.#view.election);
  }

  onLoadChanged(): void {
    // Slots do not depend on load.
  }

  /** Round robin from slot to slot, leaving out servers without room. */
  #chooseNext(avoid: ServerState | undefined): ServerState | undefined {
    const count = this.#slots.length;
    if (this.#next >= count) this.#next = 0;
    let avoided: ServerState | undefined;
    let afterAvoided = 0;
    for (let step = 0; step < count; step += 1) {
      const index = (this.#next + step) % count;
      const server = this.#slots[index];
      if (server === undefined || !hasRoom(this.#view, server)) continue;
      if (server !== avoid) {
        this.#next = index + 1;
        return server;
      }
      avoided = server;
      afterAvoided = index + 1;
    }
    if (avoided !== undefined) this.#next = afterAvoided;
    return avoided;
  }
}

/**
 * Deals the slots out: in each step every server scores its weight, and the slot goes to the first
 * one whose score reached the total most often, which then pays the total.
 */
function buildSlots(election: Election): readonly ServerState[] {
  if (election.soleBackup !== undefined) return [election.soleBackup];
  const candidates = election.servers
    .filter((server) => election.isElectable(server))
    .map((server) => ({ server, score: 0 }));
  const only = candidates[0];
  if (only !== undefined && candidates.length === 1) return [only.server];
  const total = election.totalWeight;
  const slots: ServerState[] = [];
  for (let slot = 0; slot < total; slot += 1) {
    let best: (typeof candidates)[number] | undefined;
    let bestTurns = 0;
    for (const candidate of candidates) {
      candidate.score += candidate.server.effectiveWeight;
      const turns = Math.trunc((candidate.score + total) / total);
      if (best === undefined || turns > bestTurns) {
        best = candidate;
        bestTurns = turns;
      }
    }
    if (best === undefined) break;
    best.score -= total;
    slots.push(best.server);
  }
  return slots;
}
