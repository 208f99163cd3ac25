/**
 * Reads bytes in network order. Reading past the end yields zeros and empty texts and sets
 * `isShort`, so that a reader of foreign bytes checks once, after the last field.
 */
export class ByteReader {
  protected readonly buffer: Buffer;
  protected at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether more has been read than there was. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Bytes that have not been read. */
  get remaining(): number {
    return this.buffer.length - this.at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.buffer[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : this.buffer.readUInt16BE(at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.buffer.readUInt32BE(at);
  }

  i32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : this.buffer.readInt32BE(at);
  }

  f64(): number {
    const at = this.take(8);
    return at < 0 ? 0 : this.buffer.readDoubleBE(at);
  }

  /** Text with its length in bytes before it. */
  text(encoding: "latin1" | "utf8"): string {
    const byteCount = this.u32();
    const at = this.take(byteCount);
    return at < 0 ? "" : this.buffer.toString(encoding, at, at + byteCount);
  }

  skip(byteCount: number): void {
    this.take(byteCount);
  }

  /** Moves past so many bytes and returns where they begin; -1 and `isShort` when there are fewer. */
  protected take(byteCount: number): number {
    if (this.#isShort || byteCount > this.remaining) {
      this.#isShort = true;
      return -1;
    }
    const at = this.at;
    this.at += byteCount;
    return at;
  }

  /** Ends the reading: what comes next cannot be read. */
  protected runShort(): void {
    this.#isShort = true;
    this.at = this.buffer.length;
  }
}
