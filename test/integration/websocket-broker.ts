// A broker behind WebSocket, as far as MQTT needs it (RFC 6455, MQTT 3.1.1 chapter 6): aedes behind
// the upgrade of node:http. Frames are unmasked here; nothing between client and broker does that.
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import { Duplex } from "node:stream";
import { Aedes } from "aedes";
import { endLater } from "../support/cleanup.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const BINARY_FINAL = 0x82;
const CLOSE = 0x8;

/** A running broker. */
export interface WebSocketBroker {
  readonly port: number;
  /** Client identifiers that have connected. */
  readonly clients: string[];
}

/** Starts a broker at a free port of 127.0.0.1. */
export async function startWebSocketBroker(): Promise<WebSocketBroker> {
  const broker = await Aedes.createBroker();
  const clients: string[] = [];
  broker.on("client", (client) => clients.push(client.id));
  const server = http.createServer((_request, response) => response.writeHead(426).end());
  server.on("upgrade", (request, socket: net.Socket, head) => {
    const key = request.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1").update(`${key}${KEY_SUFFIX}`).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    broker.handle(unframed(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endLater(async () => {
    await new Promise<void>((resolve) => broker.close(resolve));
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, clients };
}

/** The MQTT stream inside the frames of a socket. */
function unframed(socket: net.Socket): Duplex {
  let held = Buffer.alloc(0);
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => socket.write(frame(chunk), done),
    final: (done) => socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("error", () => stream.destroy());
  socket.on("close", () => stream.destroy());
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (let found = takeFrame(held); found !== undefined; found = takeFrame(held)) {
      held = held.subarray(found.byteCount);
      if (found.opcode === CLOSE) stream.push(null);
      else stream.push(found.payload);
    }
  });
  return stream;
}

function frame(payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([BINARY_FINAL, length]), payload]);
  const header = Buffer.alloc(10);
  header[0] = BINARY_FINAL;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** The first whole frame, unmasked. */
function takeFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly byteCount: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + lengthBytes + 4;
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 0 ? short : Number(BigInt(`0x${bytes.toString("hex", 2, 2 + lengthBytes)}`));
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; i += 1) payload[i]! ^= mask[i % 4]!;
  return { opcode: bytes[0]! & 0x0f, payload, byteCount: start + length };
}
