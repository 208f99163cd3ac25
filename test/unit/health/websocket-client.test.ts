import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { WebSocketClient } from "../../../src/health/websocket-client.ts";

function acceptOf(request: string): string {
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(request)![1]!;
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function upgraded(headers = "Sec-WebSocket-Protocol: mqtt\r\n"): WebSocketClient {
  const client = new WebSocketClient("b.example:8083", "/mqtt", "seed");
  const answer = answerTo(client, headers);
  expect(client.receive(Buffer.from(answer))).toMatchObject({ hasOpened: true });
  return client;
}

function answerTo(client: WebSocketClient, headers: string): string {
  const accept = acceptOf(Buffer.from(client.request()).toString());
  return (
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nConnection: Upgrade\r\n" +
    `SEC-WebSocket-Accept: ${accept}\r\n${headers}\r\n`
  );
}

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

describe("WebSocketClient", () => {
  test("asks for the upgrade", () => {
    const request = Buffer.from(new WebSocketClient("b:80", "/mqtt?x", "s").request()).toString();
    expect(request).toMatch(/^GET \/mqtt\?x HTTP\/1\.1\r\nHost: b:80\r\n/);
    expect(request).toMatch(/Sec-WebSocket-Key: [\w+/]{22}==\r\n/);
    expect(request).toMatch(/Sec-WebSocket-Protocol: mqtt\r\n\r\n$/);
  });

  test("takes the answer in pieces, and messages that come with it", () => {
    const client = new WebSocketClient("b", "/", "s");
    const bytes = Buffer.from(`${answerTo(client, "")}\x82\x01A`, "latin1");
    for (const byte of bytes.subarray(0, -3)) {
      const input = client.receive(Uint8Array.of(byte));
      expect(input.problem).toBeUndefined();
    }
    const input = client.receive(bytes.subarray(-3));
    expect(Buffer.from(input.payload).toString()).toBe("A");
  });

  test.each([
    ["SSH-2.0-x\r\n\r\n", "the answer to the WebSocket upgrade is not HTTP", undefined],
    ["HTTP/1.1 404 Not Found\r\n\r\n", "WebSocket upgrade refused", 404],
    ["HTTP/1.1 101 x\r\n\r\n", "Sec-WebSocket-Accept does not answer the key", undefined],
  ])("does not go on after %j", (answer, text, status) => {
    const client = new WebSocketClient("b", "/", "s");
    expect(client.receive(Buffer.from(answer)).problem).toEqual({
      text,
      ...(status === undefined ? {} : { status }),
    });
  });

  test("does not speak another subprotocol", () => {
    const client = new WebSocketClient("b", "/", "s");
    const answer = answerTo(client, "Sec-WebSocket-Protocol: chat\r\n");
    const text = "the WebSocket subprotocol is not mqtt";
    expect(client.receive(Buffer.from(answer)).problem).toEqual({ text });
  });

  test("masks what it sends, for every length of the length", () => {
    const client = upgraded();
    for (const length of [0, 125, 126, 65_535, 65_536]) {
      const payload = new Uint8Array(length).fill(7);
      const frame = client.wrap(payload);
      const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
      expect(frame[0]).toBe(0x82);
      expect(frame[1]! & 0x80).toBe(0x80);
      const mask = frame.subarray(2 + extended, 6 + extended);
      const body = frame.subarray(6 + extended).map((byte, index) => byte ^ mask[index % 4]!);
      expect(Buffer.compare(body, payload)).toBe(0);
    }
  });

  test("joins fragments, answers pings, sees the close", () => {
    const client = upgraded();
    const input = client.receive(hex("020141" + "800142" + "890170" + "8a00" + "8800"));
    expect(Buffer.from(input.payload).toString()).toBe("AB");
    expect(input.replies[0]).toBe(0x8a);
    expect(input.isEnded).toBe(true);
  });

  test.each([
    ["c20141", "reserved bits"],
    ["82810000000041", "masked"],
    ["8100", "opcode 1"],
  ])("refuses the frame %s", (frame, text) => {
    expect(upgraded().receive(hex(frame)).problem?.text).toContain(text);
  });
});
