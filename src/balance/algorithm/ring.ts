// The ring of consistent hashing. A server stands at as many points of the 32-bit circle as its
// effective weight; its points depend on nothing but its id, so that two nodes agree and so that a
// server that comes or goes moves no keys but its own. A key belongs to the nearest point on
// either side.
import type { ServerState } from "../server.ts";
import { avalanche } from "../hash.ts";
import { EFFECTIVE_WEIGHT_MAX } from "../weight.ts";

/** Where a search stands on the ring: an index, valid until the ring changes. */
export type RingIndex = number;

/** The points of the servers of one kind, sorted. */
export class Ring {
  #keys = new Uint32Array(0);
  #owners: ServerState[] = [];
  /** The rank of each point among those of its server. */
  #ranks = new Uint16Array(0);
  readonly #counts = new Map<ServerState, number>();

  get size(): number {
    return this.#owners.length;
  }

  /** The server at a point. */
  ownerAt(index: RingIndex): ServerState | undefined {
    return this.#owners[index];
  }

  /** The place of a point on the circle, uint32. */
  keyAt(index: RingIndex): number {
    return this.#keys[index] ?? 0;
  }

  /** The point after this one, around the end. */
  after(index: RingIndex): RingIndex {
    return index + 1 < this.#owners.length ? index + 1 : 0;
  }

  /** The first point at or after `key`, around the end; 0 on an empty ring. */
  atOrAfter(key: number): RingIndex {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low < this.#keys.length ? low : 0;
  }

  /** The point nearest to `key`; of two at the same distance the one before. */
  nearest(key: number): RingIndex {
    const next = this.atOrAfter(key);
    const previous = next > 0 ? next - 1 : Math.max(0, this.#owners.length - 1);
    const distanceBack = (key - this.keyAt(previous)) >>> 0;
    const distanceAhead = (this.keyAt(next) - key) >>> 0;
    return distanceBack <= distanceAhead ? previous : next;
  }

  /**
   * Gives each server in `wanted` that many points, 0 to take it off the ring. Points that stay do
   * not move. Costs one pass over the ring and a sort of the points that are added.
   */
  resize(wanted: readonly (readonly [ServerState, number])[]): void {
    const added: { key: number; owner: ServerState; rank: number }[] = [];
    for (const [owner, count] of wanted) {
      const firstRank = this.#counts.get(owner) ?? 0;
      for (let rank = firstRank; rank < count; rank += 1) {
        added.push({ key: avalanche(owner.id * EFFECTIVE_WEIGHT_MAX + rank), owner, rank });
      }
      this.#counts.set(owner, count);
    }
    added.sort((a, b) => a.key - b.key);
    this.#merge(added);
  }

  #merge(added: readonly { key: number; owner: ServerState; rank: number }[]): void {
    const lengthMax = this.#owners.length + added.length;
    const keys = new Uint32Array(lengthMax);
    const ranks = new Uint16Array(lengthMax);
    const owners: ServerState[] = [];
    const push = (key: number, owner: ServerState, rank: number): void => {
      keys[owners.length] = key;
      ranks[owners.length] = rank;
      owners.push(owner);
    };
    let at = 0;
    for (const [index, owner] of this.#owners.entries()) {
      const key = this.keyAt(index);
      const rank = this.#ranks[index] ?? 0;
      if (rank >= (this.#counts.get(owner) ?? 0)) continue;
      for (let point = added[at]; point !== undefined && point.key < key; point = added[at]) {
        push(point.key, point.owner, point.rank);
        at += 1;
      }
      push(key, owner, rank);
    }
    for (const point of added.slice(at)) push(point.key, point.owner, point.rank);
    this.#keys = keys.slice(0, owners.length);
    this.#ranks = ranks.slice(0, owners.length);
    this.#owners = owners;
  }
}
