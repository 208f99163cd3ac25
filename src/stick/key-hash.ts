// HalfSipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 32-bit variant), the hash
// that Linux uses for hash tables of 32-bit machines. Clients choose keys: without a secret they
// could choose a million that all fall into one chain.
import { randomBytes } from "node:crypto";

/**
 * The secret of this process. It decides how keys are spread over chains and nothing else: whatever
 * can be seen of a table is the same with any other one.
 */
const SECRET = randomBytes(8);
const SECRET_LOW = SECRET.readInt32LE(0);
const SECRET_HIGH = SECRET.readInt32LE(4);

/** The hash of the bytes `start` to `end`, a signed 32-bit integer. */
export function hashKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  low = SECRET_LOW,
  high = SECRET_HIGH,
): number {
  let v0 = low;
  let v1 = high;
  let v2 = 0x6c79_6765 ^ low;
  let v3 = 0x7465_6462 ^ high;
  let rounds = ((end - start) >> 2) + 4;
  let at = start;
  for (; rounds > 0; rounds -= 1) {
    let word = 0;
    // One round for each word and for the last one, then three for the end.
    if (rounds > 4) {
      word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      at += 4;
    } else if (rounds === 4) {
      word = (end - start) << 24;
      if (end - at === 3) word |= bytes[at + 2]! << 16;
      if (end - at >= 2) word |= bytes[at + 1]! << 8;
      if (end - at >= 1) word |= bytes[at]!;
    } else if (rounds === 3) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
