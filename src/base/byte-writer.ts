/** Collects bytes in network order. The buffer is kept, so that a writer that is used again allocates nothing. */
export class ByteWriter {
  /** May be another buffer after `reserve`. */
  protected buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeUInt32BE(value >>> 0, at);
  }

  i32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeInt32BE(value, at);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeDoubleBE(value, at);
  }

  /** Text with its length in bytes before it. */
  text(value: string, encoding: "latin1" | "utf8"): void {
    const byteCount = Buffer.byteLength(value, encoding);
    this.u32(byteCount);
    const at = this.reserve(byteCount);
    this.buffer.write(value, at, encoding);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** All that another writer holds. */
  append(other: ByteWriter): void {
    const at = this.reserve(other.#length);
    other.buffer.copy(this.buffer, at, 0, other.#length);
  }

  /** Takes back what has been written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Forgets what has been written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what has been written. */
  toBytes(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.#length));
  }

  /** Makes room and returns where it begins. */
  protected reserve(byteCount: number): number {
    const at = this.#length;
    this.#length += byteCount;
    if (this.#length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    return at;
  }
}
