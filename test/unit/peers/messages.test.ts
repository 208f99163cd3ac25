// Bytes captured from HAProxy 2.6.12, in both directions.
import { describe, expect, test } from "vitest";
import type { StickTableSpec } from "../../../src/config/model/stick.ts";
import { definitionOf, encodeDefinition, wireName } from "../../../src/peers/definition.ts";
import { ReceivedDictionary, SentDictionary } from "../../../src/peers/dictionary-cache.ts";
import { planOf, ReceivedEntry, writeEntry } from "../../../src/peers/entry-codec.ts";
import { FrameReader, writeFramed } from "../../../src/peers/framing.ts";
import {
  beginUpdate,
  CLASS,
  decodeMessage,
  type PeerMessage,
  TABLE,
  writeAck,
  writeControl,
  writeError,
  writeSwitch,
} from "../../../src/peers/messages.ts";
import { encodeVarint } from "../../../src/peers/varint.ts";
import { WireWriter } from "../../../src/peers/wire-writer.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { tableSpec } from "../stick/spec.ts";
import { bytes } from "./bytes.ts";

function decode(hex: string): PeerMessage {
  const reader = new FrameReader();
  reader.push(bytes(hex));
  const frame = reader.next();
  if (frame.kind !== "message") throw new Error(`expected a message, got ${frame.kind}`);
  return decodeMessage(frame.messageClass, frame.type, frame.body);
}

function written(write: (out: WireWriter) => void): Buffer {
  const out = new WireWriter();
  write(out);
  return out.toBytes();
}

const BE = tableSpec({
  name: "be",
  keyLengthMax: 32,
  hasLength: true,
  expireMs: 1_800_000,
  store: "server_id,server_key",
});

const DEFINITIONS: readonly (readonly [string, string, number, StickTableSpec])[] = [
  ["a string table", '0a 82 0e | 01 | 02 "be" | 06 | 21 | f1f1fe00 | f0e5ed05', 1, BE],
  [
    "arrays and rates",
    '0a 82 1e | 02 | 06 "st_arr" | 05 | 10 | f0f7826f | f0971c | 05 f8a901 | 16 01 | 17 02 | 18 03 f0e203',
    2,
    tableSpec({
      name: "st_arr",
      keyType: "ipv6",
      keyLengthMax: 16,
      expireMs: 60_000,
      store: "gpc(2),gpc_rate(3,10000),conn_rate(5000),gpt(1),bytes_in_cnt,conn_cur",
    }),
  ],
  [
    "a table of the peers section",
    '0a 82 16 | 03 | 03 "/t4" | 04 | 04 | f0f1fe5e | f0eda301 | 17 02 | 18 02 f0e203',
    3,
    tableSpec({
      name: "mypeers/t4",
      peers: "mypeers",
      keyType: "ip",
      keyLengthMax: 4,
      expireMs: 600_000,
      store: "gpc(2),gpc_rate(2,10000)",
    }),
  ],
  [
    "a table without expire",
    '0a 82 09 | 01 | 03 "/t6" | 05 | 10 | 10 | 00',
    1,
    tableSpec({ name: "mypeers/t6", keyType: "ipv6", keyLengthMax: 16, store: "conn_cnt" }),
  ],
];

describe("definitions", () => {
  test.each(DEFINITIONS)("%s", (_name, hex, tableId, spec) => {
    const { types } = new StickTable(spec);
    const definition = definitionOf(spec, types, wireName(spec, "mypeers"), tableId);
    const body = encodeDefinition(definition);
    const out = written((writer) => writeFramed(writer, CLASS.table, TABLE.definition, body));
    expect(out).toEqual(bytes(hex));
    expect(decode(hex)).toEqual({ kind: "definition", definition });
  });

  test("a string without len is announced as 32", () => {
    const spec = tableSpec({ keyLengthMax: 31, hasLength: false });
    expect(definitionOf(spec, [], "t", 1).keyLength).toBe(0x20);
  });

  test("a definition without expire and periods, as in 2.0, is taken unless it has arrays", () => {
    expect(decode('0a 82 07 | 01 02 "be" 06 21 28')).toMatchObject({
      kind: "definition",
      definition: { expireMs: 0, types: [{ periodMs: 0 }, { periodMs: 0 }] },
    });
    const arrays = '0a 82 0a | 01 02 "be" 06 21 f0f1fe1e';
    expect(decode(arrays)).toMatchObject({ kind: "unusable-definition", name: "be" });
  });

  test("bits of types that are not known are ignored, also with their parameters", () => {
    const body = Buffer.concat([
      bytes('01 02 "be" 06 21'),
      encodeVarint(2n ** 63n + 2n ** 26n + 2n ** 25n + 0x80001n),
      bytes("0a 1a f0e203"),
    ]);
    expect(decodeMessage(CLASS.table, TABLE.definition, body)).toMatchObject({
      kind: "definition",
      definition: { expireMs: 10, types: [{ type: { number: 0 } }, { type: { number: 19 } }] },
    });
  });

  test.each([
    "0a 82 01 01",
    '0a 82 04 | 01 02 "be"',
    "0a 82 05 | 01 00 06 21 01",
    '0a 82 06 | 01 02 "be" 06 f0',
  ])("%s is malformed", (hex) => {
    expect(decode(hex).kind).toBe("malformed");
  });
});

