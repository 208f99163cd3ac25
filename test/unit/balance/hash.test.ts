import { describe, expect, test } from "vitest";
import { avalanche, crc32, djb2, foldAddress, sdbm, wt6 } from "../../../src/balance/hash.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

// Printed by HAProxy 2.6.12's converters of the same names: sdbm, djb2, wt6, crc32, then sdbm(1)
// and wt6(1), which end in the avalanche.
const VECTORS = [
  ["mqtt-client-0001", 305080122, 3617490693, 477146254, 781336656, 487678471, 107119162],
  ["a", 97, 177670, 1900802597, 3904355907, 1830748055, 1986649387],
  [
    "1234567890123456789012345678901234567",
    448648387,
    2876643192,
    1748340201,
    3095292520,
    1230163385,
    2991559844,
  ],
] as const;

describe("hash functions", () => {
  test.each(VECTORS)("sdbm() to avalanche() agree with HAProxy on %j", (text, ...expected) => {
    const key = bytes(text);
    const got = [
      sdbm(key),
      djb2(key),
      wt6(key),
      crc32(key),
      avalanche(sdbm(key)),
      avalanche(wt6(key)),
    ];
    expect(got).toEqual(expected);
  });

  test("crc32() gives the check value of its polynomial", () => {
    expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytes(""))).toBe(0);
  });

  test("djb2() of nothing is its seed", () => {
    expect(djb2(bytes(""))).toBe(5381);
    expect(djb2(bytes("a"))).toBe(5381 * 33 + 97);
  });

  test("sdbm() of one byte is the byte", () => {
    expect(sdbm(bytes(""))).toBe(0);
    expect(sdbm(bytes("a"))).toBe(97);
    expect(sdbm(bytes("ab"))).toBe((98 + 97 * 65599) >>> 0);
  });

  test("foldAddress() joins the words of an address", () => {
    expect(foldAddress(Uint8Array.of(127, 0, 0, 1))).toBe(0x7f000001);
    const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    expect(foldAddress(ipv6)).toBe(0x20010db9);
  });
});
