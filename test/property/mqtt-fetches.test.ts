// Property: for any CONNECT that mqtt-packet writes, each `mqtt.*` fetch says what mqtt-packet reads; for
// any other bytes, however they are cut, there is an answer, and one that stays once it is no `wait`.
import fc from "fast-check";
import { generate, type IConnectPacket, type Packet, parser as createParser } from "mqtt-packet";
import { expect, test } from "vitest";
import { MQTT_FETCHES } from "../../src/rules/fetch/mqtt.ts";
import type { Fetched } from "../../src/rules/sample.ts";
import { fakeContext } from "../unit/rules/context.ts";

const BYTES_MAX = 65_536;

const text = fc
  .string({ unit: "grapheme", maxLength: 60 })
  .filter((value) => !value.includes("\0") && Buffer.from(value).toString() === value);
const topic = text.filter((value) => value !== "" && !/[+#]/.test(value));
const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const connects = fc
  .record({
    level: fc.constantFrom(3, 4, 5),
    clientId: text,
    clean: fc.boolean(),
    keepalive: fc.nat({ max: 65_535 }),
    username: optional(text),
    password: optional(bytes),
    will: optional(
      fc.record({
        topic,
        payload: bytes,
        qos: fc.constantFrom(0, 1, 2),
        retain: fc.boolean(),
      }),
    ),
    expiry: optional(fc.nat({ max: 0xffff_ffff })),
    receiveMaximum: optional(fc.integer({ min: 1, max: 65_535 })),
    userProperties: optional(fc.constant({ a: "b" })),
  })
  // mqtt-packet writes an empty client identifier only beside a clean session, and not for MQTT 3.1.
  .filter(({ level, clientId, clean }) => clientId !== "" || (clean && level !== 3))
  .map(({ level, expiry, receiveMaximum, userProperties, username, password, ...rest }) => {
    const properties = {
      ...(expiry === undefined ? {} : { sessionExpiryInterval: expiry }),
      ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
      ...(userProperties === undefined ? {} : { userProperties }),
    };
    return generate({
      cmd: "connect",
      protocolId: level === 3 ? "MQIsdp" : "MQTT",
      protocolVersion: level,
      ...rest,
      ...(username === undefined ? {} : { username }),
      ...(username === undefined || password === undefined ? {} : { password }),
      ...(level === 5 ? { properties } : {}),
    } as IConnectPacket);
  });

function parse(frame: Buffer): IConnectPacket {
  const packets: Packet[] = [];
  const parser = createParser();
  parser.on("packet", (packet) => packets.push(packet));
  parser.parse(frame);
  return packets[0] as IConnectPacket;
}

function fetchAll(request: Uint8Array, final: boolean): Readonly<Record<string, unknown>> {
  const context = fakeContext("", { request: { bytes: request, final, bytesMax: BYTES_MAX } });
  return Object.fromEntries(
    MQTT_FETCHES.map(({ names, make }) => {
      const fetched: Fetched = make([])(context);
      return [names[0]!, typeof fetched === "string" ? fetched : fetched.value];
    }),
  );
}

/** Text as rules see it, a byte a character. */
function latin(value: string | undefined): string {
  return value === undefined || value === "" ? "none" : Buffer.from(value).toString("latin1");
}

function expiryOf({ protocolVersion, clean, properties }: IConnectPacket): number {
  if (protocolVersion === 5) return properties?.sessionExpiryInterval ?? 0;
  return clean === true ? 0 : 4_294_967_295;
}

test("each fetch says what mqtt-packet reads", () => {
  fc.assert(
    fc.property(connects, fc.uint8Array({ maxLength: 20 }), (frame, behind) => {
      const packet = parse(frame);
      expect(fetchAll(Buffer.concat([frame, behind]), false)).toEqual({
        "mqtt.client_id": latin(packet.clientId),
        "mqtt.username": latin(packet.username),
        "mqtt.keepalive": packet.keepalive,
        "mqtt.clean_start": packet.clean,
        "mqtt.session_expiry": expiryOf(packet),
        "mqtt.protocol_version": packet.protocolVersion,
        "mqtt.will": packet.will !== undefined,
        "mqtt.will_topic": latin(packet.will?.topic),
      });
    }),
    { numRuns: 1_000 },
  );
});

test("each fetch waits for the last byte of a CONNECT, and for none behind it", () => {
  fc.assert(
    fc.property(connects, fc.nat(), (frame, cut) => {
      const part = frame.subarray(0, cut % frame.length);
      expect(new Set(Object.values(fetchAll(part, false)))).toEqual(new Set(["wait"]));
      expect(new Set(Object.values(fetchAll(part, true)))).toEqual(new Set(["none"]));
    }),
    { numRuns: 300 },
  );
});

test("each fetch answers for any bytes, and for good", () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    // A CONNECT with one byte changed.
    fc.tuple(connects, fc.nat(), fc.nat({ max: 255 })).map(([frame, at, byte]) => {
      const broken = Buffer.from(frame);
      broken[at % broken.length] = byte;
      return broken;
    }),
  );
  fc.assert(
    fc.property(noise, fc.uint8Array({ maxLength: 20 }), (first, more) => {
      const before = fetchAll(first, false);
      const waits = Object.values(before).includes("wait");
      if (waits) expect(new Set(Object.values(before))).toEqual(new Set(["wait"]));
      else expect(fetchAll(Buffer.concat([first, more]), false)).toEqual(before);
    }),
    { numRuns: 2_000 },
  );
});
