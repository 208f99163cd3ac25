// Slots by key. A JavaScript map copies itself whole when it grows, which takes a large fraction of
// a second at a million keys. Many small maps grow one at a time, each in well under a millisecond.
import { KEY_INDEX_SHARDS } from "../limits.ts";

/** A hash index in shards, which exist from their first key on. */
export class KeyIndex {
  readonly #shards: (Map<string, number> | undefined)[] = [];

  get(key: string): number | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, slot: number): void {
    const number = shardOf(key);
    while (this.#shards.length <= number) this.#shards.push(undefined);
    (this.#shards[number] ??= new Map()).set(key, slot);
  }

  delete(key: string): void {
    const number = shardOf(key);
    const shard = this.#shards[number];
    shard?.delete(key);
    if (shard?.size === 0) this.#shards[number] = undefined;
  }
}

/** Keys often share their beginning (`device-`, a network), so the end decides. A poor spread costs speed, not correctness. */
function shardOf(key: string): number {
  let hash = key.length;
  for (let at = Math.max(0, key.length - 4); at < key.length; at += 1) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  }
  return (hash ^ (hash >>> 8)) & (KEY_INDEX_SHARDS - 1);
}
