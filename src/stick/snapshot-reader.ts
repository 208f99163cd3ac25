// Reads what `encodeSnapshot` writes, piece by piece. Files are foreign bytes: damage is a value.
import { crc32 } from "node:zlib";
import type { RateState } from "../base/rate.ts";
import type { Millis } from "../base/units.ts";
import type { StickKeyType } from "../config/model/stick.ts";
import { SNAPSHOT_FRAME_BYTES_MAX, STICK_ARRAY_COUNT_MAX } from "../limits.ts";
import { ByteReader } from "../base/byte-reader.ts";
import { dataTypeByNumber } from "./data-types.ts";
import type { StickKey } from "./key.ts";
import { FRAME, SNAPSHOT_KEY_TYPES, SNAPSHOT_MARK } from "./snapshot.ts";
import type { StoredType } from "./table-data.ts";

/** What a snapshot says of its table. */
export interface SnapshotHeader {
  readonly wallMs: number;
  readonly name: string;
  readonly keyType: StickKeyType;
  readonly keyLengthMax: number;
  readonly types: readonly StoredType[];
}

/** The values of one element: a number, a string, or a rate with `startMs` before the saving, ms. */
export type SnapshotValue = number | string | RateState;

/** One entry. */
export interface SnapshotEntry {
  readonly key: StickKey;
  /** When the header was written, ms; without `expire` the age, negated. */
  readonly timeLeftMs: Millis;
  /** By type and element, in the header's order. */
  readonly values: readonly SnapshotValue[];
}

/** What comes next. After `end` and `malformed` there is nothing more. */
export type SnapshotEvent =
  | { readonly kind: "need-more" }
  | { readonly kind: "header"; readonly header: SnapshotHeader }
  | { readonly kind: "entries"; readonly entries: readonly SnapshotEntry[] }
  | { readonly kind: "end" }
  | { readonly kind: "malformed"; readonly reason: string };

const FRAME_HEAD_BYTES = 8;

/** Decodes one snapshot. Holds at most one frame. */
export class SnapshotReader {
  #held: Buffer = Buffer.alloc(0);
  #hasMark = false;
  #header: SnapshotHeader | undefined;
  #entryCount = 0;
  #final: SnapshotEvent | undefined;

