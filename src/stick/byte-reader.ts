/**
 * Reads bytes in network order. Reading past the end yields zeros and empty texts and sets
 * `isShort`, so that a reader of foreign bytes checks once, after the last field.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether more has been read than there was. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Bytes that have not been read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return at === undefined ? 0 : this.#bytes.readUInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at === undefined ? 0 : this.#bytes.readUInt16BE(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#bytes.readUInt32BE(at);
  }

  i32(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#bytes.readInt32BE(at);
  }

  f64(): number {
    const at = this.#take(8);
    return at === undefined ? 0 : this.#bytes.readDoubleBE(at);
  }

  /** Text with its length in bytes before it. */
  text(encoding: "latin1" | "utf8"): string {
    const byteCount = this.u32();
    const at = this.#take(byteCount);
    return at === undefined ? "" : this.#bytes.toString(encoding, at, at + byteCount);
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
