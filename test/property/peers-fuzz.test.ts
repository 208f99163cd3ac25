// Invariant: whatever bytes come, the readers of the peers protocol return, hold no more than one
// message, and never read beyond what they were given.
import fc from "fast-check";
import { expect, test } from "vitest";
import { definitionOf } from "../../src/peers/definition.ts";
import { ReceivedDictionary } from "../../src/peers/dictionary-cache.ts";
import { planOf, ReceivedEntry } from "../../src/peers/entry-codec.ts";
import { FrameReader } from "../../src/peers/framing.ts";
import { readHello, readStatus } from "../../src/peers/handshake.ts";
import { decodeMessage } from "../../src/peers/messages.ts";
import { decodeVarint, encodeVarint } from "../../src/peers/varint.ts";
import { StickTable } from "../../src/stick/table.ts";
import { bytes } from "../unit/peers/bytes.ts";
import { tableSpec } from "../unit/stick/spec.ts";

const SPEC = tableSpec({
  expireMs: 60_000,
  store: "server_id,server_key,conn_rate(1000),gpc(2),bytes_in_cnt",
});
const CAPTURE = bytes(
  '0a 82 0e | 01 02 "be" 06 21 f1f1fe00 f0e5ed05 | 0a 80 13 | 00000001 08 "dev-0001" 01 04 01 02 "b1"' +
    '0a 84 05 07 00000067 | 0a 86 10 | 001b64dd 08 "dev-0002" 02 01 02 | 00 00 | 00 01 | 0a 83 01 07' +
    '0a 82 16 | 03 03 "/t4" 04 04 f0f1fe5e f0eda301 17 02 18 02 f0e203',
);

/** A capture with a few bytes changed, left out or doubled. */
const mutated = fc
  .array(
    fc.tuple(fc.nat(CAPTURE.length - 1), fc.nat(255), fc.constantFrom("set", "cut", "twice")),
    {
      maxLength: 6,
    },
  )
  .map((changes) => {
    let out = [...CAPTURE];
    for (const [at, value, how] of changes) {
      if (how === "set") out[at] = value;
      else if (how === "cut") out = [...out.slice(0, at), ...out.slice(at + 1)];
      else out = [...out.slice(0, at), ...out.slice(at), ...out.slice(at, at + 9)];
    }
    return Uint8Array.from(out);
  });

function consume(chunks: readonly Uint8Array[]): void {
  const reader = new FrameReader();
  const table = new StickTable(SPEC);
  const definition = definitionOf(SPEC, table.types, "t", 1);
  const dictionary = new ReceivedDictionary();
  const entry = new ReceivedEntry();
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame.kind !== "need-more"; frame = reader.next()) {
      if (frame.kind === "malformed") return;
      const message = decodeMessage(frame.messageClass, frame.type, frame.body);
      if (message.kind !== "update") continue;
      if (!entry.read(message.reader, definition, dictionary)) continue;
      expect(entry.key.length).toBeLessThanOrEqual(31);
      const slot = table.getOrCreate(entry.key, 0);
      if (slot !== undefined) entry.apply(table, slot, planOf(table, definition.types), 0);
    }
    expect(reader.heldBytes).toBeLessThanOrEqual(65_542);
  }
}

test("captures with errors in them", () => {
  fc.assert(
    fc.property(mutated, fc.integer({ min: 1, max: 40 }), (stream, size) => {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      consume(chunks);
    }),
    { numRuns: 3000 },
  );
});

test("noise", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
      consume(chunks);
      for (const chunk of chunks) {
        readHello(chunk);
        readStatus(chunk);
        decodeVarint(chunk);
        decodeMessage(10, 0x82, chunk);
      }
    }),
    { numRuns: 2000 },
  );
});

test("every integer is read as it was written", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      expect(decodeVarint(encodeVarint(value))).toBe(value);
      if (value <= Number.MAX_SAFE_INTEGER) {
        expect(encodeVarint(Number(value))).toEqual(encodeVarint(value));
      }
    }),
  );
});
