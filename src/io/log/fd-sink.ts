import { write } from "node:fs";
import { LOG_FD_BYTES_MAX, LOG_FD_RETRY_MS } from "../../limits.ts";
import type { LogSink, SinkWarning } from "./sink.ts";

/**
 * Writes lines to a descriptor, in order: what comes while one write runs goes out with the next.
 * A full pipe is tried again later; a closed one loses its lines without ending the process.
 */
export class FdSink implements LogSink {
  readonly #fd: number;
  readonly #warn: SinkWarning;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #droppedCount = 0;
  #warned = false;
  #idle: (() => void)[] = [];

  constructor(fd: number, warn: SinkWarning) {
    this.#fd = fd;
    this.#warn = warn;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  write(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > LOG_FD_BYTES_MAX) {
      this.#drop(1, `more than ${LOG_FD_BYTES_MAX} bytes are waiting`);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) this.#writeNext();
  }

  flush(): Promise<void> {
    if (!this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    // The descriptor belongs to whoever opened it.
  }

  #writeNext(): void {
    if (this.#waiting.length === 0) {
      this.#isWriting = false;
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#isWriting = true;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#writeRest(Buffer.concat(lines), lines.length);
  }

  /** The bytes stay counted until they are gone, so that the bound holds for all of them. */
  #writeRest(bytes: Buffer, lineCount: number): void {
    write(this.#fd, bytes, (error, count) => {
      if (error?.code === "EAGAIN" || error?.code === "EINTR") {
        setTimeout(() => this.#writeRest(bytes, lineCount), LOG_FD_RETRY_MS);
        return;
      }
      if (error !== null) {
        this.#waitingBytes -= bytes.length;
        this.#drop(lineCount, error.message);
        this.#writeNext();
        return;
      }
      this.#waitingBytes -= count;
      if (count < bytes.length) this.#writeRest(bytes.subarray(count), lineCount);
      else this.#writeNext();
    });
  }

  #drop(lineCount: number, cause: string): void {
    this.#droppedCount += lineCount;
    if (this.#warned) return;
    this.#warned = true;
    this.#warn(`log lines to descriptor ${this.#fd} are lost: ${cause}`);
  }
}
