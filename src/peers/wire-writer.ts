// Writes the peers protocol's bytes: fixed fields in network order and its variable-length integers
// (haproxy peers-v2.0.txt, "Integer encoding").

/** The first value that takes more than one byte. */
const LONG_FROM = 0xf0;

/** Collects bytes. The buffer is kept between messages, so that an entry costs no allocation. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value >>> 0, at);
  }

  /** An integer of at most 2^53; a negative one as the unsigned 64-bit number with the same bits. */
  varint(value: number): void {
    if (value < 0) {
      this.varint64(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    const at = this.#reserve(10);
    const bytes = this.#bytes;
    if (value < LONG_FROM) {
      bytes[at] = value;
      this.#length = at + 1;
      return;
    }
    bytes[at] = (value & 0xff) | LONG_FROM;
    let rest = Math.floor((value - LONG_FROM) / 16);
    let end = at + 1;
    while (rest >= 0x80) {
      bytes[end++] = (rest & 0xff) | 0x80;
      rest = Math.floor((rest - 0x80) / 128);
    }
    bytes[end] = rest;
    this.#length = end + 1;
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
    const at = this.#reserve(text.length);
    this.#bytes.write(text, at, "latin1");
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** All that another writer holds. */
  append(other: WireWriter): void {
    const at = this.#reserve(other.#length);
    other.#bytes.copy(this.#bytes, at, 0, other.#length);
  }

  /** Forgets what has been written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what has been written. */
  toBytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Makes room and returns where it begins. `#bytes` may be another buffer afterwards: call it first. */
  #reserve(byteCount: number): number {
    const at = this.#length;
    this.#length += byteCount;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