describe("updates", () => {
  const table = new StickTable(BE);
  for (const [key, id, server] of [
    ["dev-0001", 1, "b1"],
    ["dev-0002", 2, "b2"],
    ["dev-0003", 1, "b1"],
  ] as const) {
    const entry = table.getOrCreate(key, 0)!;
    table.write(entry, "server_id", 0, id, 0);
    table.setServerKey(entry, server);
  }
  const nothing = table.getOrCreate("none", 0)!;
  table.write(nothing, "server_id", 0, 2, 0);

  const LIVE = [
    ['0a 80 13 | 00000001 | 08 "dev-0001" | 01 | 04 01 02 "b1"', "dev-0001", 1, undefined],
    ['0a 81 0f | 08 "dev-0002" | 02 | 04 02 02 "b2"', "dev-0002", undefined, undefined],
    ['0a 81 0c | 08 "dev-0003" | 01 | 01 01', "dev-0003", undefined, undefined],
    ['0a 85 14 | 00000001 | 001b6433 | 08 "dev-0001" | 01 | 01 01', "dev-0001", 1, 1_795_123],
    ['0a 86 10 | 001b64dd | 08 "dev-0002" | 02 | 01 02', "dev-0002", undefined, 1_795_293],
    ['0a 81 07 | 04 "none" | 02 00', "none", undefined, undefined],
  ] as const;

  test("three clients, live and taught", () => {
    const dictionary = new SentDictionary(new WireWriter());
    const received = new ReceivedDictionary();
    const definition = definitionOf(BE, table.types, "be", 1);
    const copy = new StickTable(BE);
    for (const [hex, key, updateId, leftMs] of LIVE) {
      const entry = table.lookup(key, 0)!;
      const body = new WireWriter();
      const type = beginUpdate(body, updateId, leftMs);
      writeEntry(body, table, table.types, dictionary, entry, 0);
      expect(written((out) => writeFramed(out, CLASS.table, type, body))).toEqual(bytes(hex));

      const message = decode(hex);
      if (message.kind !== "update") throw new Error(message.kind);
      expect(message).toMatchObject({ updateId, leftMs });
      const read = new ReceivedEntry();
      expect(read.read(message.reader, definition, received)).toBe(true);
      expect(read.key).toBe(key);
      const learned = copy.getOrCreate(key, 0)!;
      read.apply(copy, learned, planOf(copy, definition.types), 0);
      expect(copy.serverKey(learned)).toBe(table.serverKey(entry));
      expect(copy.read(learned, "server_id", 0, 0)).toBe(table.read(entry, "server_id", 0, 0));
    }
  });

  test("an integer key", () => {
    const spec = tableSpec({
      keyType: "integer",
      keyLengthMax: 4,
      store: "gpc0",
      expireMs: 600_000,
    });
    const hex = "0a 85 0d | 00000001 | 00092695 | 12345678 | 05";
    const message = decode(hex);
    if (message.kind !== "update") throw new Error(message.kind);
    const source = new StickTable(spec);
    const read = new ReceivedEntry();
    const definition = definitionOf(spec, source.types, "t", 1);
    expect(read.read(message.reader, definition, new ReceivedDictionary())).toBe(true);
    const entry = source.getOrCreate(read.key, 0)!;
    read.apply(source, entry, planOf(source, definition.types), 0);
    const body = new WireWriter();
    const type = beginUpdate(body, message.updateId, message.leftMs);
    writeEntry(body, source, source.types, new SentDictionary(new WireWriter()), entry, 0);
    expect(written((out) => writeFramed(out, CLASS.table, type, body))).toEqual(bytes(hex));
  });
});

describe("other messages", () => {
  test("an acknowledgement, as HAProxy answers three updates after id 100", () => {
    const hex = "0a 84 05 07 00000067";
    expect(decode(hex)).toEqual({ kind: "ack", tableId: 7, updateId: 103 });
    expect(written((out) => writeAck(out, 7, 103))).toEqual(bytes(hex));
    expect(written((out) => writeSwitch(out, 7))).toEqual(bytes("0a 83 01 07"));
    expect(decode("0a 83 01 07")).toEqual({ kind: "switch", tableId: 7 });
  });

  test.each([
    ["00 00", "resyncRequest"],
    ["00 01", "resyncFinished"],
    ["00 02", "resyncPartial"],
    ["00 03", "resyncConfirm"],
    ["00 04", "heartbeat"],
  ] as const)("%s is %s", (hex, name) => {
    expect(decode(hex)).toEqual({ kind: "control", name });
    expect(written((out) => writeControl(out, name))).toEqual(bytes(hex));
  });

  test("errors", () => {
    expect(decode("01 00")).toEqual({ kind: "error", name: "protocol" });
    expect(decode("01 01")).toEqual({ kind: "error", name: "sizeLimit" });
    expect(written((out) => writeError(out, "sizeLimit"))).toEqual(bytes("01 01"));
  });

  test.each(["14 01", "00 09", "0a 90 00", "01 07", "0a 05"])("%s is skipped", (hex) => {
    expect(decode(hex)).toEqual({ kind: "unknown" });
  });

  test.each(["ff 00", "0a 84 02 07 00", "0a 80 02 00 00", "0a 85 06 00000001 0000"])(
    "%s is malformed",
    (hex) => {
      expect(decode(hex).kind).toBe("malformed");
    },
  );
});
