// Both movers behind one seam. A connection begins in the native mover and goes over to Node's, under
// its name, as soon as TLS concerns it or the connection that it is joined to, or its relay is to follow
// packets inside WebSocket (docs/decisions/0009-native-mover.md). So both sides of a relay are always in the same mover.
import type { Millis } from "../../base/units.ts";
import type { MoverChoice } from "../../config/model/global.ts";
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
import { socketsMaxOfProcess } from "../process-limits.ts";
import { ExpectedConnections } from "./expected-connections.ts";
import { type LoadedAddon, loadMoverAddon } from "./native/addon.ts";
import type { PlainMover } from "./native/native-mover.ts";
import { NativeMover } from "./native/native-mover.ts";
import { systemError } from "./native/system-error.ts";
import { NodeMover } from "./node-mover.ts";
import type { ListenerView, ProcessMover } from "./process-mover.ts";

/** What a `RoutedMover` is made of. */
export interface RoutedMoverOptions {
  /** The native part, if not the one that is built; without it Node's sockets move everything. */
  readonly loaded?: LoadedAddon;
  readonly onEvent: MoverEventHandler;
  readonly nowMs: () => Millis;
  /** Takes a warning: what is lost, and what to do. */
  readonly warn: (message: string) => void;
  /** Sockets that may be open at once; by default what the process may open, less a reserve. */
  readonly socketsMax?: number;
}

/** The native mover for plain connections, Node's for those with TLS. */
export class RoutedMover implements ProcessMover {
  readonly expected = new ExpectedConnections();
  readonly #loaded: LoadedAddon;
  readonly #warn: (message: string) => void;
  readonly #native: NativeMover | undefined;
  readonly #node: NodeMover;
  #prefersNative = true;
  #hasWarned = false;

  constructor({ onEvent, nowMs, socketsMax, warn, loaded = loadMoverAddon() }: RoutedMoverOptions) {
    this.#loaded = loaded;
    this.#warn = warn;
    let lastId = 0;
    const shared = {
      onEvent,
      nowMs,
      expected: this.expected,
      nextId: () => ++lastId,
      socketsMax: socketsMax ?? socketsMaxOfProcess(),
    };
    this.#node = new NodeMover({ ...shared, othersOpen: () => this.#native?.socketCount ?? 0 });
    if (loaded.addon === undefined) return;
    const { addon } = loaded;
    this.#native = new NativeMover({ ...shared, addon, othersOpen: () => this.#node.socketCount });
  }

  /**
   * Says what is to move listeners and connections that are opened from now on, and opens some. If
   * that fails the former choice holds.
   */
  async choose<T extends { readonly ok: boolean }>(
    choice: MoverChoice,
    open: () => Promise<T>,
  ): Promise<T> {
    const former = this.#prefersNative;
    this.#prefersNative = choice !== "node";
    this.#warnIfMissing(choice);
    const outcome = await open();
    if (!outcome.ok) this.#prefersNative = former;
    return outcome;
  }

  /** Spreads relays that begin from now on over threads of the native part, 1 to RELAY_THREADS_MAX. */
  spread(threadCount: number): void {
    const errno = this.#native?.relays.spread(threadCount) ?? 0;
    if (errno === 0) return;
    const { code } = systemError(errno, "nbthread");
    this.#warn(`nbthread ${threadCount}: the system refuses a thread (${code}): fewer will relay`);
  }

  #warnIfMissing(choice: MoverChoice): void {
    if (choice === "node" || this.#loaded.addon !== undefined || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `the native mover cannot be loaded (${this.#loaded.reason}): Node's sockets move the bytes, at about twice the cost. ` +
        "Run scripts/build-native, or write 'mover node' into 'global'",
    );
  }

  listen(spec: ListenSpec): ListenerId {
    return this.#plain().listen(spec);
  }

  pauseAccept(listener: ListenerId): void {
    this.#of(listener).pauseAccept(listener);
  }

  resumeAccept(listener: ListenerId): void {
    this.#of(listener).resumeAccept(listener);
  }

  closeListener(listener: ListenerId): void {
    this.#of(listener).closeListener(listener);
  }

  viewListener(listener: ListenerId): ListenerView | undefined {
    return this.#of(listener).viewListener(listener);
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

  connect(spec: ConnectSpec, client?: ConnectionId): ConnectionId {
    return spec.tls === undefined ? this.#plain().connect(spec, client) : this.#node.connect(spec);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    this.#of(connection).send(connection, bytes);
  }

  relay(client: ConnectionId, server: ConnectionId, spec: RelaySpec): void {
    const { framing } = spec;
    const isPlain = framing === undefined || framing.position !== undefined;
    if (isPlain && this.#native?.has(client) === true && this.#native.has(server)) {
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

  leave(client: ConnectionId, farewell: Uint8Array | undefined): void {
    this.#of(client).leave(client, farewell);
  }

  close(connection: ConnectionId, manner: CloseManner): void {
    const owner = this.#of(connection);
    owner.close(connection, manner);
    // It may be the server of a relay, which does not go by that name.
    if (owner !== this.#native) this.#native?.close(connection, manner);
  }

  counters(client: ConnectionId): RelayCounters | undefined {
    return this.#of(client).counters(client);
  }

  async shutdown(): Promise<void> {
    this.#native?.shutdown();
    await this.#node.shutdown();
  }

  /** What serves a plain connection that is yet to be. */
  #plain(): PlainMover {
    return this.#prefersNative ? (this.#native ?? this.#node) : this.#node;
  }

  /** Whoever has what is named; a name that is gone is nobody's, and Node's mover ignores it. */
  #of(name: ConnectionId): NativeMover | NodeMover {
    return this.#native?.has(name) === true ? this.#native : this.#node;
  }

  #handToNode(connection: ConnectionId): void {
    const released = this.#native?.release(connection);
    if (released !== undefined) this.#node.adopt(connection, released);
  }
}
