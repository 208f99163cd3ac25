// The mover over Node's own sockets (design §5): for TLS, and for systems without the native one.
// It keeps one object per connection, two more per relay, and no timers of its own but one.
import net from "node:net";
import type { Millis } from "../../base/units.ts";
import { DEADLINE_SLOT_MS, HOLD_BYTES_MAX, SILENCED_CONNECTIONS_MAX } from "../../limits.ts";
import type {
  CloseManner,
  ConnectionId,
  ConnectSpec,
  ListenerId,
  ListenSpec,
  MoverEvent,
  MoverEventHandler,
  RelayCounters,
  RelaySpec,
  SocketOptions,
  TlsContext,
} from "../../session/mover.ts";
import { clientSide, serverSide } from "../tls/context.ts";
import type { ConnectionHost } from "./connection.ts";
import { NodeConnection } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { socketsMaxOfProcess } from "../process-limits.ts";
import { localEndpoint, remoteEndpoint } from "./endpoints.ts";
import { ExpectedConnections } from "./expected-connections.ts";
import type { ListenerHost } from "./listener.ts";
import { NodeListener } from "./listener.ts";
import { openOutgoing } from "./outgoing.ts";
import { ReadBuffers } from "./read-buffers.ts";
import type { RelayHost } from "./relay.ts";
import { Relay } from "./relay.ts";
import { secureAccepted, secureOutgoing } from "./secure.ts";
import type { ListenerView, ProcessMover } from "./process-mover.ts";
import { applySocketOptions } from "./socket-options.ts";
import type { ReleasedConnection } from "./native/native-connection.ts";
import { clientTlsFacts, findRefusal, serverTlsFacts } from "../tls/facts.ts";

/** What a `NodeMover` is made of. */
export interface NodeMoverOptions {
  readonly onEvent: MoverEventHandler;
  readonly nowMs: () => Millis;
  /** Names for connections and listeners; by default numbers of its own. */
  readonly nextId?: () => number;
  /** Shared with another mover, if any. */
  readonly expected?: ExpectedConnections;
  /** Sockets that may be open at once; by default what the process may open, less a reserve. */
  readonly socketsMax?: number;
  /** Sockets that another mover has open and that count, too. */
  readonly othersOpen?: () => number;
}

/** Moves bytes with Node's sockets. */
export class NodeMover implements ProcessMover {
  /** Connections of this process to its own listeners, which are not announced. */
  readonly expected: ExpectedConnections;
  readonly #onEvent: MoverEventHandler;
  readonly #nowMs: () => Millis;
  readonly #socketsMax: number;
  readonly #othersOpen: () => number;
  readonly #listeners = new Map<ListenerId, NodeListener>();
  readonly #connections = new Map<ConnectionId, NodeConnection>();
  /** Sockets that are open, those that nobody can name any more included. */
  readonly #sockets = new Set<NodeConnection>();
  readonly #silenced = new Set<NodeConnection>();
  readonly #deadlines: Deadlines;
  readonly #readBuffers = new ReadBuffers();
  readonly #hosts: ConnectionHost & RelayHost & ListenerHost;
  #timer: NodeJS.Timeout | undefined;
  readonly #nextId: () => number;
  #onIdle: (() => void) | undefined;

