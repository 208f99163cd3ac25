// A whole stick table as bytes, for a file.
//
// Theory of operation: a mark, then frames. A frame is the length of its payload (u32), the CRC-32
// of it (u32), and the payload, whose first byte tells what it is: one header, entries in groups,
// one end with their number. Numbers are in network order. The header holds the wall clock, and an
// entry its time left at that instant, so that time spent off counts. Frames are complete or
// refused: there are no half-read entries. Encoding goes frame by frame while the table is in use.
import { crc32 } from "node:zlib";
import type { RateState } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { StickKeyType } from "../config/model/stick.ts";
import { SNAPSHOT_ENTRIES_PER_FRAME_MAX, SNAPSHOT_FRAME_BYTES_MAX } from "../limits.ts";
import { ByteWriter } from "../base/byte-writer.ts";
import type { StickEntry } from "./entry.ts";
import type { StickTable } from "./table.ts";
import type { StoredType } from "./table-data.ts";

/** How a snapshot begins: its name and the version of its format. */
export const SNAPSHOT_MARK: Uint8Array = Buffer.from("TandemTable 1\n", "latin1");

/** The first byte of a payload. */
export const FRAME = { header: 1, entries: 2, end: 3 } as const;

/** The key types by their number in the header. */
export const SNAPSHOT_KEY_TYPES: readonly StickKeyType[] = [
  "ip",
  "ipv6",
  "integer",
  "string",
  "binary",
];

/** The same instant on both clocks. */
export interface SnapshotClock {
  /** Monotonic. */
  readonly nowMs: Millis;
  /** Since 1970. */
  readonly wallMs: number;
}

/** Encodes a table, frame by frame; between two of them the table may change. */
export function* encodeSnapshot(
  table: StickTable,
  clock: SnapshotClock,
): IterableIterator<Uint8Array> {
  yield SNAPSHOT_MARK;
  yield encodeHeader(table, clock);
  const { types } = table;
  let totalCount = 0;
  let frame = new EntriesFrame();
  for (const entry of table.entries()) {
    if (!frame.add(table, types, entry, clock.nowMs)) continue;
    totalCount += 1;
    if (!frame.isFull) continue;
    yield frame.toBytes();
    frame = new EntriesFrame();
  }
  if (frame.count > 0) yield frame.toBytes();
  const end = new ByteWriter();
  end.u8(FRAME.end);
  end.u32(totalCount);
  yield framed(end.toBytes());
}

/** A payload with its length and checksum before it. */
export function framed(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(8 + payload.length);
  bytes.writeUInt32BE(payload.length, 0);
  bytes.writeUInt32BE(crc32(payload), 4);
  bytes.set(payload, 8);
  return bytes;
}

function encodeHeader(table: StickTable, clock: SnapshotClock): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(FRAME.header);
  writer.f64(clock.wallMs);
  writer.text(table.spec.name, "utf8");
  writer.u8(SNAPSHOT_KEY_TYPES.indexOf(table.spec.keyType));
  writer.u32(table.spec.keyLengthMax);
  writer.u8(table.types.length);
  for (const { type, count, periodMs } of table.types) {
    writer.u8(type.number);
    writer.u16(count);
    writer.f64(periodMs);
  }
  return framed(writer.toBytes());
}

/** A frame of entries in the making. */
class EntriesFrame {
  readonly #writer = new ByteWriter();
  #count = 0;

  constructor() {
    this.#writer.u8(FRAME.entries);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return (
      this.#count === SNAPSHOT_ENTRIES_PER_FRAME_MAX ||
      this.#writer.length >= SNAPSHOT_FRAME_BYTES_MAX / 4
    );
  }

  /** `false` for an entry too large for any frame, which is left out. */
  add(
    table: StickTable,
    types: readonly StoredType[],
    entry: StickEntry,
    savedMs: Millis,
  ): boolean {
    const lengthBefore = this.#writer.length;
    this.#writer.text(entry.key, "latin1");
    this.#writer.f64(table.savedTimeLeftMs(entry, savedMs));
    for (const stored of types) {
      for (let index = 0; index < stored.count; index += 1) {
        writeValue(this.#writer, table, entry, stored, index, savedMs);
      }
    }
    if (this.#writer.length > SNAPSHOT_FRAME_BYTES_MAX) {
      this.#writer.truncate(lengthBefore);
      return false;
    }
    this.#count += 1;
    return true;
  }

  toBytes(): Uint8Array {
    return framed(this.#writer.toBytes());
  }
}

function writeValue(
  writer: ByteWriter,
  table: StickTable,
  entry: StickEntry,
  { type }: StoredType,
  index: number,
  savedMs: Millis,
): void {
  switch (type.kind) {
    case "sint":
      writer.i32(table.read(entry, type.name, index, savedMs) ?? 0);
      break;
    case "uint":
      writer.u32(table.read(entry, type.name, index, savedMs) ?? 0);
      break;
    case "ull":
      writer.f64(table.read(entry, type.name, index, savedMs) ?? 0);
      break;
    case "rate":
      writeRate(writer, table.rateState(entry, type.name, index), savedMs);
      break;
    case "dict":
      writer.text(table.serverKey(entry) ?? "", "utf8");
  }
}

/** The start of the period becomes an age; a counter that has never counted has age 0 and no events. */
function writeRate(writer: ByteWriter, rate: RateState | undefined, savedMs: Millis): void {
  const hasCounted = rate !== undefined && (rate.current > 0 || rate.previous > 0);
  writer.f64(hasCounted ? savedMs - rate.startMs : 0);
  writer.u32(hasCounted ? rate.current : 0);
  writer.u32(hasCounted ? rate.previous : 0);
}
