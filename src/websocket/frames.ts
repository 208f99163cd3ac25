// The frames of a client (RFC 6455 §5), as far as the MQTT packet inside them is to be seen, and a frame of
// our own in place of the first ones. The frames themselves stay in hand: they go to the server as they are.
const [CONTINUATION, BINARY, CLOSE, PING, PONG] = [0x0, 0x2, 0x8, 0x9, 0xa];
const FINAL = 0x80;
const MASKED = 0x80;

/** Codes of close frames (§7.4.1). */
export const CLOSE_CODE = { goingAway: 1001, protocolError: 1002, unsupported: 1003, later: 1013 };

/** Why frames cannot be served, and the code of the close frame that says so. */
export interface FrameFault {
  readonly code: number;
  readonly text: string;
}

/** Bytes that go to the server in place of the first `heldCount` behind the upgrade. */
export interface ReplacedFrames {
  readonly bytes: Uint8Array;
  readonly heldCount: number;
}

/** A frame with a part of the MQTT stream. Offsets count from the first frame on. */
interface DataFrame {
  readonly isFinal: boolean;
  readonly mask: Uint8Array;
  /** Where its payload begins: among the bytes in hand, and in the MQTT stream. */
  readonly rawStart: number;
  readonly streamStart: number;
  readonly length: number;
}

/** Reads the frames of one client, from the first on. */
export class FrameReader {
  /** Offset of the next byte to look at. */
  #at = 0;
  readonly #frames: DataFrame[] = [];
  /** Control frames, which may stand between others (§5.4), and where they end. */
  readonly #controls: { readonly bytes: Uint8Array; readonly end: number }[] = [];
  #chunks: Uint8Array[] = [];
  #streamLength = 0;
  #isMessageOpen = false;
  #fault: FrameFault | undefined;
  #isClosed = false;

  /** Why it reads no further. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** The client has sent a close frame. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes all bytes since the first frame, of which it has seen some; the MQTT stream in them. */
  read(bytes: Uint8Array): Uint8Array {
    while (this.#fault === undefined && !this.#isClosed && this.#readSome(bytes));
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? new Uint8Array(0);
  }

  /** Reads what there is of a frame; false once there is no more. */
  #readSome(bytes: Uint8Array): boolean {
    const frame = this.#frames.at(-1);
    if (frame !== undefined && this.#at < frame.rawStart + frame.length) {
      const end = Math.min(bytes.length, frame.rawStart + frame.length);
      if (end <= this.#at) return false;
      this.#append(unmasked(bytes.subarray(this.#at, end), frame.mask, this.#at - frame.rawStart));
      this.#at = end;
      return true;
    }
    return this.#readHeader(bytes);
  }

  #readHeader(bytes: Uint8Array): boolean {
    const [first, second] = [bytes[this.#at], bytes[this.#at + 1]];
    if (first === undefined || second === undefined) return false;
    const opcode = first & 0x0f;
    const isFinal = (first & FINAL) !== 0;
    const short = second & 0x7f;
    this.#fault = this.#headerFault(first, second);
    if (this.#fault !== undefined) return false;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const rawStart = this.#at + 2 + lengthBytes + 4;
    if (bytes.length < rawStart) return false;
    let length = lengthBytes === 0 ? short : 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + bytes[this.#at + 2 + i]!;
    if (!Number.isSafeInteger(length)) return this.#fail("A frame is longer than any can be");
    const mask = Uint8Array.from(bytes.subarray(rawStart - 4, rawStart));
    if (opcode >= CLOSE) return this.#passControl(bytes, opcode, rawStart + length);
    this.#isMessageOpen = !isFinal;
    this.#frames.push({ isFinal, mask, rawStart, streamStart: this.#streamLength, length });
    this.#at = rawStart;
    return true;
  }

  #headerFault(first: number, second: number): FrameFault | undefined {
    const opcode = first & 0x0f;
    const fault = (text: string): FrameFault => ({ code: CLOSE_CODE.protocolError, text });
    if ((first & 0x70) !== 0) return fault("A frame has reserved bits");
    if ((second & MASKED) === 0) return fault("A frame of the client is not masked");
    if (opcode === CLOSE || opcode === PING || opcode === PONG) {
      const isShort = (second & 0x7f) < 126 && (first & FINAL) !== 0;
      return isShort ? undefined : fault("A control frame is long or in parts");
    }
    if (opcode === 0x1) return { code: CLOSE_CODE.unsupported, text: "A frame has text" };
    if (opcode !== BINARY && opcode !== CONTINUATION) return fault(`A frame has opcode ${opcode}`);
    const isContinued = opcode === CONTINUATION;
    return isContinued === this.#isMessageOpen
      ? undefined
      : fault("The parts of a message are mixed");
  }

  #passControl(bytes: Uint8Array, opcode: number, end: number): boolean {
    if (bytes.length < end) return false;
    if (opcode === CLOSE) this.#isClosed = true;
    this.#controls.push({ bytes: bytes.slice(this.#at, end), end });
    this.#at = end;
    return opcode !== CLOSE;
  }

  #fail(text: string): boolean {
    this.#fault = { code: CLOSE_CODE.protocolError, text };
    return false;
  }

  #append(payload: Uint8Array): void {
    this.#chunks.push(payload);
    this.#streamLength += payload.length;
  }

