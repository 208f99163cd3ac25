import { describe, expect, test } from "vitest";
import { decodeVarint, encodeVarint } from "../../../src/peers/varint.ts";
import { WireReader } from "../../../src/peers/wire-reader.ts";
import { bytes } from "./bytes.ts";

const GOLDEN: readonly (readonly [bigint, string])[] = [
  [0n, "00"],
  [239n, "ef"],
  [240n, "f0 00"],
  [241n, "f1 00"],
  [255n, "ff 00"],
  [256n, "f0 01"],
  [300n, "fc 03"],
  [2287n, "ff 7f"],
  [2288n, "f0 80 00"],
  [4660n, "f4 94 01"],
  [5000n, "f8 a9 01"],
  [10000n, "f0 e2 03"],
  [60000n, "f0 97 1c"],
  [264431n, "ff ff 7f"],
  [264432n, "f0 80 80 00"],
  [524289n, "f1 f1 fe 00"],
  [600000n, "f0 ed a3 01"],
  [1800000n, "f0 e5 ed 05"],
  [0x1800000n, "f0 f1 fe 5e"],
  [2n ** 32n - 1n, "ff f0 fe fe 7e"],
  [2n ** 63n, "f0 f1 fe fe fe fe fe fe fe 06"],
];

describe("varint", () => {
  test.each(GOLDEN)("%s is %s", (value, hex) => {
    expect(encodeVarint(value)).toEqual(bytes(hex));
    expect(decodeVarint(bytes(hex))).toBe(value);
    if (value <= Number.MAX_SAFE_INTEGER) {
      expect(encodeVarint(Number(value))).toEqual(bytes(hex));
      expect(new WireReader(bytes(hex)).varint()).toBe(Number(value));
    }
    expect(new WireReader(bytes(hex)).varintU32()).toBe(Number(BigInt.asUintN(32, value)));
  });

  test.each([1, 2, 3, 4, 5, 10])("the largest of %i bytes and the next one", (byteCount) => {
    const limits = [240n, 2288n, 264432n, 33818864n, 4328786160n];
    const first = limits[byteCount - 1];
    if (first === undefined) {
      expect(encodeVarint(2n ** 64n - 1n)).toHaveLength(10);
      expect(decodeVarint(encodeVarint(2n ** 64n - 1n))).toBe(2n ** 64n - 1n);
      return;
    }
    expect(encodeVarint(first - 1n)).toHaveLength(byteCount);
    expect(encodeVarint(first)).toHaveLength(byteCount + 1);
    expect(decodeVarint(encodeVarint(first))).toBe(first);
  });

  test("a negative number is sent as its 64 bits and read back by its low 32", () => {
    expect(encodeVarint(-1)).toEqual(encodeVarint(2n ** 64n - 1n));
    expect(new WireReader(encodeVarint(-5)).varintU32() | 0).toBe(-5);
    expect(new WireReader(encodeVarint(-5)).varint()).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("cut short or endless integers are told, not read", () => {
    for (const hex of ["", "f0", "f0 80", "ff ff ff ff ff ff ff ff ff ff ff ff 00"]) {
      expect(decodeVarint(bytes(hex))).toBeUndefined();
      const reader = new WireReader(bytes(hex));
      expect(reader.varint()).toBe(0);
      expect(reader.isShort).toBe(true);
    }
  });
});
