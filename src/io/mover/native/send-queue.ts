import { constants } from "node:os";
import type { MoverAddon } from "./addon.ts";

const { EAGAIN } = constants.errno;

/** Bytes that wait until the kernel takes them, in order. */
export class SendQueue {
  readonly #chunks: Uint8Array[] = [];

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Adds bytes, which must not change any more. */
  append(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(bytes);
  }

  /** Sends as much as the kernel takes; its errno, 0 when it only wants no more for now. */
  flush(addon: MoverAddon, fd: number): number {
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      const count = addon.send(fd, first);
      if (count < 0) return count === -EAGAIN ? 0 : -count;
      if (count < first.length) this.#chunks[0] = first.subarray(count);
      else this.#chunks.shift();
    }
    return 0;
  }

  /** Takes everything out; `undefined` when it is empty. */
  take(): Buffer | undefined {
    if (this.#chunks.length === 0) return undefined;
    return Buffer.concat(this.#chunks.splice(0));
  }
}
