// Reads the peers protocol's bytes. What a peer sent may be anything: reading past the end yields
// zeros and sets `isShort`, so that a decoder checks once, after the last field.
import { ByteReader } from "../base/byte-reader.ts";

/** The first byte of an integer of more than one byte. */
const LONG_FROM = 0xf0;

/** The longest integer: 64 bits. */
const VARINT_BYTES_MAX = 10;

/** Bytes of an integer whose sum is exact in a double. */
const EXACT_BYTES_MAX = 7;

/** Bytes of a message, where they stand in the buffer that it came in. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A cursor over one message. Integers of more than 64 bits set `isShort`, too. */
export class WireReader extends ByteReader {
  /** The last 4 bytes but `offset` of the message, wherever the cursor stands; they must exist. */
  u32FromEnd(offset: number): number {
    return this.buffer.readUInt32BE(this.buffer.length - offset);
  }

  /** An integer; larger ones than 2^53-1 as 2^53-1. */
  varint(): number {
    const short = this.#shortVarint();
    if (short !== undefined) return short;
    const long = this.#longVarint();
    return long > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(long);
  }

  /** An integer's low 32 bits as C's `unsigned int` keeps them. */
  varintU32(): number {
    const short = this.#shortVarint();
    if (short !== undefined) return short % 0x1_0000_0000;
    return Number(BigInt.asUintN(32, this.#longVarint()));
  }

  /** An integer, all 64 bits of it. */
  varint64(): bigint {
    const short = this.#shortVarint();
    return short === undefined ? this.#longVarint() : BigInt(short);
  }

  /** So many bytes as text, one a character (latin1). */
  byteString(byteCount: number): string {
    const at = this.take(byteCount);
    return at < 0 ? "" : this.buffer.toString("latin1", at, at + byteCount);
  }

  /** So many bytes where they stand; none when there are fewer. */
  range(byteCount: number): ByteRange {
    const at = this.take(byteCount);
    return { bytes: this.buffer, start: Math.max(0, at), end: at < 0 ? 0 : at + byteCount };
  }

  /** An integer of few bytes; `undefined`, and the cursor unmoved, for one of many. */
  #shortVarint(): number | undefined {
    const first = this.buffer[this.at];
    if (first === undefined) {
      this.runShort();
      return 0;
    }
    if (first < LONG_FROM) {
      this.at += 1;
      return first;
    }
    let sum = first;
    let factor = 16;
    for (let count = 1; count < EXACT_BYTES_MAX; count += 1) {
      const byte = this.buffer[this.at + count];
      if (byte === undefined) {
        this.runShort();
        return 0;
      }
      sum += byte * factor;
      if (byte < 0x80) {
        this.at += count + 1;
        return sum;
      }
      factor *= 128;
    }
    return undefined;
  }

  #longVarint(): bigint {
    let sum = BigInt(this.buffer[this.at]!);
    for (let count = 1; count < VARINT_BYTES_MAX; count += 1) {
      const byte = this.buffer[this.at + count];
      if (byte === undefined) break;
      sum += BigInt(byte) << BigInt(4 + 7 * (count - 1));
      if (byte >= 0x80) continue;
      this.at += count + 1;
      return BigInt.asUintN(64, sum);
    }
    this.runShort();
    return 0n;
  }
}
