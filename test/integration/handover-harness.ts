// Connections under full load, whose bytes are known.
import { createHash } from "node:crypto";
import net from "node:net";
import { endLater } from "../support/cleanup.ts";

/** A server on a port of its own; `onSocket` also gets the number of the connection. */
export async function listening(
  onSocket: (socket: net.Socket, index: number) => void,
): Promise<{ readonly port: number }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket, sockets.size);
  });
  endLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as net.AddressInfo).port };
}

/** What one end sends. */
export interface Pattern {
  readonly digest: string;
  /** Lets readers that have paused go on. */
  resume(): void;
}

/** Sends bytes that nobody else sends, as fast as they are taken, then ends. */
export function stream(socket: net.Socket, seed: string, byteCount: number): Pattern {
  const block = createHash("shake256", { outputLength: 64 * 1024 + 7 })
    .update(seed)
    .digest();
  const hash = createHash("sha256");
  let sent = 0;
  const blocks: Buffer[] = [];
  while (sent < byteCount) {
    const part = block.subarray(0, Math.min(block.length, byteCount - sent));
    blocks.push(part);
    hash.update(part);
    sent += part.length;
  }
  const write = (): void => {
    for (let next = blocks.shift(); next !== undefined; next = blocks.shift()) {
      if (!socket.write(next)) return void socket.once("drain", write);
    }
    socket.end();
  };
  write();
  return { digest: hash.digest("hex"), resume: () => void socket.resume() };
}

/** The digest of all that a socket receives; it may stop reading once it has received so much. */
export function readAll(
  socket: net.Socket,
  { pausesAt = Infinity }: { readonly pausesAt?: number } = {},
): Promise<string> {
  const hash = createHash("sha256");
  let count = 0;
  socket.on("data", (chunk: Buffer) => {
    const before = count;
    count += chunk.length;
    hash.update(chunk);
    if (before < pausesAt && count >= pausesAt) socket.pause();
  });
  return new Promise((resolve, reject) => {
    socket.once("end", () => resolve(hash.digest("hex")));
    socket.once("error", reject);
  });
}