  constructor(options: NodeMoverOptions) {
    this.#onEvent = options.onEvent;
    this.#nowMs = options.nowMs;
    this.expected = options.expected ?? new ExpectedConnections();
    let lastId = 0;
    this.#nextId = options.nextId ?? (() => ++lastId);
    this.#socketsMax = options.socketsMax ?? socketsMaxOfProcess();
    this.#othersOpen = options.othersOpen ?? (() => 0);
    this.#deadlines = new Deadlines(options.nowMs());
    this.#hosts = {
      nowMs: this.#nowMs,
      bytesHeld: (connection) => this.#tellBytes(connection),
      connectionLost: (connection) => this.#onLost(connection),
      lingers: (connection) => this.#watch(connection),
      socketClosed: (connection) => this.#onSocketClosed(connection),
      relayEnded: (relay) => this.#onRelayEnded(relay),
      deadlineMoved: (relay) => this.#watch(relay),
      listening: (listener, endpoint) =>
        this.#emit({ kind: "listening", listener: listener.id, endpoint }),
      listenFailed: (listener, code, message) => {
        this.#listeners.delete(listener.id);
        this.#emit({ kind: "listen-failed", listener: listener.id, code, message });
      },
      hasRoom: (listener) => this.#hasRoom(listener),
      takesOwn: (listener, socket) => this.#takesOwn(listener, socket),
      arrived: (listener, socket) => this.#onArrived(listener, socket),
    };
  }

  listen(spec: ListenSpec): ListenerId {
    const listener = new NodeListener(this.#hosts, this.#nextId(), spec);
    this.#listeners.set(listener.id, listener);
    listener.open();
    return listener.id;
  }

  pauseAccept(listener: ListenerId): void {
    this.#listeners.get(listener)?.pause();
  }

  resumeAccept(listener: ListenerId): void {
    // The connections that waited are told later than this call.
    process.nextTick(() => this.#listeners.get(listener)?.resume());
  }

  closeListener(listener: ListenerId): void {
    this.#listeners.get(listener)?.close();
    this.#listeners.delete(listener);
  }

  configure(connection: ConnectionId, socket: SocketOptions): void {
    const known = this.#connections.get(connection);
    if (known !== undefined) applySocketOptions(known.raw, socket);
  }

  inspect(connection: ConnectionId, bytesMax: number): void {
    const known = this.#connections.get(connection);
    if (known?.phase !== "open") return;
    known.inspect(true, bytesMax);
    if (known.held.length > 0 || known.hasEnded) process.nextTick(tellIfInspected, this, known);
  }

  /** Tells what is in hand when `inspect` found bytes; public only to be reached by `nextTick`. */
  tellHeld(connection: NodeConnection): void {
    if (connection.isInspected && connection.phase === "open") this.#tellBytes(connection);
  }

  stopInspecting(connection: ConnectionId): void {
    const known = this.#connections.get(connection);
    if (known?.phase === "open") known.inspect(false, HOLD_BYTES_MAX);
  }

  consume(connection: ConnectionId, count: number): void {
    this.#connections.get(connection)?.consume(count);
  }

  secure(connection: ConnectionId, context: TlsContext): void {
    const known = this.#connections.get(connection);
    if (known?.phase !== "open") return;
    const server = serverSide(context);
    const held = known.yieldToTls();
    if (held !== undefined) known.raw.unshift(held);
    secureAccepted(known.raw, server, {
      wrapped: (socket) => known.adoptTls(socket),
      secured: (socket, verifyCode) => {
        if (known.phase !== "tls") return;
        const tls = serverTlsFacts(socket, server, verifyCode);
        const refusal = findRefusal(server, tls, verifyCode);
        if (refusal !== undefined) {
          known.fail(refusal.code, refusal.message);
          return;
        }
        known.phase = "open";
        this.#emit({ kind: "secured", connection, tls });
        known.holdUnlessBusy();
      },
      failed: (error) => known.onFailed(error),
    });
  }

  connect(spec: ConnectSpec): ConnectionId {
    const connection = openOutgoing(this.#hosts, this.#nextId(), spec, this.#readBuffers);
    this.#add(connection);
    connection.raw.once("connect", () => this.#onConnected(connection, spec));
    return connection.id;
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const known = this.#connections.get(connection);
    if (known?.phase === "open") known.socket.write(bytes);
  }

  relay(client: ConnectionId, server: ConnectionId, spec: RelaySpec): void {
    const clientSide = this.#connections.get(client);
    const serverSide = this.#connections.get(server);
    if (clientSide?.phase !== "open" || serverSide?.phase !== "open") return;
    const relay = new Relay(this.#hosts, clientSide, serverSide, spec);
    relay.start();
    this.#watch(relay);
  }

  retime(client: ConnectionId, spec: RelaySpec): void {
    const relay = this.#connections.get(client)?.relay;
    if (relay === undefined) return;
    relay.spec = spec;
    this.#watch(relay);
  }

  leave(client: ConnectionId, farewell: Uint8Array | undefined): void {
    this.#connections.get(client)?.relay?.leave(farewell);
  }

  close(connection: ConnectionId, manner: CloseManner): void {
    const known = this.#connections.get(connection);
    if (known === undefined) return;
    if (known.relay !== undefined) {
      known.relay.close(manner);
      return;
    }
    this.#connections.delete(connection);
    if (manner === "silent") this.#silence(known);
    else known.close(manner);
  }

  /** Goes on with a plain connection that another mover has begun, under the same name. */
  adopt(name: ConnectionId, given: ReleasedConnection): void {
    const { fd, held, queued, hasEnded } = given;
    const socket = new net.Socket({ fd, allowHalfOpen: true, readable: true, writable: true });
    const connection = new NodeConnection(this.#hosts, name, socket, "open");
    connection.adopt(socket);
    this.#add(connection);
    connection.hold(held, hasEnded);
    if (queued !== undefined) socket.write(queued);
    connection.holdUnlessBusy();
  }

  counters(client: ConnectionId): RelayCounters | undefined {
    return this.#connections.get(client)?.relay?.counters();
  }

  /** A listener that is open; `undefined` when it is not, or not yet. */
  viewListener(listener: ListenerId): ListenerView | undefined {
    const known = this.#listeners.get(listener);
    if (known?.endpoint === undefined) return undefined;
    const isHeldBack = known.isPaused || this.#isFull();
    return { listener, endpoint: known.endpoint, isHeldBack };
  }

  /** Closes everything at once and waits until all sockets are gone; for tests and for the end. */
  async shutdown(): Promise<void> {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#connections.clear();
    for (const connection of this.#sockets) connection.reset();
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #emit(event: MoverEvent): void {
    this.#onEvent(event, this.#nowMs());
  }

  #add(connection: NodeConnection): void {
    this.#connections.set(connection.id, connection);
    this.#sockets.add(connection);
  }

  /** Refuses sockets before the system does, which would close them without telling us. */
  #hasRoom(listener: NodeListener): boolean {
    if (!this.#isFull()) return true;
    this.#emit({ kind: "accept-failed", listener: listener.id, code: "EMFILE" });
    return false;
  }

  #isFull(): boolean {
    return this.socketCount + this.#othersOpen() >= this.#socketsMax;
  }

  /** Resets a connection of our own, which leaves no TIME_WAIT behind. */
  #takesOwn(listener: NodeListener, socket: net.Socket): boolean {
    const { remoteAddress = "", remotePort = 0 } = socket;
    const onSeen = this.expected.take(listener.id, remoteAddress, remotePort);
    if (onSeen === undefined) return false;
    socket.on("error", () => undefined);
    socket.resetAndDestroy();
    onSeen();
    return true;
  }

  /** Sockets that are open, parked ones included. */
  get socketCount(): number {
    let count = this.#sockets.size;
    for (const listener of this.#listeners.values()) count += listener.parkedCount;
    return count;
  }

  #onArrived(listener: NodeListener, socket: net.Socket): void {
    const connection = new NodeConnection(this.#hosts, this.#nextId(), socket, "open");
    connection.adopt(socket);
    this.#add(connection);
    this.#emit({
      kind: "accepted",
      listener: listener.id,
      connection: connection.id,
      source: remoteEndpoint(socket),
      destination: listener.destinationOf(socket),
    });
    connection.holdUnlessBusy();
  }

  #onConnected(connection: NodeConnection, spec: ConnectSpec): void {
    if (connection.phase !== "connect") return;
    if (spec.preamble !== undefined) connection.raw.write(spec.preamble);
    const { tls } = spec;
    const local = localEndpoint(connection.raw);
    if (tls === undefined) {
      connection.phase = "open";
      this.#emit({ kind: "connected", connection: connection.id, local });
      connection.holdUnlessBusy();
      return;
    }
    const context = clientSide(tls.context);
    connection.yieldToTls();
    const socket = secureOutgoing(connection.raw, context, tls.serverName);
    connection.adoptTls(socket);
    socket.once("secureConnect", () => {
      if (connection.phase !== "tls") return;
      connection.phase = "open";
      const facts = clientTlsFacts(socket, tls.serverName);
      this.#emit({
        kind: "connected",
        connection: connection.id,
        local,
        tls: facts,
      });
      connection.holdUnlessBusy();
    });
  }

  #tellBytes(connection: NodeConnection): void {
    const bytes = connection.held.view();
    const ended = connection.hasEnded;
    this.#emit({ kind: "bytes", connection: connection.id, bytes, ended });
  }

  #onLost(connection: NodeConnection): void {
    this.#connections.delete(connection.id);
    const { phase, errorCode, errorMessage } = connection;
    this.#emit({
      kind: "closed",
      connection: connection.id,
      phase: phase === "connect" || phase === "tls" ? phase : "open",
      ...(errorCode !== undefined && { code: errorCode }),
      ...(errorMessage !== undefined && { message: errorMessage }),
    });
  }

  #onSocketClosed(connection: NodeConnection): void {
    this.#sockets.delete(connection);
    this.#silenced.delete(connection);
    this.#deadlines.forget(connection);
    if (this.#sockets.size > 0 || this.#onIdle === undefined) return;
    this.#onIdle();
  }

  #onRelayEnded(relay: Relay): void {
    this.#deadlines.forget(relay);
    this.#connections.delete(relay.client.id);
    this.#connections.delete(relay.server.id);
    this.#emit({
      kind: "relay-ended",
      client: relay.client.id,
      server: relay.server.id,
      end: relay.end ?? "closed",
      counters: relay.counters(),
      ...(relay.code !== undefined && { code: relay.code }),
    });
  }

  /** Node cannot close without a word: the socket stays open for a while, unread (decision 0002). */
  #silence(connection: NodeConnection): void {
    connection.silence();
    this.#silenced.add(connection);
    this.#watch(connection);
    if (this.#silenced.size <= SILENCED_CONNECTIONS_MAX) return;
    for (const oldest of this.#silenced) {
      this.#silenced.delete(oldest);
      oldest.reset();
      return;
    }
  }

  #watch(entry: NodeConnection | Relay): void {
    this.#deadlines.watch(entry);
    if (this.#timer === undefined && this.#deadlines.size > 0) this.#armTimer();
  }

  #armTimer(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deadlines.advance(this.#nowMs());
      if (this.#deadlines.size > 0) this.#armTimer();
    }, DEADLINE_SLOT_MS);
    this.#timer.unref();
  }
}

const tellIfInspected = (mover: NodeMover, one: NodeConnection): void => mover.tellHeld(one);
