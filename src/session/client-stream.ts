// A client's first bytes as they are in hand, and as rules see them: a CONNECT that was rewritten takes
// the place of the one that came, for rules at once and for the server when it is its turn.

const NOTHING = new Uint8Array(0);

/** Bytes that go to the server in place of the first `heldCount` in hand. */
export interface Replacement {
  readonly bytes: Uint8Array;
  readonly heldCount: number;
}

/** One client's first bytes. */
export class ClientStream {
  #held: Uint8Array = NOTHING;
  #replacement: Replacement | undefined;

  /** Takes all that is in hand; what rules see of it. */
  hold(bytes: Uint8Array): Uint8Array {
    this.#held = bytes;
    return this.#seen();
  }

  /** How many bytes are in hand. */
  get heldCount(): number {
    return this.#held.length;
  }

  /** Puts a packet in place of the first `byteCount` bytes; what rules see from now on. */
  replace(packet: Uint8Array, byteCount: number): Uint8Array {
    this.#replacement = { bytes: packet, heldCount: byteCount };
    return this.#seen();
  }

  /** What goes to the server in place of the first bytes in hand; nothing if they may go as they are. */
  get replacement(): Replacement | undefined {
    return this.#replacement;
  }

  /** Keeps nothing: it has been sent. */
  forget(): void {
    this.#held = NOTHING;
    this.#replacement = undefined;
  }

  #seen(): Uint8Array {
    const replaced = this.#replacement;
    if (replaced === undefined) return this.#held;
    return Buffer.concat([replaced.bytes, this.#held.subarray(replaced.heldCount)]);
  }
}
