// The client's side of a WebSocket connection that carries MQTT (RFC 6455, MQTT 3.1.1 chapter 6), as
// far as a check needs it. Keys and masks come from a seed: they keep caches between the two ends
// from taking frames for requests (§10.3), and what a check sends is no secret to anybody there.
import { createHash } from "node:crypto";

/** Appended to the key by the server before it is hashed (RFC 6455 §1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const [CONTINUATION, BINARY, CLOSE, PING, PONG] = [0x0, 0x2, 0x8, 0x9, 0xa];

/** What bytes of the server came to. */
export interface WebSocketInput {
  /** The upgrade was accepted by these bytes: from now on messages can be sent. */
  readonly hasOpened: boolean;
  /** What the messages carried, in order. */
  readonly payload: Uint8Array;
  /** To be sent: answers to pings. */
  readonly replies: Uint8Array;
  /** The server has closed the WebSocket connection. */
  readonly isEnded: boolean;
  /** Why the connection cannot be used; `status` where the upgrade was refused by HTTP. */
  readonly problem?: { readonly text: string; readonly status?: number };
}

/** One connection. Bytes that are not understood yet are kept; their owner bounds them. */
export class WebSocketClient {
  readonly #host: string;
  readonly #path: string;
  readonly #seed: string;
  readonly #key: string;
  #held: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #maskCount = 0;

  /** `host` as the `Host` header has it; `seed` should be another one for each connection. */
  constructor(host: string, path: string, seed: string) {
    this.#host = host;
    this.#path = path;
    this.#seed = seed;
    this.#key = digest(`key ${seed}`).subarray(0, 16).toString("base64");
  }

  /** The upgrade request (RFC 6455 §4.1). */
  request(): Uint8Array {
    const lines = [
      `GET ${this.#path} HTTP/1.1`,
      `Host: ${this.#host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${this.#key}`,
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: mqtt",
    ];
    return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8");
  }

  /** One binary message. */
  wrap(payload: Uint8Array): Uint8Array {
    return this.#frame(BINARY, payload);
  }

  receive(bytes: Uint8Array): WebSocketInput {
    this.#held = Buffer.concat([this.#held, bytes]);
    let hasOpened = false;
    if (!this.#isOpen) {
      const answer = this.#takeAnswer();
      if (answer !== "accepted") return { ...NOTHING, ...answer };
      hasOpened = this.#isOpen = true;
    }
    return { ...this.#takeFrames(), hasOpened };
  }

  #takeAnswer(): "accepted" | Pick<WebSocketInput, "problem"> {
    const end = this.#held.indexOf("\r\n\r\n");
    if (end < 0) {
      const isHttp = "HTTP/1.1 ".startsWith(this.#held.toString("latin1", 0, 9));
      return isHttp ? {} : problem("the answer to the WebSocket upgrade is not HTTP");
    }
    const lines = this.#held.toString("latin1", 0, end).split("\r\n");
    this.#held = this.#held.subarray(end + 4);
    const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(lines[0]!)?.[1];
    if (status === undefined) return problem("the answer to the WebSocket upgrade is not HTTP");
    if (status !== "101") {
      return { problem: { text: "WebSocket upgrade refused", status: Number(status) } };
    }
    const expected = createHash("sha1").update(`${this.#key}${KEY_SUFFIX}`).digest("base64");
    if (headerOf(lines, "sec-websocket-accept") !== expected) {
      return problem("Sec-WebSocket-Accept does not answer the key");
    }
    const protocol = headerOf(lines, "sec-websocket-protocol");
    if (protocol !== undefined && protocol !== "mqtt") {
      return problem("the WebSocket subprotocol is not mqtt");
    }
    return "accepted";
  }

  #takeFrames(): WebSocketInput {
    const payload: Uint8Array[] = [];
    const replies: Uint8Array[] = [];
    const soFar = (): WebSocketInput => ({
      ...NOTHING,
      payload: Buffer.concat(payload),
      replies: Buffer.concat(replies),
    });
    for (;;) {
      const found = takeFrame(this.#held);
      if (found === undefined) return soFar();
      if (typeof found === "string") return { ...soFar(), ...problem(found) };
      this.#held = this.#held.subarray(found.byteCount);
      if (found.opcode === CLOSE) return { ...soFar(), isEnded: true };
      if (found.opcode === PING) replies.push(this.#frame(PONG, found.payload));
      else if (found.opcode === BINARY || found.opcode === CONTINUATION)
        payload.push(found.payload);
      else if (found.opcode !== PONG) {
        return { ...soFar(), ...problem(`a WebSocket frame has opcode ${found.opcode}`) };
      }
    }
  }

  /** A final, masked frame (RFC 6455 §5.2). */
  #frame(opcode: number, payload: Uint8Array): Uint8Array {
    const { length } = payload;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const header = Buffer.alloc(2 + extended);
    header[0] = 0x80 | opcode;
    header[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
    if (extended === 2) header.writeUInt16BE(length, 2);
    else if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
    const mask = digest(`mask ${this.#maskCount++} ${this.#seed}`).subarray(0, 4);
    const masked = Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]!));
    return Buffer.concat([header, mask, masked]);
  }
}

const NOTHING: WebSocketInput = {
  hasOpened: false,
  payload: new Uint8Array(0),
  replies: new Uint8Array(0),
  isEnded: false,
};

function problem(text: string): Pick<WebSocketInput, "problem"> {
  return { problem: { text } };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The value of the first header with this name, which is in lower case. */
function headerOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((each) => each.slice(0, each.indexOf(":")).toLowerCase() === name);
  return line?.slice(name.length + 1).trim();
}

/** The first whole frame, `undefined` while it is incomplete, or what is wrong with it. */
function takeFrame(
  bytes: Buffer,
):
  | { readonly opcode: number; readonly payload: Uint8Array; readonly byteCount: number }
  | string
  | undefined {
  if (bytes.length < 2) return undefined;
  if ((bytes[0]! & 0x70) !== 0) return "a WebSocket frame has reserved bits";
  if ((bytes[1]! & 0x80) !== 0) return "a WebSocket frame of the server is masked";
  const short = bytes[1]!;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const length =
    short === 127
      ? Number(bytes.readBigUInt64BE(2))
      : short === 126
        ? bytes.readUInt16BE(2)
        : short;
  if (bytes.length < start + length) return undefined;
  const payload = bytes.subarray(start, start + length);
  return { opcode: bytes[0]! & 0x0f, payload, byteCount: start + length };
}
