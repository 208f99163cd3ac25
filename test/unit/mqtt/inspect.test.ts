import { describe, expect, test } from "vitest";
import { inspectOnce } from "../../../src/mqtt/cached-inspection.ts";
import { parseCondition } from "../../../src/rules/parse-condition.ts";
import { compileCondition, compileSample } from "../../../src/rules/compile.ts";
import { parseSampleExpression } from "../../../src/rules/parse-sample.ts";
import { fakeContext } from "../rules/context.ts";
import { findField } from "../../../src/mqtt/field.ts";
import { inspectFirstPacket } from "../../../src/mqtt/inspect.ts";
import {
  AGREED,
  connect,
  DISAGREED,
  field,
  packet,
  properties,
} from "../../interop/mqtt-verdict-packets.ts";

const BYTES_MAX = 1_024;

describe("inspectFirstPacket()", () => {
  test("reads a CONNECT with everything", () => {
    const bytes = connect({
      level: 5,
      flags: 0xee,
      props: properties(Buffer.from([17, 0, 0, 0, 9])),
      rest: [
        field("gerät"),
        properties(Buffer.from([24, 0, 0, 0, 7])),
        field("w/t"),
        field(Buffer.from([0xff])),
        field("user"),
        field("pass"),
      ],
    });
    expect(inspectFirstPacket(bytes, BYTES_MAX)).toEqual({
      kind: "connect",
      byteCount: bytes.length,
      packet: {
        protocolName: "MQTT",
        protocolVersion: 5,
        flags: 0xee,
        clean: true,
        keepaliveSeconds: 60,
        clientId: "gerät",
        username: "user",
        password: Buffer.from("pass"),
        will: {
          topic: "w/t",
          payload: Buffer.from([0xff]),
          qos: 1,
          retain: true,
          properties: { willDelayInterval: 7 },
        },
        properties: { sessionExpiryInterval: 9 },
      },
    });
  });

  test("reads both kinds of CONNACK", () => {
    const old = inspectFirstPacket(Buffer.from([0x20, 2, 1, 0, 0x30]), BYTES_MAX);
    expect(old).toEqual({
      kind: "connack",
      byteCount: 4,
      packet: { protocolVersion: 4, flags: 1, reasonCode: 0, properties: {} },
    });
    const bytes = packet(0x20, Buffer.from([0, 0x87]), properties(Buffer.from([37, 0])));
    expect(inspectFirstPacket(bytes, BYTES_MAX)).toMatchObject({
      packet: { protocolVersion: 5, reasonCode: 0x87, properties: { retainAvailable: false } },
    });
  });

  test("asks for the length of the whole packet once it is known", () => {
    expect(inspectFirstPacket(Buffer.from([0x10]), BYTES_MAX)).toEqual({ kind: "need-more" });
    expect(inspectFirstPacket(Buffer.from([0x10, 0x80]), BYTES_MAX)).toEqual({ kind: "need-more" });
    expect(inspectFirstPacket(Buffer.from([0x10, 0x80, 1]), BYTES_MAX)).toEqual({
      kind: "need-more",
      bytesWanted: 131,
    });
  });

  test("refuses a packet beyond the bound as soon as its length is known", () => {
    expect(inspectFirstPacket(Buffer.from([0x10, 0xff, 0x7f]), BYTES_MAX)).toEqual({
      kind: "malformed",
      reason: "The packet has 16386 bytes, more than the 1024 allowed",
    });
  });

  test("reads a CONNECT of 256 KiB", () => {
    const payload = Buffer.alloc(65_535, 0x61);
    const users = Buffer.concat(
      Array.from({ length: 3 }, () =>
        Buffer.concat([Buffer.from([38]), field("k"), field(payload)]),
      ),
    );
    const length = users.length;
    const varint = Buffer.from([
      (length & 0x7f) | 0x80,
      ((length >> 7) & 0x7f) | 0x80,
      length >> 14,
    ]);
    const bytes = connect({ level: 5, props: Buffer.concat([varint, users]) });
    expect(inspectFirstPacket(bytes, 256 * 1024)).toMatchObject({ kind: "connect" });
  });

  test.each([
    [Buffer.from("GET /"), "The first byte is 0x47, neither a CONNECT nor a CONNACK"],
    [connect({ flags: 0x0a }), "Will QoS or will retain is set without a will"],
    [connect({ level: 4, name: "MQIsdp" }), "Protocol level 4 goes with the name MQTT"],
    [connect({ rest: [field("c"), Buffer.from([0])] }), "1 bytes are left over in the packet"],
    [connect({ rest: [] }), "The packet ends inside its client identifier"],
    [
      connect({ level: 5, props: properties(Buffer.from([33, 0, 1, 33, 0, 1])) }),
      "Property 33 is given twice",
    ],
  ])("says what is wrong with packet %#", (bytes, reason) => {
    expect(inspectFirstPacket(bytes, BYTES_MAX)).toEqual({ kind: "malformed", reason });
  });

  test("keeps nothing from one connection to the next", () => {
    inspectFirstPacket(connect({ level: 5 }), BYTES_MAX);
    inspectFirstPacket(connect({ level: 2, name: "MQTT" }), BYTES_MAX);
    expect(inspectFirstPacket(Buffer.from([0x20, 2, 0, 0]), BYTES_MAX)).toMatchObject({
      packet: { protocolVersion: 4 },
    });
  });

  test("does not hand out the buffer that it read", () => {
    const bytes = connect({ flags: 0xc2, rest: [field("c"), field("u"), field("secret")] });
    const inspection = inspectFirstPacket(bytes, BYTES_MAX);
    bytes.fill(0);
    expect(inspection).toMatchObject({ packet: { password: Buffer.from("secret") } });
  });

  test.each(DISAGREED)("judges $name by the specification", ({ bytes, tandem }) => {
    const { kind } = inspectFirstPacket(bytes, 16_000);
    expect(kind === "connect" || kind === "connack" ? "valid" : kind).toBe(tandem);
  });

  test("is of one mind about every packet, whole and byte by byte", () => {
    for (const { bytes } of AGREED) {
      const whole = inspectFirstPacket(bytes, 16_000);
      let last = inspectFirstPacket(bytes.subarray(0, 0), 16_000);
      for (let end = 1; end <= bytes.length && last.kind === "need-more"; end++) {
        last = inspectFirstPacket(bytes.subarray(0, end), 16_000);
      }
      expect(last).toEqual(whole);
    }
  });
});

