// The framing of MQTT in relays against mqtt-packet: however the bytes are split, the packets are counted
// as a parser counts them, and a client that is told to leave gets whole packets and the last one of ours.
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { FrameTracker, PACKET_TYPE_COUNT } from "../../src/mqtt/frames.ts";
import { Harness, MOVERS, readToEnd, writeParts } from "../integration/mover-harness.ts";

const OPTIONS = { protocolVersion: 5 } as const;

const payload = fc.oneof(
  { weight: 8, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.constantFrom(121, 122, 123, 16_370, 16_380, 70_000) },
);
const packet: fc.Arbitrary<Packet> = fc.oneof(
  payload.map((length) => ({
    cmd: "publish" as const,
    topic: "t",
    payload: Buffer.alloc(length, 0xff),
    qos: 0 as const,
    dup: false,
    retain: false,
  })),
  fc.constant({ cmd: "pingreq" as const }),
  fc.constant({ cmd: "pingresp" as const }),
  fc.nat(65_534).map((id) => ({ cmd: "puback" as const, messageId: id + 1 })),
);
const stream = fc
  .array(packet, { maxLength: 12 })
  .map((packets) => Buffer.concat(packets.map((one) => generate(one, OPTIONS))));

/** Cuts bytes where random numbers say. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((part) => Math.floor(part * bytes.length)))].sort(
    (one, other) => one - other,
  );
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

/** What a parser makes of whole bytes; the bytes behind the last whole packet are left out. */
function parse(bytes: Uint8Array): Packet[] {
  const packets: Packet[] = [];
  const one = parser(OPTIONS);
  one.on("packet", (each) => packets.push(each));
  one.on("error", (error: Error) => {
    throw error;
  });
  one.parse(Buffer.from(bytes));
  return packets;
}

function stands({ isAtBoundary }: FrameTracker): boolean {
  return isAtBoundary;
}

const TYPES = { publish: 3, puback: 4, pingreq: 12, pingresp: 13, disconnect: 14 } as const;

function count(bytes: Uint8Array): number[] {
  const counts = new Array<number>(PACKET_TYPE_COUNT).fill(0);
  for (const { cmd } of parse(bytes)) counts[TYPES[cmd as keyof typeof TYPES]]!++;
  return counts;
}

describe("FrameTracker", () => {
  test("counts what mqtt-packet counts, wherever bytes are cut", () => {
    const property = fc.property(stream, cuts, (bytes, at) => {
      const frames = new FrameTracker();
      for (const part of cut(bytes, at)) expect(frames.take(part)).toBe(part.length);
      expect([...frames.counts]).toEqual(count(bytes));
      expect(frames.isAtBoundary).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("stops at the first end of a packet, and nowhere else", () => {
    const property = fc.property(stream, cuts, fc.nat(), (bytes, at, seed) => {
      fc.pre(bytes.length > 0);
      const start = seed % bytes.length;
      const frames = new FrameTracker();
      frames.take(bytes.subarray(0, start));
      fc.pre(!stands(frames));
      let end = start;
      for (const part of cut(bytes.subarray(start), at)) {
        end += frames.take(part, true);
        if (stands(frames)) break;
      }
      // One packet less with one byte less.
      expect(parse(bytes.subarray(0, end))).toHaveLength(
        parse(bytes.subarray(0, start)).length + 1,
      );
      expect(parse(bytes.subarray(0, end - 1))).toHaveLength(
        parse(bytes.subarray(0, start)).length,
      );
    });
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    ["a remaining length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["the reserved type", [0xc0, 0x00, 0x00]],
  ])("gives up at %s", (_, bytes) => {
    const frames = new FrameTracker();
    for (const byte of bytes) frames.take(Uint8Array.of(byte));
    expect(frames.isOff).toBe(true);
    expect(frames.take(Uint8Array.of(0xc0, 0x00), true)).toBe(2);
    expect(frames.isOff).toBe(true);
  });
});

const FAREWELL = generate({ cmd: "disconnect", reasonCode: 0x9c }, OPTIONS);

describe.each(MOVERS)("$name", (factory) => {
  test("counts the packets of a relay, also those that came before it", async () => {
    const harness = new Harness(factory);
    const property = fc.asyncProperty(stream, stream, cuts, async (up, down, at) => {
      const framing = new FrameTracker();
      const pair = await harness.relayed({ framing });
      await Promise.all([
        writeParts(pair.client, cut(up, at)),
        writeParts(pair.server, cut(down, at)),
      ]);
      const reading = [readToEnd(pair.server), readToEnd(pair.client)];
      pair.client.end();
      pair.server.end();
      expect(Buffer.compare((await reading[0])!, up)).toBe(0);
      expect(Buffer.compare((await reading[1])!, down)).toBe(0);
      const { counters } = await harness.next("relay-ended");
      expect([...counters.packets!.toServer]).toEqual(count(up));
      expect([...counters.packets!.toClient]).toEqual(count(down));
    });
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);

  test("a client that is to leave gets whole packets, then the last one, then the end", async () => {
    const harness = new Harness(factory);
    const step = fc.tuple(stream, cuts, fc.nat());
    const property = fc.asyncProperty(step, async ([bytes, at, seed]) => {
      const pair = await harness.relayed({ framing: new FrameTracker() });
      const reading = readToEnd(pair.client);
      const parts = cut(bytes, at);
      const leaveAt = seed % (parts.length + 1);
      await writeParts(pair.server, parts.slice(0, leaveAt));
      harness.mover.leave(pair.clientId, FAREWELL);
      await writeParts(pair.server, parts.slice(leaveAt));
      const got = await reading;
      expect(Buffer.compare(got.subarray(got.length - FAREWELL.length), FAREWELL)).toBe(0);
      const before = got.subarray(0, got.length - FAREWELL.length);
      expect(Buffer.compare(before, bytes.subarray(0, before.length))).toBe(0);
      expect(parse(got).at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x9c });
      expect(parse(got)).toHaveLength(parse(before).length + 1);
      // What it still says reaches its server.
      const tail = readToEnd(pair.server);
      pair.client.end("tail");
      expect((await tail).toString()).toBe("tail");
      pair.server.end();
      expect((await harness.next("relay-ended")).end).toBe("closed");
    });
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
});
