import { describe, expect, test } from "vitest";
import { avalanche, crc32, djb2, foldAddress, sdbm, wt6 } from "../../../src/balance/hash.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

// The expected values of sdbm, djb2, wt6 and crc32 come from HAProxy's converters of the same names.
describe("hash functions", () => {
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
