// One listening socket. While accepting is paused, connections that the kernel hands over are
// parked: accepted, unread, not announced (docs/decisions/0003-paused-accept.md).
import net from "node:net";
import type { Endpoint } from "../../base/address.ts";
import { PARKED_CONNECTIONS_MAX } from "../../limits.ts";
import type { ListenerId, ListenSpec } from "../../session/mover.ts";
import { listeningEndpoint, localEndpoint, UNNAMED, unixPath } from "./endpoints.ts";
import { explainListenError } from "./listen-error.ts";
import { publishUnixSocket, temporaryPath } from "./unix-access.ts";

/** What a listener tells its mover. */
export interface ListenerHost {
  listening(listener: NodeListener, endpoint: Endpoint): void;
  listenFailed(listener: NodeListener, code: string, message: string): void;
  /** Whether one more socket may be open; if not, that is told. */
  hasRoom(listener: NodeListener): boolean;
  /** Takes a connection that this process made to itself; such a one is no client. */
  takesOwn(listener: NodeListener, socket: net.Socket): boolean;
  /** A connection is there, paused. */
  arrived(listener: NodeListener, socket: net.Socket): void;
}

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Bytes of a unix socket's path, its end included. */
const UNIX_PATH_BYTES_MAX = 107;

/** A listening socket and the connections that wait while it is paused. */
export class NodeListener {
  readonly id: ListenerId;
  readonly spec: ListenSpec;
  /** Known once it listens. */
  endpoint: Endpoint | undefined;
  readonly #host: ListenerHost;
  readonly #server: net.Server;
  readonly #parked: net.Socket[] = [];
  #isPaused = false;
  #isClosed = false;
  /** The path that is bound until the socket is complete and takes the place of the real one. */
  #temporary: string | undefined;

  constructor(host: ListenerHost, id: ListenerId, spec: ListenSpec) {
    this.#host = host;
    this.id = id;
    this.spec = spec;
    this.#server = net.createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: spec.socket.keepalive,
      keepAliveInitialDelay: spec.socket.keepaliveIdleMs ?? 0,
    });
    this.#server.on("connection", (socket) => this.#onConnection(socket));
    this.#server.on("listening", () => this.#onListening());
    this.#server.on("error", (error) => this.#onError(error));
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Connections that wait for the end of a pause. */
  get parkedCount(): number {
    return this.#parked.length;
  }

  /** The address that a client connected to; costs a system call only where it is not known. */
  destinationOf(socket: net.Socket): Endpoint {
    if (this.endpoint?.kind === "ip" && WILDCARDS.has(this.endpoint.host)) {
      return localEndpoint(socket);
    }
    return this.endpoint ?? UNNAMED;
  }

  /** Begins to listen; the outcome is told later. */
  open(): void {
    const { address, backlog, v6only } = this.spec;
    if (this.spec.interface !== undefined) {
      const message = `cannot bind to interface '${this.spec.interface}'`;
      process.nextTick(() => this.#fail("ENOTSUP", `${message} (this needs the native mover)`));
      return;
    }
    switch (address.kind) {
      case "ip":
        this.#server.listen({
          host: address.host,
          port: address.port,
          backlog,
          ipv6Only: address.family === 6 && v6only,
          exclusive: true,
        });
        return;
      case "unix": {
        this.#openUnix(address.path, address.abstract, backlog);
        return;
      }
      case "fd":
        this.#server.listen({ fd: address.fd, backlog });
    }
  }

  #openUnix(path: string, abstract: boolean, backlog: number): void {
    this.#temporary = abstract ? undefined : temporaryPath(path);
    const bound = this.#temporary ?? unixPath(path, abstract);
    if (!abstract && Buffer.byteLength(bound) > UNIX_PATH_BYTES_MAX) {
      const message = `path '${path}' is too long for a unix socket`;
      process.nextTick(() => this.#fail("ENAMETOOLONG", message));
      return;
    }
    this.#server.listen({ path: bound, backlog, exclusive: true });
  }

  /** Stops announcing connections. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Announces the parked connections, oldest first, and goes on; a pause meanwhile is heeded. */
  resume(): void {
    this.#isPaused = false;
    for (let socket = this.#unpark(); socket !== undefined; socket = this.#unpark()) {
      socket.off("error", ignoreError);
      if (!socket.destroyed) this.#host.arrived(this, socket);
    }
  }

  /** The next parked connection, unless whoever got the one before has paused accepting again. */
  #unpark(): net.Socket | undefined {
    return this.#isPaused ? undefined : this.#parked.shift();
  }

  /** Stops listening and resets what is parked. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#server.listening) this.#server.close();
    else this.#server.once("listening", () => this.#server.close());
    for (const socket of this.#parked.splice(0)) resetQuietly(socket);
  }

  #onConnection(socket: net.Socket): void {
    if (this.#host.takesOwn(this, socket)) return;
    if (!this.#host.hasRoom(this)) {
      resetQuietly(socket);
      return;
    }
    if (!this.#isPaused) {
      this.#host.arrived(this, socket);
      return;
    }
    if (this.#parked.length >= PARKED_CONNECTIONS_MAX) {
      resetQuietly(socket);
      return;
    }
    socket.on("error", ignoreError);
    this.#parked.push(socket);
  }

  #onListening(): void {
    if (this.#isClosed) return;
    const failure = this.#publish();
    if (failure !== undefined) {
      this.#server.close();
      this.#fail(failure.code, failure.message);
      return;
    }
    const { address } = this.spec;
    this.endpoint = address.kind === "unix" ? address : listeningEndpoint(this.#server.address());
    this.#host.listening(this, this.endpoint);
  }

  #publish(): ReturnType<typeof publishUnixSocket> {
    const { address, access } = this.spec;
    if (address.kind !== "unix" || this.#temporary === undefined) return undefined;
    return publishUnixSocket(this.#temporary, address.path, access);
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.endpoint !== undefined) return;
    this.#fail(error.code ?? error.name, explainListenError(error, this.spec));
  }

  #fail(code: string, message: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.listenFailed(this, code, message);
  }
}

function ignoreError(): void {
  // A parked connection that fails is found destroyed when its turn comes.
}

function resetQuietly(socket: net.Socket): void {
  socket.on("error", ignoreError);
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
