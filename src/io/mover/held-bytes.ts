/**
 * Bytes of one connection that have arrived and have not been passed on. One chunk is held as it
 * came; more are gathered in a buffer that doubles, so that a client that sends byte by byte costs
 * time linear in its bytes. Views handed out stay valid: nothing is ever written twice.
 */
export class HeldBytes {
  #buffer: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether the memory behind `#end` is ours to write. */
  #isOwn = false;

  /** Bytes held. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds a chunk; a borrowed one is copied, because its memory will be overwritten. */
  append(chunk: Buffer, isBorrowed: boolean): void {
    if (this.length === 0) {
      this.#buffer = isBorrowed ? Buffer.from(chunk) : chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    const needed = this.length + chunk.length;
    if (!this.#isOwn || this.#end + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(1024, 2 * needed));
      this.#buffer.copy(grown, 0, this.#start, this.#end);
      this.#end = this.length;
      this.#start = 0;
      this.#buffer = grown;
      this.#isOwn = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Everything held, without copying. */
  view(): Buffer {
    if (this.length === this.#buffer.length) return this.#buffer;
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Drops the first `count` bytes, or all when there are fewer. */
  drop(count: number): void {
    this.#start = Math.min(this.#end, this.#start + count);
    if (this.#start === this.#end) this.#forget();
  }

  /** Hands over everything held and keeps nothing; `undefined` when there is nothing. */
  take(): Buffer | undefined {
    if (this.length === 0) return undefined;
    const view = this.view();
    this.#forget();
    return view;
  }

  #forget(): void {
    this.#buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#isOwn = false;
  }
}

const EMPTY = Buffer.alloc(0);
