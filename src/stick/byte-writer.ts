/** Collects bytes in network order. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#bytes.writeUInt8(value, this.#reserve(1));
  }

  u16(value: number): void {
    this.#bytes.writeUInt16BE(value, this.#reserve(2));
  }

  u32(value: number): void {
    this.#bytes.writeUInt32BE(value >>> 0, this.#reserve(4));
  }

  i32(value: number): void {
    this.#bytes.writeInt32BE(value, this.#reserve(4));
  }

  f64(value: number): void {
    this.#bytes.writeDoubleBE(value, this.#reserve(8));
  }

  /** Text with its length in bytes before it. */
  text(value: string, encoding: "latin1" | "utf8"): void {
    const byteCount = Buffer.byteLength(value, encoding);
    this.u32(byteCount);
    this.#bytes.write(value, this.#reserve(byteCount), encoding);
  }

  /** Takes back what has been written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** A copy of what has been written. */
  toBytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Makes room and returns where it begins. `#bytes` may be another buffer afterwards. */
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
