// Invariants of the reader of a client's first WebSocket frames: however the MQTT stream is cut into frames,
// messages and reads, it is the same stream; a rewritten packet changes that packet and nothing else, and
// the frames around it stay frames; nonsense is a value.
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "../../src/websocket/frames.ts";
import { readUpgrade, readUpgradeAnswer } from "../../src/websocket/upgrade.ts";
import { type ClientFrame, clientFrame, readFrames } from "../support/websocket-frames.ts";

const payload = fc.uint8Array({ maxLength: 200 });
const part = fc.record({
  payload,
  isFinal: fc.boolean(),
  mask: fc.nat(),
  ping: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
});
const bigPart = fc.record({
  payload: fc.uint8Array({ minLength: 66_000, maxLength: 66_100 }),
  isFinal: fc.boolean(),
  mask: fc.nat(),
  ping: fc.constant(undefined),
});
const parts = fc.oneof(
  { weight: 20, arbitrary: fc.array(part, { minLength: 1, maxLength: 8 }) },
  { weight: 1, arbitrary: fc.tuple(part, bigPart, part).map((each) => [...each]) },
);

interface Script {
  readonly bytes: Buffer;
  readonly stream: Buffer;
  readonly pings: readonly Buffer[];
}

/** The parts as frames: what is not final goes on in the next one. */
function scriptOf(
  list: readonly (Omit<ClientFrame, "opcode"> & { readonly ping?: Uint8Array | undefined })[],
): Script {
  let isOpen = false;
  const frames: Buffer[] = [];
  const pings: Buffer[] = [];
  list.forEach(({ ping, ...each }, index) => {
    const isFinal = each.isFinal || index === list.length - 1;
    frames.push(clientFrame({ ...each, isFinal, opcode: isOpen ? 0 : 2 }));
    isOpen = !isFinal;
    if (ping === undefined) return;
    frames.push(clientFrame({ opcode: 9, isFinal: true, payload: ping, mask: each.mask + 1 }));
    pings.push(Buffer.from(ping));
  });
  const stream = Buffer.concat(list.map((each) => each.payload));
  return { bytes: Buffer.concat(frames), stream, pings };
}

test("however it is cut, the stream is the same", () => {
  fc.assert(
    fc.property(
      parts,
      fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }),
      (list, steps) => {
        const { bytes, stream } = scriptOf(list);
        const reader = new FrameReader();
        let seen: Uint8Array = new Uint8Array(0);
        for (let end = 0, turn = 0; end < bytes.length; turn++) {
          end = Math.min(
            bytes.length,
            end + steps[turn % steps.length]! * (bytes.length > 60_000 ? 97 : 1),
          );
          seen = reader.read(bytes.subarray(0, end));
          if (!stream.subarray(0, seen.length).equals(seen)) break;
        }
        expect(reader.fault).toBeUndefined();
        expect(Buffer.from(seen).equals(stream)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("a rewritten packet changes that packet and nothing else", () => {
  const packet = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(parts, packet, fc.nat(), fc.nat(), (list, rewritten, cutAt, readAt) => {
      const { bytes, stream, pings } = scriptOf(list);
      if (stream.length === 0) return;
      const byteCount = 1 + (cutAt % stream.length);
      const reader = new FrameReader();
      let end = readAt % (bytes.length + 1);
      if (reader.read(bytes.subarray(0, end)).length < byteCount) end = bytes.length;
      reader.read(bytes.subarray(0, end));
      const { bytes: sent, heldCount } = reader.replace(rewritten, byteCount);
      expect(heldCount).toBeLessThanOrEqual(end);
      const arrived = readFrames(Buffer.concat([sent, bytes.subarray(heldCount)]));
      const wanted = Buffer.concat([rewritten, stream.subarray(byteCount)]);
      expect(arrived.data.equals(wanted)).toBe(true);
      expect(arrived.controls).toEqual(pings);
    }),
    { numRuns: 500 },
  );
});

test("any bytes are answered by a value, and a fault stays", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 50 }),
      (bytes, more) => {
        const reader = new FrameReader();
        const seen = reader.read(bytes);
        expect(seen.length).toBeLessThanOrEqual(bytes.length);
        const { fault } = reader;
        reader.read(Buffer.concat([bytes, more]));
        if (fault !== undefined) expect(reader.fault).toBe(fault);
      },
    ),
    { numRuns: 2_000 },
  );
});

const REQUEST = [
  "GET /mqtt HTTP/1.1\r\nHost: broker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
  "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
].join("");

test("an upgrade with any bytes changed is a value, and one cut short needs more", () => {
  const edits = fc.array(fc.tuple(fc.nat(REQUEST.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(edits, fc.nat(REQUEST.length), (list, cutAt) => {
      const bytes = Buffer.from(REQUEST, "latin1");
      for (const [at, value] of list) bytes[at] = value;
      expect(["need-more", "refused", "upgrade"]).toContain(readUpgrade(bytes).kind);
      const whole = readUpgrade(Buffer.from(REQUEST));
      if (whole.kind !== "upgrade") throw new Error("The request is a good one");
      expect(["need-more", "refused", "accepted"]).toContain(
        readUpgradeAnswer(bytes, whole.upgrade).kind,
      );
      if (cutAt < REQUEST.length) {
        expect(readUpgrade(Buffer.from(REQUEST).subarray(0, cutAt)).kind).toBe("need-more");
      }
      expect(readUpgradeAnswer(whole.upgrade.response, whole.upgrade).kind).toBe("accepted");
    }),
    { numRuns: 1_000 },
  );
});
