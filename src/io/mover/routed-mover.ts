// Both movers behind one seam. A connection begins in the native mover and goes over to Node's, under
// its name, as soon as TLS concerns it or the connection that it is joined to
// (docs/decisions/0017-native-mover.md). So both sides of a relay are always in the same mover.
import type { Millis } from "../../base/units.ts";
import type {
  CloseManner,
  ConnectionId,
  ConnectSpec,
  ListenerId,
  ListenSpec,
  MoverEventHandler,
  RelayCounters,
  RelaySpec,
  SocketOptions,
  TlsContext,
} from "../../session/mover.ts";
import { socketsMaxOfProcess } from "./descriptor-limit.ts";
import type { ExpectedConnections } from "./expected-connections.ts";
import type { MoverAddon } from "./native/addon.ts";
import type { PlainMover } from "./native/native-mover.ts";
import { NativeMover } from "./native/native-mover.ts";
import { NodeMover } from "./node-mover.ts";
import type { ListenerView, ProcessMover } from "./process-mover.ts";

/** What a `RoutedMover` is made of. */
export interface RoutedMoverOptions {
  readonly addon: MoverAddon;
  readonly onEvent: MoverEventHandler;
  readonly nowMs: () => Millis;
  /** Sockets that may be open at once; by default what the process may open, less a reserve. */
  readonly socketsMax?: number;
}

/** The native mover for plain connections, Node's for those with TLS. */
export class RoutedMover implements ProcessMover {
  readonly expected: ExpectedConnections;
  readonly #native: NativeMover;
  readonly #node: NodeMover;

  constructor({ addon, onEvent, nowMs, socketsMax }: RoutedMoverOptions) {
    let lastId = 0;
    const shared = {
      onEvent,
      nowMs,
      nextId: () => ++lastId,
      socketsMax: socketsMax ?? socketsMaxOfProcess(),
    };
    this.#node = new NodeMover(shared);
    this.#native = new NativeMover({
      ...shared,
      addon,
      othersOpen: () => this.#node.socketCount,
    });
    this.expected = this.#native.expected;
  }

  listen(spec: ListenSpec): ListenerId {
    return this.#native.listen(spec);
  }

  pauseAccept(listener: ListenerId): void {
    this.#native.pauseAccept(listener);
  }

  resumeAccept(listener: ListenerId): void {
    this.#native.resumeAccept(listener);
  }

  closeListener(listener: ListenerId): void {
    this.#native.closeListener(listener);
  }

  viewListener(listener: ListenerId): ListenerView | undefined {
    return this.#native.viewListener(listener);
  }

  configure(connection: ConnectionId, socket: SocketOptions): void {
    this.#of(connection).configure(connection, socket);
  }

  inspect(connection: ConnectionId, bytesMax: number): void {
    this.#of(connection).inspect(connection, bytesMax);
  }

  stopInspecting(connection: ConnectionId): void {
    this.#of(connection).stopInspecting(connection);
  }

  consume(connection: ConnectionId, count: number): void {
    this.#of(connection).consume(connection, count);
  }

  secure(connection: ConnectionId, context: TlsContext): void {
    this.#handToNode(connection);
    this.#node.secure(connection, context);
  }

  connect(spec: ConnectSpec): ConnectionId {
    return spec.tls === undefined ? this.#native.connect(spec) : this.#node.connect(spec);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    this.#of(connection).send(connection, bytes);
  }

  relay(client: ConnectionId, server: ConnectionId, spec: RelaySpec): void {
    if (this.#native.has(client) && this.#native.has(server)) {
      this.#native.relay(client, server, spec);
      return;
    }
    this.#handToNode(client);
    this.#handToNode(server);
    this.#node.relay(client, server, spec);
  }

  retime(client: ConnectionId, spec: RelaySpec): void {
    this.#of(client).retime(client, spec);
  }

  close(connection: ConnectionId, manner: CloseManner): void {
    this.#of(connection).close(connection, manner);
  }

  counters(client: ConnectionId): RelayCounters | undefined {
    return this.#of(client).counters(client);
  }

  async shutdown(): Promise<void> {
    this.#native.shutdown();
    await this.#node.shutdown();
  }

  /** Whoever has the connection; a name that is gone is nobody's, and Node's mover ignores it. */
  #of(connection: ConnectionId): PlainMover {
    return this.#native.has(connection) ? this.#native : this.#node;
  }

  #handToNode(connection: ConnectionId): void {
    const released = this.#native.release(connection);
    if (released !== undefined) this.#node.adopt(connection, released);
  }
}
