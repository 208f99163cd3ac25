import { expect, test } from "vitest";
import { hashKey } from "../../../src/stick/key-hash.ts";

// The first vectors of Linux's lib/test_siphash.c for machines of 32 bits: key 00..07, message 00, 01, ….
const VECTORS = [
  0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
];

test.each(VECTORS.map((expected, length) => ({ length, expected })))(
  "hashKey() of $length bytes is HalfSipHash-1-3",
  ({ length, expected }) => {
    const bytes = Uint8Array.from({ length: length + 3 }, (_, at) => at - 3);
    expect(hashKey(bytes, 3, length + 3, 0x03020100, 0x07060504) >>> 0).toBe(expected);
  },
);

test("hashKey() uses a secret: the same key hashes to something else with another one", () => {
  const bytes = Buffer.from("device-1");
  expect(hashKey(bytes, 0, 8)).toBe(hashKey(bytes, 0, 8));
  expect(hashKey(bytes, 0, 8, 1, 2)).not.toBe(hashKey(bytes, 0, 8, 2, 1));
});
