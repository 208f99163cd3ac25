import { READ_BUFFER_BYTES, READ_BUFFERS_SPARE_MAX } from "../../limits.ts";

/**
 * Buffers that sockets of our own making read into over and over, instead of getting fresh memory
 * for every chunk. Pages that a connection never fills are never resident.
 */
export class ReadBuffers {
  readonly #spare: Buffer[] = [];

  /** A buffer that nobody else uses. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  }

  /** Takes a buffer back, to which no write may refer any more. */
  give(buffer: Buffer): void {
    if (this.#spare.length < READ_BUFFERS_SPARE_MAX) this.#spare.push(buffer);
  }
}
