// MQTT inside WebSocket in relays: however packets are spread over messages and frames, and the bytes over
// reads, the packets are counted, and what is said last stands between two messages and two packets.
import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { FrameTracker } from "../../src/mqtt/frames.ts";
import { WebSocketTracker } from "../../src/websocket/packet-tracker.ts";
import { Harness, MOVERS, readToEnd, writeParts } from "../integration/mover-harness.ts";
import { clientFrame, readFrames, serverFrame } from "../support/websocket-frames.ts";

const OPTIONS = { protocolVersion: 5 } as const;

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc
    .oneof(fc.nat(200), fc.constantFrom(121, 122, 65_600))
    .map((length) => ({ cmd: "publish" as const, topic: "t", payload: Buffer.alloc(length, 0xff) }))
    .map((rest) => ({ ...rest, qos: 0 as const, dup: false, retain: false })),
  fc.constant({ cmd: "pingresp" as const }),
  fc.nat(65_534).map((id) => ({ cmd: "puback" as const, messageId: id + 1 })),
);

/** One direction: its packets, and where each read, frame and message ends. */
const direction = fc.record({
  packets: fc.array(packet, { minLength: 1, maxLength: 8 }),
  frameEnds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
  isFinal: fc.array(fc.boolean(), { minLength: 1 }),
  hasPing: fc.array(fc.boolean(), { minLength: 1 }),
  readEnds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
});
type Direction = typeof direction extends fc.Arbitrary<infer T> ? T : never;

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((each) => Math.floor(each * bytes.length)))];
  places.sort((one, other) => one - other);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

/** The bytes in reads; `mask` for a client's. */
function framed(each: Direction, mask: number | undefined): readonly Buffer[] {
  const stream = Buffer.concat(each.packets.map((one) => generate(one, OPTIONS)));
  const make = (opcode: number, isFinal: boolean, payload: Buffer, index: number): Buffer =>
    mask === undefined
      ? serverFrame(opcode, isFinal, payload)
      : clientFrame({ opcode, isFinal, payload, mask: mask * (index + 1) });
  const payloads = cut(stream, each.frameEnds);
  let isOpen = false;
  const frames = payloads.flatMap((payload, index) => {
    const isFinal =
      index === payloads.length - 1 || each.isFinal[index % each.isFinal.length] === true;
    const data = make(isOpen ? 0 : 2, isFinal, payload, index);
    isOpen = !isFinal;
    const hasPing = each.hasPing[index % each.hasPing.length] === true;
    return hasPing ? [data, make(9, true, Buffer.from("ping"), index)] : [data];
  });
  return cut(Buffer.concat(frames), each.readEnds);
}

function countOf({ packets }: Direction): readonly number[] {
  const plain = new FrameTracker();
  plain.take(Buffer.concat(packets.map((one) => generate(one, OPTIONS))));
  return [...plain.counts];
}

/** The packets in bytes that must be whole ones. */
function decode(bytes: Buffer): readonly Packet[] {
  const found: Packet[] = [];
  const reading = parser(OPTIONS);
  reading.on("packet", (each) => found.push(each));
  reading.on("error", (error: Error) => {
    throw error;
  });
  expect(reading.parse(bytes)).toBe(0);
  return found;
}

describe("WebSocketTracker", () => {
  test("counts the packets of a client and of a server, however all is cut", () => {
    const mask = fc.option(fc.nat(), { nil: undefined });
    fc.assert(
      fc.property(direction, mask, (each, maskOrNone) => {
        const tracker = new WebSocketTracker();
        for (const read of framed(each, maskOrNone)) expect(tracker.take(read)).toBe(read.length);
        expect([...tracker.counts]).toEqual(countOf(each));
        expect([tracker.isAtBoundary, tracker.isOff]).toEqual([true, false]);
      }),
      { numRuns: 300 },
    );
  });

  test("stops only where messages and packets are whole, and at the first such place", () => {
    fc.assert(
      fc.property(direction, fc.nat(), (each, seed) => {
        const bytes = Buffer.concat(framed(each, undefined));
        const start = seed % bytes.length;
        const tracker = new WebSocketTracker();
        tracker.take(bytes.subarray(0, start));
        const isWhole = (end: number): boolean => {
          try {
            const { data, isOpen } = readFrames(bytes.subarray(0, end));
            const plain = new FrameTracker();
            plain.take(data);
            return !isOpen && plain.isAtBoundary;
          } catch {
            return false;
          }
        };
        expect((tracker as { isAtBoundary: boolean }).isAtBoundary).toBe(isWhole(start));
        const end = start + tracker.take(bytes.subarray(start), true);
        expect(isWhole(end)).toBe(true);
        // A slow check: not for long messages.
        if (bytes.length > 2_000) return;
        for (let at = start + 1; at < end; at++) expect(isWhole(at)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a close frame", [0x88, 0x02, 0x03, 0xe8]],
    ["text", [0x81, 0x01, 0x41]],
    ["reserved bits", [0xc2, 0x01, 0x41]],
    ["a continuation of nothing", [0x80, 0x01, 0x41]],
    ["a long control frame", [0x89, 0x7e, 0x00, 0x7e]],
    ["a frame longer than any", [0x82, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0]],
    ["what is no MQTT", [0x82, 0x02, 0x00, 0x00]],
  ])("gives up at %s", (_, bytes) => {
    const tracker = new WebSocketTracker();
    bytes.forEach((byte, index) => {
      expect(tracker.isOff && index < bytes.length - 1).toBe(false);
      tracker.take(Uint8Array.of(byte));
    });
    expect([tracker.isOff, tracker.isAtBoundary]).toEqual([true, false]);
    expect(tracker.take(Uint8Array.of(0x82, 0), true)).toBe(2);
  });

  test("any bytes are taken", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(new WebSocketTracker().take(bytes)).toBe(bytes.length);
        expect(new WebSocketTracker().take(bytes, true)).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

const FAREWELL = generate({ cmd: "disconnect", reasonCode: 0x9c }, OPTIONS);
const LAST = Buffer.concat([
  serverFrame(2, true, FAREWELL),
  serverFrame(8, true, Buffer.from([3, 0xe9])),
]);

describe.each(MOVERS)("$name", (factory) => {
  test("a client that is to leave gets whole messages, and last what it is told", async () => {
    const harness = new Harness(factory);
    const property = fc.asyncProperty(direction, direction, fc.nat(), async (up, down, seed) => {
      const pair = await harness.relayed({ framing: new WebSocketTracker() });
      const [fromServer, fromClient] = [readToEnd(pair.client), readToEnd(pair.server)];
      const reads = framed(down, undefined);
      const leaveAt = seed % (reads.length + 1);
      const sent = framed(up, 77);
      await writeParts(pair.client, sent);
      await writeParts(pair.server, reads.slice(0, leaveAt));
      harness.mover.leave(pair.clientId, LAST);
      await writeParts(pair.server, reads.slice(leaveAt));
      const got = await fromServer;
      expect(got.subarray(got.length - LAST.length).equals(LAST)).toBe(true);
      const { data, controls, isOpen } = readFrames(got);
      expect([isOpen, controls.at(-1)]).toEqual([false, Buffer.from([3, 0xe9])]);
      expect(decode(data).at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x9c });
      pair.client.end();
      expect((await fromClient).equals(Buffer.concat(sent))).toBe(true);
      pair.server.end();
      const { end, counters } = await harness.next("relay-ended");
      expect(end).toBe("closed");
      expect([...counters.packets!.toServer]).toEqual(countOf(up));
    });
    await fc.assert(property, { numRuns: 40 });
  }, 120_000);
});
