// Connections under full load, whose bytes are known, over a mover that can be stopped.
import { createHash } from "node:crypto";
import net from "node:net";
import type { FrozenRelay } from "../../src/io/handover/frozen-relay.ts";
import type { MoverAddon } from "../../src/io/mover/native/addon.ts";
import { NativeMover } from "../../src/io/mover/native/native-mover.ts";
import type { ConnectionId, MoverEvent, RelayEnd } from "../../src/session/mover.ts";
import { endLater } from "../support/cleanup.ts";

/** A native mover that relays every client to one server on this machine. */
export class RelayingMover {
  readonly mover: NativeMover;
  /** The clients of relays. */
  readonly relays: ConnectionId[] = [];
  readonly ends: RelayEnd[] = [];
  readonly #serverPort: number;
  readonly #clients = new Map<ConnectionId, ConnectionId>();
  #onPort: (port: number) => void = () => undefined;
  #totalBefore = -1;

  constructor(addon: MoverAddon, serverPort: number) {
    this.#serverPort = serverPort;
    const nowMs = (): number => performance.now();
    this.mover = new NativeMover({ addon, nowMs, onEvent: (event) => this.#onEvent(event) });
  }

  listen(): Promise<number> {
    const address = { kind: "ip", family: 4, host: "127.0.0.1", port: 0 } as const;
    const options = { backlog: 64, v6only: false, transparent: false, access: {} };
    this.mover.listen({ address, ...options, socket: { keepalive: false } });
    return new Promise((resolve) => (this.#onPort = resolve));
  }

  /** Whether nothing has moved since the last call. */
  hasStalled(): boolean {
    const all = this.relays.map((client) => this.mover.counters(client));
    const total = all.reduce((sum, each) => sum + (each?.bytesToClient ?? 0), 0);
    const hasStalled = total > 0 && total === this.#totalBefore;
    this.#totalBefore = total;
    return hasStalled;
  }

  async freezeAll(): Promise<FrozenRelay[]> {
    const frozen = this.relays.map(
      (client) =>
        new Promise<FrozenRelay | undefined>((resolve) => {
          this.mover.relays.freeze(client, resolve);
        }),
    );
    return (await Promise.all(frozen)).filter((each) => each !== undefined);
  }

  close(): void {
    this.mover.shutdown();
  }

  #onEvent(event: MoverEvent): void {
    if (event.kind === "listening" && event.endpoint.kind === "ip")
      this.#onPort(event.endpoint.port);
    else if (event.kind === "accepted") {
      const endpoint = {
        kind: "ip",
        family: 4,
        host: "127.0.0.1",
        port: this.#serverPort,
      } as const;
      const server = this.mover.connect({ endpoint, socket: { keepalive: false } });
      this.#clients.set(server, event.connection);
    } else if (event.kind === "connected") {
      const client = this.#clients.get(event.connection)!;
      this.mover.relay(client, event.connection, {});
      this.relays.push(client);
    } else if (event.kind === "relay-ended") this.ends.push(event.end);
  }
}

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
