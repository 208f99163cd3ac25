// Drives any mover from the outside: real sockets at both ends, its events in a queue.
import { once } from "node:events";
import net from "node:net";
import { performance } from "node:perf_hooks";
import { NodeMover } from "../../src/io/mover/node-mover.ts";
import { type LoadedAddon, loadMoverAddon } from "../../src/io/mover/native/addon.ts";
import { RoutedMover } from "../../src/io/mover/routed-mover.ts";
import type {
  ConnectionId,
  ConnectSpec,
  ListenerId,
  ListenSpec,
  Mover,
  MoverEvent,
  MoverEventHandler,
  RelaySpec,
} from "../../src/session/mover.ts";
import { endLater } from "../support/cleanup.ts";
import { withFarServers } from "./far-servers.ts";

/** A mover that the suites run over. */
export interface MoverFactory {
  readonly name: string;
  /** What listening on an interface that does not exist ends with. */
  readonly unknownInterface: string;
  make(options: { readonly onEvent: MoverEventHandler; readonly nowMs: () => number }): Mover & {
    shutdown(): Promise<void>;
  };
}

const native = loadMoverAddon();

export const MOVERS: readonly MoverFactory[] = [
  { name: "node mover", unknownInterface: "ENOTSUP", make: (options) => new NodeMover(options) },
  ...(native.addon === undefined ? [] : [nativeMover("native mover", () => native)]),
];

/** The same, and the native one once more with servers that are far. */
export const MOVERS_AND_FAR: readonly MoverFactory[] = [
  ...MOVERS,
  ...(native.addon === undefined
    ? []
    : [nativeMover("native mover with far servers", () => withFarServers(native.addon))]),
];

function nativeMover(name: string, load: () => LoadedAddon): MoverFactory {
  return {
    name,
    unknownInterface: "ENODEV",
    make: (options) => new RoutedMover({ ...options, loaded: load(), warn: () => undefined }),
  };
}

type Kind = MoverEvent["kind"];
type EventOf<K extends Kind> = Extract<MoverEvent, { readonly kind: K }>;

export const NO_KEEPALIVE = { keepalive: false } as const;

/** A spec that listens on a free port of 127.0.0.1 unless told otherwise. */
export function listenSpec(changes: Partial<ListenSpec> = {}): ListenSpec {
  return {
    address: { kind: "ip", family: 4, host: "127.0.0.1", port: 0 },
    backlog: 1024,
    v6only: false,
    transparent: false,
    access: {},
    socket: NO_KEEPALIVE,
    ...changes,
  };
}

/** A mover under test. */
export class Harness {
  readonly mover: ReturnType<MoverFactory["make"]>;
  /** Events that nobody has waited for yet, oldest first. */
  readonly queue: MoverEvent[] = [];
  /** Called for each event before it is queued; may call the mover, as a session does. */
  onEvent: ((event: MoverEvent) => void) | undefined;
  #wake: (() => void)[] = [];

  constructor(factory: MoverFactory) {
    this.mover = factory.make({
      nowMs: () => performance.now(),
      onEvent: (event) => {
        this.queue.push(event);
        this.onEvent?.(event);
        for (const wake of this.#wake.splice(0)) wake();
      },
    });
    endLater(() => this.mover.shutdown());
  }

  /** Takes the next event of a kind; events of other kinds stay in the queue. */
  async next<K extends Kind>(
    kind: K,
    accept: (event: EventOf<K>) => boolean = () => true,
  ): Promise<EventOf<K>> {
    for (;;) {
      const index = this.queue.findIndex((one) => one.kind === kind && accept(one as EventOf<K>));
      if (index >= 0) return this.queue.splice(index, 1)[0] as EventOf<K>;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Whether an event of a kind waits to be taken. */
  has(kind: Kind): boolean {
    return this.queue.some((event) => event.kind === kind);
  }

  /** Listens and returns where. */
  async listen(changes: Partial<ListenSpec> = {}): Promise<{ id: ListenerId; port: number }> {
    const id = this.mover.listen(listenSpec(changes));
    const { endpoint } = await this.next("listening", (event) => event.listener === id);
    return { id, port: endpoint.kind === "ip" ? endpoint.port : 0 };
  }

  /** A client connected to a listener of the mover. */
  async accept(port: number): Promise<{ client: net.Socket; id: ConnectionId }> {
    const client = openClient(port);
    const { connection } = await this.next("accepted");
    return { client, id: connection };
  }

  /** A connection of the mover to a port of 127.0.0.1. */
  async connect(port: number, changes: Partial<ConnectSpec> = {}): Promise<ConnectionId> {
    const id = this.mover.connect({
      endpoint: { kind: "ip", family: 4, host: "127.0.0.1", port },
      socket: NO_KEEPALIVE,
      ...changes,
    });
    await this.next("connected", (event) => event.connection === id);
    return id;
  }

  /** A client and a server joined by a relay. */
  async relayed(spec: RelaySpec = {}): Promise<RelayedPair> {
    const listener = await this.listen();
    const backend = await listenBackend();
    const { client, id: clientId } = await this.accept(listener.port);
    const serverId = await this.connect(backend.port);
    const server = await backend.nextConnection();
    this.mover.relay(clientId, serverId, spec);
    return { client, server, clientId, serverId };
  }
}

/** Both ends of a relay and their names in the mover. */
export interface RelayedPair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  readonly clientId: ConnectionId;
  readonly serverId: ConnectionId;
}

/** Opens a connection whose errors the test may ignore. */
export function openClient(port: number): net.Socket {
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  return tame(client);
}

/** A server that hands out its connections one by one. */
export async function listenBackend(): Promise<{
  readonly port: number;
  nextConnection(): Promise<net.Socket>;
}> {
  const waiting: net.Socket[] = [];
  const wake: (() => void)[] = [];
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    waiting.push(tame(socket));
    for (const one of wake.splice(0)) one();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endLater(() => void server.close());
  return {
    port: (server.address() as net.AddressInfo).port,
    async nextConnection() {
      while (waiting.length === 0) await new Promise<void>((resolve) => wake.push(resolve));
      return waiting.shift()!;
    },
  };
}

function tame(socket: net.Socket): net.Socket {
  socket.on("error", () => undefined);
  endLater(() => void socket.destroy());
  return socket;
}

/** Reads until at least `byteCount` bytes are there. */
export async function readBytes(socket: net.Socket, byteCount: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let count = 0; count < byteCount;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await readableOrGone(socket);
    } else {
      chunks.push(chunk);
      count += chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

async function readableOrGone(socket: net.Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (done: () => void) => (): void => {
      socket.off("readable", onReadable);
      socket.off("close", onClose);
      done();
    };
    const onReadable = settle(resolve);
    const onClose = settle(() => {
      reject(new Error("The connection closed before all bytes were there"));
    });
    socket.on("readable", onReadable);
    socket.on("close", onClose);
  });
}

/** How a socket ends: `end` for an orderly end, else the error's code. */
export async function ending(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.resume();
    if (socket.readableEnded) resolve("end");
    socket.once("end", () => resolve("end"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** All bytes until the end of a stream. */
export async function readToEnd(socket: net.Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await once(socket, "end");
  return Buffer.concat(parts);
}

/** Writes parts, each of which is likely to be a read of its own. */
export async function writeParts(socket: net.Socket, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
