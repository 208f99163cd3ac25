// Keys and data of entries on the wire (haproxy peers.txt, "Update message"): the values of all
// announced types after the key, by ascending number.
import type { Millis } from "../base/units.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickKey } from "../stick/key.ts";
import type { StickTable } from "../stick/table.ts";
import type { StoredType } from "../stick/table-data.ts";
import type { WireDefinition } from "./definition.ts";
import type { ReceivedDictionary, SentDictionary } from "./dictionary-cache.ts";
import type { ByteRange, WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const U32_MAX = 0xffff_ffff;

/** Bytes of a version, which Tandem nodes append for each other. HAProxy skips bytes after the data. */
const VERSION_BYTES = 8;

/** Versions above are not believed: they would leave no room for later ones. */
const VERSION_MAX = 2 ** 52;

/** Writes an entry's key and data. */
export function writeEntry(
  out: WireWriter,
  table: StickTable,
  types: readonly StoredType[],
  dictionary: SentDictionary,
  entry: StickEntry,
  nowMs: Millis,
): void {
  if (table.spec.keyType === "string") out.varint(table.keyLength(entry));
  out.key(table, entry);
  for (const { type, count } of types) {
    for (let index = 0; index < count; index += 1) {
      if (type.kind === "dict") dictionary.write(out, table.serverKey(entry));
      else if (type.kind === "rate") writeRate(out, table, entry, type.name, index, nowMs);
      else out.varint(table.read(entry, type.name, index, nowMs) ?? 0);
    }
  }
}

/** A rate as the age of its current period and the events of that and the one before. */
function writeRate(
  out: WireWriter,
  table: StickTable,
  entry: StickEntry,
  name: string,
  index: number,
  nowMs: Millis,
): void {
  const rate = table.rateState(entry, name, index);
  const ageMs = Math.floor(nowMs) - (rate?.startMs ?? 0);
  out.varint(Math.min(U32_MAX, Math.max(0, ageMs)));
  out.varint(rate?.current ?? 0);
  out.varint(rate?.previous ?? 0);
}

/** Writes a version after an entry's data. */
export function writeVersion(out: WireWriter, version: number): void {
  out.u32(Math.floor(version / 0x1_0000_0000));
  out.u32(version % 0x1_0000_0000);
}

/** The version at the end of an update; `undefined` if there is none to be believed. */
export function readVersion(reader: WireReader): number | undefined {
  if (reader.remaining < VERSION_BYTES) return undefined;
  const version = reader.u32FromEnd(8) * 0x1_0000_0000 + reader.u32FromEnd(4);
  return version > VERSION_MAX ? undefined : version;
}

const NO_BYTES: ByteRange = { bytes: new Uint8Array(0), start: 0, end: 0 };

/** An entry as a peer sent it. One is used again and again. */
export class ReceivedEntry {
  /** The key's bytes, valid as long as the message. */
  keyRange: ByteRange = NO_BYTES;
  serverKey: string | undefined;
  /** By type and element; a rate takes three. */
  readonly #numbers: number[] = [];

  /** The key as a table keeps it. */
  get key(): StickKey {
    const { bytes, start, end } = this.keyRange;
    return Buffer.from(bytes.buffer, bytes.byteOffset).toString("latin1", start, end);
  }

  /** Reads a key and its data; `false` if they are malformed. Nothing of a table changes. */
  read(reader: WireReader, definition: WireDefinition, dictionary: ReceivedDictionary): boolean {
    this.keyRange = readKey(reader, definition);
    this.serverKey = undefined;
    let at = 0;
    for (const { type, count } of definition.types) {
      for (let index = 0; index < count; index += 1) {
        if (type.kind === "dict") {
          const value = dictionary.read(reader);
          if (value === "malformed") return false;
          this.serverKey = value.text;
        } else if (type.kind === "ull") this.#numbers[at++] = reader.varint();
        else this.#numbers[at++] = reader.varintU32();
        if (type.kind !== "rate") continue;
        this.#numbers[at++] = reader.varintU32();
        this.#numbers[at++] = reader.varintU32();
      }
      if (reader.isShort) return false;
    }
    return !reader.isShort;
  }

  /** Writes what both sides store into an entry, as `planOf` says. */
  apply(table: StickTable, entry: StickEntry, plan: readonly PlannedType[], nowMs: Millis): void {
    let at = 0;
    for (const { stored, isTaken } of plan) {
      const { type, count } = stored;
      for (let index = 0; index < count; index += 1) {
        if (type.kind === "dict") {
          if (isTaken) table.setServerKey(entry, this.serverKey);
        } else if (type.kind === "rate") {
          if (isTaken) {
            const startMs = Math.floor(nowMs) - this.#numbers[at]!;
            const current = this.#numbers[at + 1]!;
            const previous = this.#numbers[at + 2]!;
            table.setRateState(entry, type.name, index, { startMs, current, previous });
          }
          at += 3;
        } else {
          const value = this.#numbers[at++]!;
          if (isTaken) table.write(entry, type.name, index, value, nowMs);
        }
      }
    }
  }
}

/** A type that a peer sends. */
export interface PlannedType {
  readonly stored: StoredType;
  /** Whether its values are taken; the others are read past. */
  readonly isTaken: boolean;
}

/** What of a peer's data a table takes: what it stores itself, but not what counts a node's own connections. */
export function planOf(table: StickTable, types: readonly StoredType[]): PlannedType[] {
  const own = new Set(table.types.map(({ type }) => type.number));
  return types.map((stored) => ({
    stored,
    isTaken: own.has(stored.type.number) && !stored.type.isLocal,
  }));
}

/** A string ends at a zero byte and is cut to the table's length, as HAProxy does. */
function readKey(reader: WireReader, { keyType, keyLength }: WireDefinition): ByteRange {
  if (keyType !== 6) return reader.range(keyLength);
  const { bytes, start, end } = reader.range(reader.varint());
  let keyEnd = start;
  const endMax = Math.min(end, start + keyLength - 1);
  while (keyEnd < endMax && bytes[keyEnd] !== 0) keyEnd += 1;
  return { bytes, start, end: keyEnd };
}
