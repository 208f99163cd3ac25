import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeFrozen,
  encodeFrozen,
  type RelayInHand,
} from "../../src/io/handover/frozen-relay.ts";
import { FROZEN_BYTES_MAX } from "../../src/limits.ts";

const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const inHand = fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 }), { nil: undefined });
const position = fc.tuple(
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 15 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const relay: fc.Arbitrary<RelayInHand> = fc.record({
  bytesToServer: count,
  bytesToClient: count,
  forClient: inHand,
  forServer: inHand,
  framing: fc.option(fc.record({ toServer: position, toClient: position }), { nil: undefined }),
});

test("a relay is the same after its journey", () => {
  fc.assert(
    fc.property(relay, (sent) => {
      const received = decodeFrozen(encodeFrozen(sent)!)!;
      const plain = (bytes: Uint8Array | undefined): unknown => bytes && [...bytes];
      expect({ ...received, forClient: 0, forServer: 0 }).toEqual({
        ...sent,
        forClient: 0,
        forServer: 0,
      });
      expect(plain(received.forClient)).toEqual(plain(sent.forClient));
      expect(plain(received.forServer)).toEqual(plain(sent.forServer));
    }),
  );
});

test("foreign bytes are refused or read, never more than that", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, isVersioned) => {
      if (isVersioned && bytes.length > 0) bytes[0] = 1;
      const found = decodeFrozen(Buffer.from(bytes));
      if (found === undefined) return;
      expect((found.forClient?.length ?? 0) + (found.forServer?.length ?? 0)).toBeLessThan(100);
    }),
  );
});

test("one that holds too much is not described", () => {
  fc.assert(
    fc.property(relay, (small) => {
      const forClient = new Uint8Array(FROZEN_BYTES_MAX + 1);
      expect(encodeFrozen({ ...small, forClient })).toBeUndefined();
    }),
    { numRuns: 3 },
  );
});
