// WebSocket frames as a client makes them and as an independent reader sees them (RFC 6455 §5).

/** One frame of a client. */
export interface ClientFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Uint8Array;
  readonly mask: number;
}

/** The bytes of a masked frame. */
export function clientFrame({ opcode, isFinal, payload, mask }: ClientFrame): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.alloc(2 + lengthBytes + 4 + length);
  bytes[0] = (isFinal ? 0x80 : 0) | opcode;
  bytes[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) bytes.writeUInt16BE(length, 2);
  if (lengthBytes === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.writeUInt32BE(mask >>> 0, 2 + lengthBytes);
  payload.forEach((byte, i) => {
    bytes[6 + lengthBytes + i] = byte ^ bytes[2 + lengthBytes + (i % 4)]!;
  });
  return bytes;
}

/** The bytes of a frame of a server. */
export function serverFrame(opcode: number, isFinal: boolean, payload: Uint8Array): Buffer {
  const bare = clientFrame({ opcode, isFinal, payload, mask: 0 });
  const start = bare.length - payload.length - 4;
  bare[1]! &= 0x7f;
  return Buffer.concat([bare.subarray(0, start), payload]);
}

/**
 * All frames of the bytes, unmasked, and whether the last message goes on; throws if the last frame is
 * not whole or parts are mixed.
 */
export function readFrames(bytes: Uint8Array): {
  data: Buffer;
  controls: Buffer[];
  isOpen: boolean;
} {
  const view = Buffer.from(bytes);
  const data: Buffer[] = [];
  const controls: Buffer[] = [];
  let isOpen = false;
  for (let at = 0; at < view.length;) {
    const first = view[at]!;
    const second = view[at + 1]!;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const isMasked = (second & 0x80) !== 0;
    const start = at + 2 + lengthBytes + (isMasked ? 4 : 0);
    const length =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? view.readUInt16BE(at + 2)
          : Number(view.readBigUInt64BE(at + 2));
    if (start + length > view.length) throw new Error("A frame is not whole");
    const payload = Buffer.from(view.subarray(start, start + length));
    if (isMasked) payload.forEach((byte, i) => (payload[i] = byte ^ view[start - 4 + (i % 4)]!));
    const opcode = first & 0x0f;
    if (opcode >= 8) controls.push(payload);
    else {
      if ((opcode === 0) !== isOpen) throw new Error("The parts of a message are mixed");
      isOpen = (first & 0x80) === 0;
      data.push(payload);
    }
    at = start + length;
  }
  return { data: Buffer.concat(data), controls, isOpen };
}
