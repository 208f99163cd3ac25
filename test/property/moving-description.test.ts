import fc from "fast-check";
import { expect, test } from "vitest";
import { printIp } from "../../src/base/ip.ts";
import { decodeMoving, encodeMoving } from "../../src/io/handover/moving-description.ts";
import type { MovingRelay } from "../../src/io/handover/moving-relay.ts";
import type { TcpState } from "../../src/io/handover/tcp-state.ts";

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const bytes = fc.uint8Array({ maxLength: 100 });
const shift = fc.integer({ min: 0, max: 14 });

function tcpState(family: 4 | 6): fc.Arbitrary<TcpState> {
  const size = family === 4 ? 4 : 16;
  const endpoint = fc.record({
    kind: fc.constant("ip" as const),
    family: fc.constant(family),
    host: fc.uint8Array({ minLength: size, maxLength: size }).map(printIp),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  return fc.record({
    ...{ local: endpoint, peer: endpoint },
    ...{ receiveSequence: number, sendSequence: number },
    ...{ received: bytes, unacknowledged: bytes, unsent: bytes },
    maxSegment: fc.integer({ min: 1, max: 65_535 }),
    scales: fc.option(fc.tuple(shift, shift), { nil: undefined }),
    hasSack: fc.boolean(),
    timestamp: fc.option(number, { nil: undefined }),
    window: fc.array(number, { minLength: 5, maxLength: 5 }),
  });
}

const state = fc.oneof(tcpState(4), tcpState(6));
const moving: fc.Arbitrary<MovingRelay> = fc.record({
  client: state,
  server: state,
  relay: fc.record({
    ...{ bytesToServer: number, bytesToClient: number },
    forClient: fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 }), { nil: undefined }),
    forServer: fc.constant(undefined),
    framing: fc.constant(undefined),
  }),
});

/** Byte by byte, whatever kind of array they lie in. */
function plain(value: MovingRelay): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      each instanceof Uint8Array ? [...each] : isBuffer(each) ? each.data : each,
    ),
  );
}

function isBuffer(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "Buffer";
}

test("a relay is the same after its journey", () => {
  fc.assert(
    fc.property(moving, (sent) => {
      expect(plain(decodeMoving(encodeMoving(sent)!)!)).toEqual(plain(sent));
    }),
  );
});

test("foreign bytes are refused or read, never more than that", () => {
  const changed = fc.tuple(moving, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }));
  fc.assert(
    fc.property(changed, fc.nat(), (found, cut) => {
      const [sent, changes] = found;
      const all = encodeMoving(sent)!;
      for (const [at, byte] of changes) all[at % all.length] = byte;
      const received = decodeMoving(all.subarray(0, all.length - (cut % 3)));
      if (received === undefined) return;
      for (const { received: queue, maxSegment, scales } of [received.client, received.server]) {
        expect(queue.length).toBeLessThanOrEqual(all.length);
        expect(maxSegment).toBeGreaterThan(0);
        expect(Math.max(...(scales ?? [0]))).toBeLessThanOrEqual(14);
      }
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (foreign) => {
      if (foreign.length > 0) foreign[0] = 1;
      decodeMoving(Buffer.from(foreign));
    }),
  );
});
