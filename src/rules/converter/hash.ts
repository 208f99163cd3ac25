// Hashes and digests (haproxy configuration §7.3.1).
import { createHash } from "node:crypto";
import { avalanche, crc32, djb2, sdbm, wt6 } from "../../balance/hash.ts";
import type { ConverterDefinition } from "../definition.ts";
import type { Sample } from "../sample.ts";

function bytesIn(sample: Sample): Uint8Array {
  return sample.type === "bin" ? sample.value : new Uint8Array(0);
}

function hash(name: string, calculate: (bytes: Uint8Array) => number): ConverterDefinition {
  return {
    names: [name],
    args: [{ name: "avalanche", type: "integer", optional: true }],
    input: "bin",
    output: "int",
    description: `The ${name} hash, 32 bits; with 1, followed by a full avalanche.`,
    make: ([mode]) => {
      const isMixed = Number(mode ?? 0) !== 0;
      return (sample) => {
        const value = calculate(bytesIn(sample));
        return { type: "int", value: isMixed ? avalanche(value) : value };
      };
    },
  };
}

const CASTAGNOLI = 0x82f63b78;

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli) of the bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC32C_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const SHA2_BITS = ["224", "256", "384", "512"];

/** Hashes and digests. */
export const HASH_CONVERTERS: readonly ConverterDefinition[] = [
  hash("crc32", crc32),
  hash("crc32c", crc32c),
  hash("djb2", djb2),
  hash("sdbm", sdbm),
  hash("wt6", wt6),
  {
    names: ["sha1"],
    args: [],
    input: "bin",
    output: "bin",
    description: "The SHA-1 digest.",
    make: () => (sample) => ({
      type: "bin",
      value: createHash("sha1").update(bytesIn(sample)).digest(),
    }),
  },
  {
    names: ["sha2"],
    args: [{ name: "bits", type: "integer", optional: true }],
    input: "bin",
    output: "bin",
    description: "The SHA-2 digest of 224, 256 (default), 384 or 512 bits.",
    check: ([bits]) =>
      bits === undefined || bits === "" || SHA2_BITS.includes(bits)
        ? undefined
        : `Unsupported number of bits: '${bits}'`,
    make: ([bits]) => {
      const algorithm = `sha${bits === undefined || bits === "" ? "256" : bits}`;
      return (sample) => ({
        type: "bin",
        value: createHash(algorithm).update(bytesIn(sample)).digest(),
      });
    },
  },
];