  /** Adds the next bytes. */
  push(bytes: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, bytes]);
  }

  /** The next event of the bytes in hand. */
  next(): SnapshotEvent {
    if (this.#final !== undefined) return this.#final;
    const event = this.#decode();
    if (event.kind === "end" || event.kind === "malformed") this.#final = event;
    return event;
  }

  #decode(): SnapshotEvent {
    if (!this.#hasMark) {
      const got = this.#held.subarray(0, SNAPSHOT_MARK.length);
      if (!got.equals(SNAPSHOT_MARK.subarray(0, got.length))) {
        return malformed("it does not begin as a table file of this version");
      }
      if (got.length < SNAPSHOT_MARK.length) return NEED_MORE;
      this.#hasMark = true;
      this.#held = this.#held.subarray(got.length);
    }
    if (this.#held.length < FRAME_HEAD_BYTES) return NEED_MORE;
    const byteCount = this.#held.readUInt32BE(0);
    if (byteCount > SNAPSHOT_FRAME_BYTES_MAX) {
      return malformed(
        `a frame claims ${byteCount} bytes, expected at most ${SNAPSHOT_FRAME_BYTES_MAX}`,
      );
    }
    if (this.#held.length < FRAME_HEAD_BYTES + byteCount) return NEED_MORE;
    const payload = this.#held.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + byteCount);
    if (crc32(payload) !== this.#held.readUInt32BE(4)) return malformed("a checksum differs");
    this.#held = this.#held.subarray(FRAME_HEAD_BYTES + byteCount);
    return this.#decodePayload(new ByteReader(payload));
  }

  #decodePayload(reader: ByteReader): SnapshotEvent {
    const kind = reader.u8();
    if (this.#header === undefined) {
      const header = kind === FRAME.header ? decodeHeader(reader) : undefined;
      if (header === undefined) return malformed("its header cannot be read");
      this.#header = header;
      return { kind: "header", header };
    }
    if (kind === FRAME.entries) {
      const entries = decodeEntries(reader, this.#header);
      if (entries === undefined) return malformed("an entry cannot be read");
      this.#entryCount += entries.length;
      return { kind: "entries", entries };
    }
    if (kind !== FRAME.end) return malformed(`a frame is of the unknown kind ${kind}`);
    const totalCount = reader.u32();
    if (reader.isShort || reader.remaining > 0) return malformed("its end cannot be read");
    if (this.#held.length > 0) return malformed("bytes follow its end");
    if (totalCount === this.#entryCount) return { kind: "end" };
    return malformed(`it holds ${this.#entryCount} entries, expected ${totalCount}`);
  }
}

const NEED_MORE: SnapshotEvent = { kind: "need-more" };

function malformed(reason: string): SnapshotEvent {
  return { kind: "malformed", reason };
}

function decodeHeader(reader: ByteReader): SnapshotHeader | undefined {
  const wallMs = reader.f64();
  const name = reader.text("utf8");
  const keyType = SNAPSHOT_KEY_TYPES[reader.u8()];
  const keyLengthMax = reader.u32();
  const typeCount = reader.u8();
  const types: StoredType[] = [];
  for (let i = 0; i < typeCount; i += 1) {
    const type = dataTypeByNumber(reader.u8());
    const count = reader.u16();
    const periodMs = reader.f64();
    const countMax = type?.isArray === true ? STICK_ARRAY_COUNT_MAX : 1;
    if (type === undefined || count < 1 || count > countMax || !isDuration(periodMs)) {
      return undefined;
    }
    types.push({ type, count, periodMs });
  }
  if (reader.isShort || reader.remaining > 0) return undefined;
  if (keyType === undefined || !Number.isFinite(wallMs)) return undefined;
  return { wallMs, name, keyType, keyLengthMax, types };
}

function decodeEntries(reader: ByteReader, header: SnapshotHeader): SnapshotEntry[] | undefined {
  const entries: SnapshotEntry[] = [];
  while (reader.remaining > 0) {
    const key = reader.text("latin1");
    const timeLeftMs = reader.f64();
    const values: SnapshotValue[] = [];
    for (const stored of header.types) {
      for (let index = 0; index < stored.count; index += 1) values.push(readValue(reader, stored));
    }
    if (reader.isShort || !isKey(key, header) || !Number.isFinite(timeLeftMs)) return undefined;
    if (!values.every(isSound)) return undefined;
    entries.push({ key, timeLeftMs, values });
  }
  return entries;
}

function readValue(reader: ByteReader, { type }: StoredType): SnapshotValue {
  switch (type.kind) {
    case "sint":
      return reader.i32();
    case "uint":
      return reader.u32();
    case "ull":
      return reader.f64();
    case "rate":
      return { startMs: -reader.f64(), current: reader.u32(), previous: reader.u32() };
    case "dict":
      return reader.text("utf8");
  }
}

function isSound(value: SnapshotValue): boolean {
  if (typeof value === "string") return true;
  return Number.isFinite(typeof value === "number" ? value : value.startMs);
}

function isDuration(valueMs: number): boolean {
  return Number.isFinite(valueMs) && valueMs >= 0;
}

function isKey(key: StickKey, { keyType, keyLengthMax }: SnapshotHeader): boolean {
  switch (keyType) {
    case "ip":
    case "integer":
      return key.length === 4;
    case "ipv6":
      return key.length === 16;
    case "string":
      return key.length <= keyLengthMax && !key.includes("\0");
    case "binary":
      return key.length === keyLengthMax;
  }
}
