// Messages of the peers protocol in a stream of bytes (haproxy peers-v2.0.txt): a class, a type,
// and for types from 128 on a length and a body.
import { PEER_MESSAGE_BYTES_MAX } from "../limits.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Types from here on have a body. */
const BODY_FROM = 0x80;

/** Bytes that a body's length may take, as HAProxy's: its head buffer has 7. */
const LENGTH_BYTES_MAX = 5;

/** Why a stream cannot be read on; what HAProxy answers it with. */
export type FrameFault = "size-limit" | "protocol";

/** What a stream holds next. */
export type Frame =
  | { readonly kind: "need-more" }
  | {
      readonly kind: "message";
      readonly messageClass: number;
      readonly type: number;
      /** A view of what was pushed, valid until the next `push`; empty for types without a body. */
      readonly body: Buffer;
    }
  | { readonly kind: "malformed"; readonly fault: FrameFault; readonly reason: string };

const NEED_MORE: Frame = { kind: "need-more" };
const EMPTY = Buffer.alloc(0);

/**
 * Cuts chunks into messages. Holds at most one incomplete message beside the chunk pushed last, as
 * long as `next` is called until it needs more.
 */
export class FrameReader {
  #bytes: Buffer = EMPTY;
  #at = 0;
  #end = 0;
  #isOwn = false;
  #malformed: Frame | undefined;

  /** Bytes held that no message has been made of yet. */
  get heldBytes(): number {
    return this.#end - this.#at;
  }

  /** Adds bytes, which must not change until they have been read. */
  push(chunk: Uint8Array): void {
    if (this.#malformed !== undefined || chunk.length === 0) return;
    const held = this.heldBytes;
    if (held === 0) {
      this.#bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#at = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    // The buffer grows by doubling: a peer that sends byte by byte costs no more than its bytes.
    if (!this.#isOwn || this.#end + chunk.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * held, held + chunk.length));
      grown.set(this.#bytes.subarray(this.#at, this.#end));
      this.#bytes = grown;
      this.#at = 0;
      this.#end = held;
      this.#isOwn = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next message. After `malformed` there is no other. */
  next(): Frame {
    if (this.#malformed !== undefined) return this.#malformed;
    const held = this.heldBytes;
    if (held < 2) return NEED_MORE;
    const messageClass = this.#bytes[this.#at]!;
    const type = this.#bytes[this.#at + 1]!;
    if (type < BODY_FROM) {
      this.#at += 2;
      return { kind: "message", messageClass, type, body: EMPTY };
    }
    const head = this.#readLength();
    if (head === "need-more") return NEED_MORE;
    if (head === "too-long") return this.#fail("protocol", "a length takes more than 5 bytes");
    if (head.length > PEER_MESSAGE_BYTES_MAX) {
      const reason = `a message has ${head.length} bytes, expected at most ${PEER_MESSAGE_BYTES_MAX}`;
      return this.#fail("size-limit", reason);
    }
    const start = this.#at + 2 + head.byteCount;
    if (start + head.length > this.#end) return NEED_MORE;
    this.#at = start + head.length;
    return { kind: "message", messageClass, type, body: this.#bytes.subarray(start, this.#at) };
  }

  #readLength():
    "need-more" | "too-long" | { readonly length: number; readonly byteCount: number } {
    let at = this.#at + 2;
    if (at >= this.#end) return "need-more";
    let length = this.#bytes[at++]!;
    if (length < 0xf0) return { length, byteCount: 1 };
    let factor = 16;
    for (let byteCount = 2; byteCount <= LENGTH_BYTES_MAX; byteCount += 1) {
      if (at >= this.#end) return "need-more";
      const byte = this.#bytes[at++]!;
      length += byte * factor;
      if (byte < 0x80) return { length, byteCount };
      factor *= 128;
    }
    return "too-long";
  }

  #fail(fault: FrameFault, reason: string): Frame {
    this.#malformed = { kind: "malformed", fault, reason };
    this.#bytes = EMPTY;
    this.#at = 0;
    this.#end = 0;
    return this.#malformed;
  }
}

/** Writes a message without a body. */
export function writeShort(out: WireWriter, messageClass: number, type: number): void {
  out.u8(messageClass);
  out.u8(type);
}

/** Writes a message with all that `body` holds. */
export function writeFramed(
  out: WireWriter,
  messageClass: number,
  type: number,
  body: WireWriter,
): void {
  out.u8(messageClass);
  out.u8(type);
  out.varint(body.length);
  out.append(body);
}

/** Begins a message whose body is written right after; where the body begins. */
export function beginFrame(out: WireWriter, messageClass: number, type: number): number {
  out.u8(messageClass);
  out.u8(type);
  out.u8(0);
  return out.length;
}

/** Ends the message that `beginFrame` has begun. */
export function endFrame(out: WireWriter, bodyStart: number): void {
  out.setLengthBefore(bodyStart);
}
