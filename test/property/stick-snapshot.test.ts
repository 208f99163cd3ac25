// Invariants: what is decoded is what was encoded, whatever the pieces it comes in; and no bytes
// make the reader throw, wait for ever, or give an entry that was not encoded as a whole.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeSnapshot, framed } from "../../src/stick/snapshot.ts";
import {
  SnapshotReader,
  type SnapshotEntry,
  type SnapshotEvent,
  type SnapshotHeader,
} from "../../src/stick/snapshot-reader.ts";
import { restoreEntries } from "../../src/stick/restore.ts";
import { StickTable } from "../../src/stick/table.ts";
import { tableSpec } from "../unit/stick/spec.ts";

const STORE = "server_id,server_key,conn_cur,bytes_in_cnt,conn_rate(1000),gpc(2),gpc_rate(2,5000)";
const EXPIRE_MS = 10_000;

interface Row {
  readonly key: string;
  readonly serverId: number;
  readonly serverKey: string | undefined;
  readonly bytes: number;
  readonly counts: number;
  readonly ageMs: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  key: fc.string({ unit: "binary-ascii", maxLength: 31 }).map((text) => text.replaceAll("\0", "_")),
  serverId: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  serverKey: fc.option(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), {
    nil: undefined,
  }),
  bytes: fc.nat(Number.MAX_SAFE_INTEGER),
  counts: fc.nat(2 ** 32 - 1),
  ageMs: fc.nat(EXPIRE_MS - 1),
});

const NOW_MS = 50_000;

function makeTable(rows: readonly Row[]): StickTable {
  const table = new StickTable(tableSpec({ store: STORE, expireMs: EXPIRE_MS }));
  for (const { key, serverId, serverKey, bytes, counts, ageMs } of rows) {
    const entry = table.getOrCreate(key, NOW_MS - ageMs)!;
    table.touch(entry, NOW_MS - ageMs, "local");
    table.write(entry, "server_id", 0, serverId, NOW_MS);
    table.setServerKey(entry, serverKey);
    table.write(entry, "bytes_in_cnt", 0, bytes, NOW_MS);
    table.write(entry, "gpc", 1, counts, NOW_MS);
    table.write(entry, "conn_cur", 0, 3, NOW_MS);
    table.add(entry, "gpc_rate", 1, counts, NOW_MS - 700);
  }
  return table;
}

function encode(table: StickTable): Buffer {
  return Buffer.concat([...encodeSnapshot(table, { nowMs: NOW_MS, wallMs: 1_000_000 })]);
}

/** Everything a reader says of bytes that come in pieces of this size. */
function decode(bytes: Uint8Array, pieceBytes: number): SnapshotEvent[] {
  const reader = new SnapshotReader();
  const events: SnapshotEvent[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.subarray(at, at + pieceBytes));
    for (;;) {
      const event = reader.next();
      if (event.kind === "need-more") break;
      events.push(event);
      if (event.kind === "end" || event.kind === "malformed") return events;
    }
  }
  return events;
}

function entriesOf(events: readonly SnapshotEvent[]): SnapshotEntry[] {
  return events.flatMap((event) => (event.kind === "entries" ? event.entries : []));
}

function headerOf(events: readonly SnapshotEvent[]): SnapshotHeader {
  const [first] = events;
  if (first?.kind !== "header") throw new Error("No header was decoded");
  return first.header;
}

function facts(table: StickTable, nowMs: number): unknown[] {
  return [...table.entries()]
    .map((entry) => ({
      key: entry.key,
      leftMs: table.expiresInMs(entry, nowMs),
      serverKey: table.serverKey(entry),
      values: table.types.flatMap(({ type, count }) =>
        Array.from({ length: count }, (_, index) => table.read(entry, type.name, index, nowMs)),
      ),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe("snapshots", () => {
  test("restoreEntries() of what was encoded gives the same table, less the time spent off", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(row, { selector: ({ key }) => key, maxLength: 20 }),
        fc.nat(EXPIRE_MS),
        fc.integer({ min: 1, max: 300 }),
        (rows, offMs, pieceBytes) => {
          const table = makeTable(rows);
          const events = decode(encode(table), pieceBytes);
          expect(events.at(-1)).toEqual({ kind: "end" });
          // Another process: its monotonic clock has another beginning.
          const restored = new StickTable(table.spec);
          const clock = { nowMs: 7, wallMs: 1_000_000 + offMs };
          const counts = restoreEntries(restored, headerOf(events), entriesOf(events), clock);
          const laterMs = NOW_MS + offMs;
          for (const entry of [...table.entries()]) table.write(entry, "conn_cur", 0, 0, laterMs);
          table.expire(laterMs, Infinity);
          expect(counts.restoredCount).toBe(table.usedCount);
          expect(facts(restored, 7)).toEqual(facts(table, laterMs));
          expect([...restored.updatesSince(0)]).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("SnapshotReader gives no entry that was not encoded when bytes are damaged", () => {
    const damage = fc.oneof(
      fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
      fc.record({
        kind: fc.constant("flip" as const),
        at: fc.nat(),
        bits: fc.integer({ min: 1, max: 255 }),
      }),
      fc.record({
        kind: fc.constant("insert" as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 10 }), damage, (rows, what) => {
        const bytes = encode(makeTable(rows));
        const at = what.at % bytes.length;
        const sound = new Set(entriesOf(decode(bytes, 4096)).map((entry) => JSON.stringify(entry)));
        const damaged =
          what.kind === "cut"
            ? bytes.subarray(0, at)
            : what.kind === "flip"
              ? Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ what.bits : byte)))
              : Buffer.concat([bytes.subarray(0, at), what.bytes, bytes.subarray(at)]);
        const events = decode(damaged, 4096);
        expect(events.at(-1)).not.toEqual({ kind: "end" });
        for (const entry of entriesOf(events)) expect(sound).toContain(JSON.stringify(entry));
      }),
      { numRuns: 300 },
    );
  });

  test("SnapshotReader takes any bytes without throwing, also in sound frames", () => {
    const mark = Buffer.from("TandemTable 1\n", "latin1");
    const header = [...encodeSnapshot(makeTable([]), { nowMs: 0, wallMs: 0 })][1]!;
    const payload = fc
      .tuple(fc.constantFrom(1, 2, 3, 9), fc.uint8Array({ maxLength: 80 }))
      .map(([kind, rest]) => framed(Buffer.from([kind, ...rest])));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(payload, { maxLength: 4 }).map((frames) => Buffer.concat([mark, ...frames])),
      fc.array(payload, { maxLength: 4 }).map((frames) => Buffer.concat([mark, header, ...frames])),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 50 }), (foreign, pieceBytes) => {
        const events = decode(foreign, pieceBytes);
        const table = makeTable([]);
        for (const entry of entriesOf(events)) {
          restoreEntries(table, headerOf(events), [entry], { nowMs: 0, wallMs: 0 });
        }
        expect(table.usedCount).toBeLessThanOrEqual(entriesOf(events).length);
      }),
      { numRuns: 500 },
    );
  });

  test("SnapshotReader refuses a frame that claims more than the bound before it has come", () => {
    const reader = new SnapshotReader();
    reader.push(Buffer.from("TandemTable 1\n\xff\xff\xff\xff\0\0\0\0", "latin1"));
    expect(reader.next()).toMatchObject({ kind: "malformed" });
    expect(reader.next()).toMatchObject({ kind: "malformed" });
  });
});