test("mqtt converters over the same first bytes share one inspection", () => {
  const bytes = connect();
  const expression = parseSampleExpression(["req.payload(0,0)"], 0);
  if (!expression.ok) throw new Error(expression.message);
  const value = compileSample(expression.value)(fakeContext(bytes));
  expect(value).toHaveProperty("value", bytes);
  expect(typeof value !== "string" && value.value === bytes).toBe(true);
});

test.each([
  [undefined, "wait"],
  [1_000, false],
  [40_000, "wait"],
] as const)("mqtt_is_valid on a long packet with a limit of %s says %s", (bytesMax, expected) => {
  const condition = parseCondition(["if", "{", "req.payload(0,0),mqtt_is_valid", "}"], 0, {
    file: "t",
    line: 1,
  });
  if (!condition.ok) throw new Error(condition.message);
  const bytes = Buffer.from([0x10, 0xff, 0x7f, 0]);
  const request = { bytes, final: false, ...(bytesMax === undefined ? {} : { bytesMax }) };
  const context = fakeContext("", { request });
  expect(compileCondition(condition.value, new Map())(context)).toBe(expected);
});

test("inspectOnce() parses one buffer once", () => {
  const bytes = connect();
  expect(inspectOnce(bytes)).toBe(inspectOnce(bytes));
  expect(inspectOnce(Buffer.from(bytes))).not.toBe(inspectOnce(bytes));
});

test("findField() knows types and fields by name and number", () => {
  expect(findField("connect", "client_identifier").ok).toBe(true);
  expect(findField("1", "17").ok).toBe(true);
  expect(findField("CONNACK", "reason_code").ok).toBe(true);
  expect(findField("16", "flags")).toEqual({ ok: false, message: "Unknown MQTT type '16'" });
  expect(findField("connect", "constructor")).toEqual({
    ok: false,
    message: "Unknown MQTT field name 'constructor' for packet type 'connect'",
  });
});
