// Where the packets of one direction of MQTT begin inside the frames of WebSocket (RFC 6455 §5), however the
// bytes of both are split. A message may hold several packets or parts of them (MQTT 5.0 [MQTT-6.0.0-4]), so
// a frame of our own may stand only where a message and a packet are over at the same time.
import { FrameTracker, type PacketTracker } from "../mqtt/frames.ts";

const [CONTINUATION, BINARY, CLOSE, PONG] = [0x0, 0x2, 0x8, 0xa];

/** Bytes of a control frame's payload (§5.5). */
const CONTROL_BYTES_MAX = 125;

// Bytes of a header: two, those of a longer length, and the mask.
const HEADER_START_BYTES = 2;
const MASK_BYTES = 4;

/** The framing of one direction, masked or not. */
export class WebSocketTracker implements PacketTracker {
  readonly #packets = new FrameTracker();
  readonly #header: number[] = [];
  readonly #unmasked = new Uint8Array(1);
  /** Of a frame's payload, bytes that are still to come. */
  #left = 0;
  #opcode = CONTINUATION;
  #mask: readonly number[] | undefined;
  /** Which byte of the mask is next. */
  #maskAt = 0;
  /** A message is to be continued by another frame. */
  #isMessageOpen = false;
  #isOff = false;

  get counts(): Float64Array {
    return this.#packets.counts;
  }

  get isAtBoundary(): boolean {
    return (
      this.#isBetweenFrames && !this.#isMessageOpen && this.#packets.isAtBoundary && !this.isOff
    );
  }

  get isOff(): boolean {
    return this.#isOff || this.#packets.isOff;
  }

  /** The native part does not know WebSocket. */
  get position(): undefined {
    return undefined;
  }

  get #isBetweenFrames(): boolean {
    return this.#left === 0 && this.#header.length === 0;
  }

  opposite(): WebSocketTracker {
    return new WebSocketTracker();
  }

  take(bytes: Uint8Array, stops = false): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.isOff) return bytes.length;
      if (this.#left === 0) {
        this.#takeHeader(bytes[at++]!);
      } else {
        const end = Math.min(bytes.length, at + this.#left);
        this.#takePayload(bytes.subarray(at, end));
        at = end;
      }
      if (stops && this.isAtBoundary) return at;
    }
    return at;
  }

  #takeHeader(byte: number): void {
    const header = this.#header;
    header.push(byte);
    if (header.length < HEADER_START_BYTES) return;
    const [first, second] = [header[0]!, header[1]!];
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskAt = HEADER_START_BYTES + lengthBytes;
    const isMasked = (second & 0x80) !== 0;
    if (header.length < maskAt + (isMasked ? MASK_BYTES : 0)) return;
    const length = header
      .slice(HEADER_START_BYTES, maskAt)
      .reduce((sum, each) => sum * 256 + each, 0);
    this.#left = lengthBytes === 0 ? short : length;
    this.#mask = isMasked ? header.slice(maskAt) : undefined;
    this.#maskAt = 0;
    this.#opcode = first & 0x0f;
    header.length = 0;
    this.#isOff = !this.#follows(first);
    if (this.#left === 0) this.#endFrame();
  }

  /** Whether a frame may stand here, and is one that MQTT can be in. */
  #follows(first: number): boolean {
    const isFinal = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0 || !Number.isSafeInteger(this.#left)) return false;
    if (this.#opcode >= CLOSE) {
      return isFinal && this.#opcode <= PONG && this.#left <= CONTROL_BYTES_MAX;
    }
    if (this.#opcode !== (this.#isMessageOpen ? CONTINUATION : BINARY)) return false;
    this.#isMessageOpen = !isFinal;
    return true;
  }

  #takePayload(payload: Uint8Array): void {
    this.#left -= payload.length;
    if (this.#opcode < CLOSE) {
      if (this.#mask === undefined) this.#packets.take(payload);
      else this.#takeMasked(payload, this.#mask);
    }
    if (this.#left === 0) this.#endFrame();
  }

  /** Takes the mask off those bytes alone that are looked at. */
  #takeMasked(payload: Uint8Array, mask: readonly number[]): void {
    for (let at = 0; at < payload.length;) {
      const skipped = Math.min(this.#packets.bodyLeft, payload.length - at);
      const count = Math.max(1, skipped);
      this.#unmasked[0] = payload[at]! ^ mask[this.#maskAt % MASK_BYTES]!;
      this.#packets.take(skipped === 0 ? this.#unmasked : payload.subarray(at, at + count));
      this.#maskAt += count;
      at += count;
    }
  }

  /** Behind a close frame nothing may be sent (§5.5.1). */
  #endFrame(): void {
    if (this.#opcode === CLOSE) this.#isOff = true;
  }
}
