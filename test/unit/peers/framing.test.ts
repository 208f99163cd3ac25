import { describe, expect, test } from "vitest";
import {
  beginFrame,
  endFrame,
  type Frame,
  FrameReader,
  writeFramed,
  writeShort,
} from "../../../src/peers/framing.ts";
import { WireWriter } from "../../../src/peers/wire-writer.ts";
import { bytes } from "./bytes.ts";

function readAll(reader: FrameReader): Frame[] {
  const frames: Frame[] = [];
  for (;;) {
    const frame = reader.next();
    if (frame.kind === "need-more") return frames;
    frames.push(frame.kind === "message" ? { ...frame, body: Buffer.from(frame.body) } : frame);
    if (frame.kind === "malformed") return frames;
  }
}

const STREAM = bytes(
  '00 04 | 0a 84 05 07 00000067 | 14 01 | 0a 86 10 | 001b64dd 08 "dev-0002" 02 01 02',
);

describe("FrameReader", () => {
  test("cuts a stream at its messages, whatever the chunks", () => {
    const whole = new FrameReader();
    whole.push(STREAM);
    const expected = readAll(whole);
    expect(
      expected.map((frame) => frame.kind === "message" && [frame.messageClass, frame.type]),
    ).toEqual([
      [0, 4],
      [10, 0x84],
      [0x14, 1],
      [10, 0x86],
    ]);
    for (let size = 1; size < STREAM.length; size += 1) {
      const reader = new FrameReader();
      const frames: Frame[] = [];
      for (let at = 0; at < STREAM.length; at += size) {
        reader.push(STREAM.subarray(at, at + size));
        frames.push(...readAll(reader));
      }
      expect(frames).toEqual(expected);
      expect(reader.heldBytes).toBe(0);
    }
  });

  test("a body of more than 65,535 bytes and a length of six bytes end the reading", () => {
    const tooLarge = new FrameReader();
    tooLarge.push(bytes("0a 80 f0 80 81 02"));
    expect(tooLarge.next()).toMatchObject({ kind: "malformed", fault: "size-limit" });
    const endless = new FrameReader();
    endless.push(bytes("0a 80 ff ff ff ff ff"));
    expect(endless.next()).toMatchObject({ kind: "malformed", fault: "protocol" });
    endless.push(bytes("00 04"));
    expect(endless.next()).toMatchObject({ kind: "malformed", fault: "protocol" });
    expect(endless.heldBytes).toBe(0);
  });

  test("a large message that comes byte by byte is held once", () => {
    const out = new WireWriter();
    const body = new WireWriter();
    body.bytes(Buffer.alloc(65_535, 7));
    writeFramed(out, 10, 0x80, body);
    writeShort(out, 0, 4);
    const reader = new FrameReader();
    const frames: Frame[] = [];
    let heldBytesMax = 0;
    for (const byte of out.toBytes()) {
      reader.push(Uint8Array.of(byte));
      heldBytesMax = Math.max(heldBytesMax, reader.heldBytes);
      frames.push(...readAll(reader));
    }
    expect(heldBytesMax).toBeLessThanOrEqual(65_541);
    expect(frames.map((frame) => frame.kind === "message" && frame.body.length)).toEqual([
      65_535, 0,
    ]);
  });
});

test.each([0, 1, 239, 240, 241, 2_287, 2_288, 15_360, 65_535])(
  "beginFrame() and endFrame() around %i bytes write what writeFramed() does",
  (byteCount) => {
    const body = new WireWriter();
    body.bytes(Uint8Array.from({ length: byteCount }, (_, at) => at % 251));
    const [expected, out] = [new WireWriter(), new WireWriter()];
    for (const writer of [expected, out]) writer.u32(0xdeadbeef);
    writeFramed(expected, 10, 0x85, body);
    const bodyStart = beginFrame(out, 10, 0x85);
    out.append(body);
    endFrame(out, bodyStart);
    expect(out.toBytes().equals(expected.toBytes())).toBe(true);
    out.u8(7);
    expect(out.toBytes().at(-1)).toBe(7);
  },
);
