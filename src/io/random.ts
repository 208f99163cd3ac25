import { randomFillSync } from "node:crypto";

const pool = new Uint32Array(256);
let used = pool.length;

/** A uniform number in 0..2^32-1 that clients cannot predict. */
export function randomUint32(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++]!;
}

/** 0..1, 1 excluded. */
export function randomFraction(): number {
  return randomUint32() / 2 ** 32;
}
