// Writes the peers protocol's bytes: fixed fields in network order and its variable-length integers
// (haproxy peers-v2.0.txt, "Integer encoding").
import { ByteWriter } from "../base/byte-writer.ts";
import type { StickEntry } from "../stick/entry.ts";
import type { StickTable } from "../stick/table.ts";

/** The first value that takes more than one byte. */
const LONG_FROM = 0xf0;

/** The longest integer: 64 bits. */
const VARINT_BYTES_MAX = 10;

/** Collects bytes of messages. */
export class WireWriter extends ByteWriter {
  /** An integer of at most 2^53; a negative one as the unsigned 64-bit number with the same bits. */
  varint(value: number): void {
    if (value < 0) {
      this.varint64(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    const at = this.reserve(VARINT_BYTES_MAX);
    this.truncate(this.#put(value, at));
  }

  /** An integer of 0..2^64-1. */
  varint64(value: bigint): void {
    if (value < BigInt(LONG_FROM)) {
      this.u8(Number(value));
      return;
    }
    this.u8(Number(value & 0xffn) | LONG_FROM);
    let rest = (value - BigInt(LONG_FROM)) >> 4n;
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0xffn) | 0x80);
      rest = (rest - 0x80n) >> 7n;
    }
    this.u8(Number(rest));
  }

  /** A text's bytes, one a character (latin1), without a length. */
  byteString(text: string): void {
    const at = this.reserve(text.length);
    this.buffer.write(text, at, "latin1");
  }

  /** Writes a table's key as it stands there. */
  key(table: Pick<StickTable, "keyLength" | "copyKey">, entry: StickEntry): void {
    const at = this.reserve(table.keyLength(entry));
    table.copyKey(entry, this.buffer, at);
  }

  /** Writes into the byte before `start` how many bytes have been written since; moves them if that takes more. */
  setLengthBefore(start: number): void {
    const byteCount = this.length - start;
    if (byteCount >= LONG_FROM) {
      const end = this.reserve(VARINT_BYTES_MAX);
      const from = this.#put(byteCount, end) - end - 1 + start;
      this.buffer.copyWithin(from, start, end);
      this.truncate(from + byteCount);
    }
    this.#put(byteCount, start - 1);
  }

  /** Puts an integer where there is room; where it ends. */
  #put(value: number, at: number): number {
    const bytes = this.buffer;
    if (value < LONG_FROM) {
      bytes[at] = value;
      return at + 1;
    }
    bytes[at] = (value & 0xff) | LONG_FROM;
    let rest = Math.floor((value - LONG_FROM) / 16);
    let end = at + 1;
    while (rest >= 0x80) {
      bytes[end++] = (rest & 0xff) | 0x80;
      rest = Math.floor((rest - 0x80) / 128);
    }
    bytes[end] = rest;
    return end + 1;
  }
}
