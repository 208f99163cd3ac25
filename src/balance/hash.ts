// The hash functions of `hash-type` (haproxy configuration §4.2). Two nodes, and a node and a
// HAProxy, must map a key to the same server: every bit counts. All work on uint32 and yield one.

const CRC32_TABLE = buildCrc32Table();

/** SDBM: spreads well on most keys; the default of `hash-type`. */
export function sdbm(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = (byte + (hash << 6) + (hash << 16) - hash) | 0;
  return hash >>> 0;
}

/** DJB2: 33 times the hash plus the byte, from 5381. */
export function djb2(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = ((hash << 5) + hash + byte) | 0;
  return hash >>> 0;
}

/** WT6: two lanes that swap after rotations whose widths come from the data itself. */
export function wt6(bytes: Uint8Array): number {
  let laneA = 0xa53c965a;
  let laneB = 0x5ca6953a;
  let turnA = 6;
  let turnB = 18;
  for (const byte of bytes) {
    const mixedA = ~(laneA ^ byte);
    const mixedB = ~(laneB + byte);
    laneA = rotateLeft(mixedB, turnA);
    laneB = rotateLeft(mixedA, turnB);
    const turns = ((laneA >>> 16) ^ laneB) & 0xffff;
    turnA = turns & 0x1f;
    turnB = turns >>> 11;
  }
  return (laneA ^ laneB) >>> 0;
}

/** CRC-32 of Ethernet and zip (reflected polynomial 0xedb88320). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc = (crc >>> 8) ^ (CRC32_TABLE[(crc ^ byte) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}

/**
 * Bob Jenkins' full avalanche of a 32-bit integer, spread by a prime near three quarters of the
 * range: `hash-type ... avalanche`, and the places of servers on the consistent ring.
 */
export function avalanche(n: number): number {
  let a = n | 0;
  a = (a + 0x7ed55d16 + (a << 12)) | 0;
  a = a ^ 0xc761c23c ^ (a >>> 19);
  a = (a + 0x165667b1 + (a << 5)) | 0;
  a = (a + 0xd3a2646c) ^ (a << 9);
  a = (a + 0xfd7046c5 + (a << 3)) | 0;
  a = a ^ 0xb55a4f09 ^ (a >>> 16);
  return Math.imul(a, 3_221_225_473) >>> 0;
}

/** What `balance source` hashes: the address's 32-bit words in network order, joined by XOR. */
export function foldAddress(address: Uint8Array): number {
  let folded = 0;
  for (let at = 0; at + 4 <= address.length; at += 4) {
    for (let i = 0; i < 4; i += 1) folded ^= (address[at + i] ?? 0) << (24 - 8 * i);
  }
  return folded >>> 0;
}

function rotateLeft(value: number, count: number): number {
  return count === 0 ? value | 0 : (value << count) | (value >>> (32 - count));
}

function buildCrc32Table(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}
