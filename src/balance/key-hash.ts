// The hash of a client, by `balance source` or `balance hash` and `hash-type`.
import type { BackendSide, HashType } from "../config/model/proxy.ts";
import { avalanche, crc32, djb2, foldAddress, sdbm, wt6 } from "./hash.ts";

/** Which bytes of a client may be hashed. */
export interface ClientKey {
  readonly sourceIp?: Uint8Array | undefined;
  readonly hashKey?: Uint8Array | undefined;
}

/**
 * The client's hash, uint32; `undefined` when the algorithm does not hash or the client lacks the
 * key, which is then served in turn. QUIRK: `source` hashes with no function but the avalanche.
 */
export function hashClient(side: BackendSide, key: ClientKey): number | undefined {
  let hash: number;
  if (side.balance.algorithm === "source") {
    if (key.sourceIp === undefined) return undefined;
    hash = foldAddress(key.sourceIp);
  } else if (side.balance.algorithm === "hash") {
    if (key.hashKey === undefined) return undefined;
    hash = HASH_FUNCTIONS[side.hashType.function](key.hashKey);
  } else return undefined;
  return side.hashType.avalanche ? avalanche(hash) : hash;
}

const HASH_FUNCTIONS: Readonly<Record<HashType["function"], (bytes: Uint8Array) => number>> = {
  sdbm,
  djb2,
  wt6,
  crc32,
};
