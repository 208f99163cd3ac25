import { describe, expect, test } from "vitest";
import { TicketKeyRing } from "../../../src/tickets/key-ring.ts";

/** Its name, its key for AES and its key for HMAC are three different bytes, sixteen times. */
function key(byte: number): Uint8Array {
  return Buffer.concat([byte, byte + 1, byte + 2].map((part) => Buffer.alloc(16, part)));
}

const name = (byte: number): Uint8Array => Buffer.alloc(16, byte);

describe("TicketKeyRing", () => {
  test("seals with the penultimate key and opens with all", () => {
    const ring = new TicketKeyRing("f", [key(10), key(20), key(30)]);
    expect(ring.sealing).toEqual({ name: name(20), aes: name(21), hmac: name(22) });
    for (const byte of [10, 20, 30]) {
      expect(ring.find(name(byte))).toMatchObject({ aes: name(byte + 1), hmac: name(byte + 2) });
    }
    expect(ring.find(name(11))).toBeUndefined();
  });

  test("a key that is pushed forgets the oldest, and makes the former newest one seal", () => {
    const ring = new TicketKeyRing("f", [key(10), key(20), key(30)]);
    ring.push(key(40));
    expect(ring.sealing.name).toEqual(name(30));
    expect(ring.find(name(10))).toBeUndefined();
    for (const byte of [20, 30, 40]) expect(ring.find(name(byte))).toBeDefined();
  });
});