  /**
   * What to send in place of the frames that hold the first `byteCount` bytes of the stream: one with
   * `packet` and what else they hold, the control frames among them, and, if the last of them is not
   * whole yet, the header of one for the rest of it, which is still to come.
   */
  replace(packet: Uint8Array, byteCount: number): ReplacedFrames {
    const last = this.#frames.find((frame) => frame.streamStart + frame.length >= byteCount)!;
    const seenCount = Math.min(last.length, this.#streamLength - last.streamStart);
    const heldCount = last.rawStart + seenCount;
    const rest = (this.#chunks[0] ?? packet).subarray(byteCount, last.streamStart + seenCount);
    const leftCount = last.length - seenCount;
    const isWhole = leftCount === 0;
    const between = this.#controls.filter(({ end }) => end <= heldCount);
    const frames = [
      frame(
        BINARY | (isWhole && last.isFinal ? FINAL : 0),
        Buffer.concat([packet, rest]),
        last.mask,
      ),
      ...between.map(({ bytes }) => bytes),
    ];
    if (!isWhole) {
      const turned = last.mask.map((_, i) => last.mask[(seenCount + i) % 4]!);
      frames.push(header(CONTINUATION | (last.isFinal ? FINAL : 0), leftCount, turned));
    }
    return { bytes: Buffer.concat(frames), heldCount };
  }
}

function unmasked(bytes: Uint8Array, mask: Uint8Array, from: number): Uint8Array {
  return bytes.map((byte, index) => byte ^ mask[(from + index) % 4]!);
}

function header(first: number, length: number, mask: Uint8Array | undefined): Uint8Array {
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.alloc(2 + lengthBytes);
  bytes[0] = first;
  bytes[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) bytes.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  if (mask === undefined) return bytes;
  bytes[1] |= MASKED;
  return Buffer.concat([bytes, mask]);
}

/** One frame with the payload, masked as a client must (§5.3) or bare as a server. */
function frame(first: number, payload: Uint8Array, mask?: Uint8Array): Uint8Array {
  const body = mask === undefined ? payload : unmasked(payload, mask, 0);
  return Buffer.concat([header(first, payload.length, mask), body]);
}

/** A message of the server to its client. */
export function serverMessage(payload: Uint8Array): Uint8Array {
  return frame(FINAL | BINARY, payload);
}

/** The close frame of a server (§5.5.1). */
export function serverClose(code: number): Uint8Array {
  return frame(FINAL | CLOSE, Uint8Array.of(code >> 8, code & 0xff));
}
