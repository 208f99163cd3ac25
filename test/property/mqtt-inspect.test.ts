// Invariant: whatever a client sends, and however it is cut, `inspectFirstPacket` answers with a
// value; more bytes turn `need-more` into something else exactly when the packet is whole.
import fc from "fast-check";
import { expect, test } from "vitest";
import { inspectFirstPacket } from "../../src/mqtt/inspect.ts";
import { inspectHello } from "../../src/rules/fetch/client-hello.ts";
import { connect, field, packet } from "../interop/mqtt-verdict-packets.ts";

const BYTES_MAX = 4_096;

const clientId = fc.string({ unit: "grapheme", maxLength: 200 }).filter((id) => !id.includes("\0"));
const validConnect = fc
  .record({ level: fc.constantFrom(3, 4, 5), id: clientId })
  .map(({ level, id }) => connect({ level, rest: [field(id)] }));
const nearMqtt = fc
  .record({
    first: fc.constantFrom(0x10, 0x20, 0x11, 0x30),
    body: fc.uint8Array({ maxLength: 60 }),
    named: fc.boolean(),
  })
  .map(({ first, body, named }) =>
    named ? packet(first, field("MQTT"), Buffer.from([5]), body) : packet(first, body),
  );

test("inspectFirstPacket() answers with a value for any bytes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), nearMqtt), (bytes) => {
      const { kind } = inspectFirstPacket(bytes, BYTES_MAX);
      expect(["need-more", "malformed", "connect", "connack"]).toContain(kind);
    }),
    { numRuns: 2_000 },
  );
});

test("inspectFirstPacket() needs more until the last byte, then sees the same packet", () => {
  fc.assert(
    fc.property(validConnect, fc.uint8Array({ maxLength: 20 }), (bytes, rest) => {
      for (let end = 0; end < bytes.length; end++) {
        expect(inspectFirstPacket(bytes.subarray(0, end), BYTES_MAX).kind).toBe("need-more");
      }
      const whole = inspectFirstPacket(bytes, BYTES_MAX);
      expect(whole).toMatchObject({ kind: "connect", byteCount: bytes.length });
      expect(inspectFirstPacket(Buffer.concat([bytes, rest]), BYTES_MAX)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test("inspectFirstPacket() is malformed for good once it is", () => {
  fc.assert(
    fc.property(nearMqtt, fc.uint8Array({ maxLength: 20 }), (bytes, rest) => {
      const before = inspectFirstPacket(bytes, BYTES_MAX);
      if (before.kind !== "malformed") return;
      expect(inspectFirstPacket(Buffer.concat([bytes, rest]), BYTES_MAX)).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test("inspectFirstPacket() reads back the client identifier that was written", () => {
  fc.assert(
    fc.property(clientId, (id) => {
      const inspection = inspectFirstPacket(connect({ rest: [field(id)] }), BYTES_MAX);
      const expected = Buffer.from(id).toString("utf8");
      expect(inspection).toMatchObject({ kind: "connect", packet: { clientId: expected } });
    }),
  );
});

test("inspectHello() answers with a value for any bytes, and for good", () => {
  const nearTls = fc
    .uint8Array({ maxLength: 120 })
    .map((body) => Buffer.concat([Buffer.from([22, 3, 1, 0, body.length, 1, 0, 0]), body]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), nearTls), fc.uint8Array(), (bytes, rest) => {
      const before = inspectHello(bytes);
      if (before.kind === "need-more") return;
      expect(inspectHello(Buffer.concat([bytes, rest]))).toEqual(before);
    }),
    { numRuns: 1_000 },
  );
});
