// Servers in the order of a numeric key; equal keys stand in the order they came. A sorted array
// rather than a tree: a backend has a few to a few hundred servers, and moving a cache line beats
// rebalancing.
import { assert } from "../base/assert.ts";
import type { ServerState } from "./server.ts";

/** A server's place in a list of such places; an algorithm extends it by its own bookkeeping. */
export interface Place<Self extends Place<Self>> {
  readonly server: ServerState;
  key: number;
  /** Rises with each insertion: orders equal keys. */
  sequence: number;
  /** The list that holds the place. */
  list: OrderedServers<Self> | undefined;
}

/** A sorted list of places. */
export class OrderedServers<P extends Place<P>> {
  readonly #places: P[] = [];
  #sequence = 0;

  get size(): number {
    return this.#places.length;
  }

  /** The place of the lowest key, the earliest of equals. */
  first(): P | undefined {
    return this.#places[0];
  }

  /** The place of rank `index`, from 0. */
  at(index: number): P | undefined {
    return this.#places[index];
  }

  /** Puts a place behind those of the same key. */
  insert(place: P, key: number): void {
    assert(place.list === undefined, "a place stands in two lists");
    this.#sequence += 1;
    place.key = key;
    place.sequence = this.#sequence;
    place.list = this;
    this.#places.splice(this.#search(key, Number.POSITIVE_INFINITY), 0, place);
  }

  /** Takes a place out. */
  remove(place: P): void {
    const index = this.#search(place.key, place.sequence);
    assert(this.#places[index] === place, "a place is missing from its list");
    this.#places.splice(index, 1);
    place.list = undefined;
  }

  /** The index of the first place that is not before (key, sequence). */
  #search(key: number, sequence: number): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const place = this.#places[middle];
      assert(place !== undefined, "a search left its list");
      const isBefore = place.key < key || (place.key === key && place.sequence < sequence);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
