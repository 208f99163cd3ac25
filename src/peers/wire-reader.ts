// Reads the peers protocol's bytes. What a peer sent may be anything: reading past the end yields
// zeros and sets `isShort`, so that a decoder checks once, after the last field.

/** The first byte of an integer of more than one byte. */
const LONG_FROM = 0xf0;

/** The longest integer: 64 bits. */
const VARINT_BYTES_MAX = 10;

/** Bytes of an integer whose sum is exact in a double. */
const EXACT_BYTES_MAX = 7;

/** A cursor over one message. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether more has been read than there was, or an integer was longer than 64 bits. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Bytes that have not been read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u32(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#bytes.readUInt32BE(at);
  }

  /** The last 4 bytes but `offset` of the message, wherever the cursor stands; they must exist. */
  u32FromEnd(offset: number): number {
    return this.#bytes.readUInt32BE(this.#bytes.length - offset);
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
    const at = this.#take(byteCount);
    return at === undefined ? "" : this.#bytes.toString("latin1", at, at + byteCount);
  }

  skip(byteCount: number): void {
    this.#take(byteCount);
  }

  /** An integer of few bytes; `undefined`, and the cursor unmoved, for one of many. */
  #shortVarint(): number | undefined {
    const first = this.#bytes[this.#at];
    if (first === undefined) {
      this.#isShort = true;
      return 0;
    }
    if (first < LONG_FROM) {
      this.#at += 1;
      return first;
    }
    let sum = first;
    let factor = 16;
    for (let count = 1; count < EXACT_BYTES_MAX; count += 1) {
      const byte = this.#bytes[this.#at + count];
      if (byte === undefined) {
        this.#isShort = true;
        this.#at = this.#bytes.length;
        return 0;
      }
      sum += byte * factor;
      if (byte < 0x80) {
        this.#at += count + 1;
        return sum;
      }
      factor *= 128;
    }
    return undefined;
  }

  #longVarint(): bigint {
    let sum = BigInt(this.#bytes[this.#at]!);
    for (let count = 1; count < VARINT_BYTES_MAX; count += 1) {
      const byte = this.#bytes[this.#at + count];
      if (byte === undefined) break;
      sum += BigInt(byte) << BigInt(4 + 7 * (count - 1));
      if (byte >= 0x80) continue;
      this.#at += count + 1;
      return BigInt.asUintN(64, sum);
    }
    this.#isShort = true;
    this.#at = this.#bytes.length;
    return 0n;
  }

  #take(byteCount: number): number | undefined {
    if (this.#isShort || byteCount > this.remaining) {
      this.#isShort = true;
      return undefined;
    }
    const at = this.#at;
    this.#at += byteCount;
    return at;
  }
}
