// The mover over the native part: descriptors that are in no relay are decided upon here, relays run
// on a thread of their own that never waits for JavaScript. TLS is not served (see ../routed-mover.ts).
import { Buffer } from "node:buffer";
import { IdTable } from "../../../base/id-table.ts";
import type { Millis } from "../../../base/units.ts";
import { HOLD_BYTES_MAX, RELAY_CHUNK_BYTES } from "../../../limits.ts";
import type {
  CloseManner,
  ConnectionId,
  ConnectSpec,
  ListenerId,
  ListenSpec,
  Mover,
  MoverEvent,
  MoverEventHandler,
  RelayCounters,
  RelaySpec,
  SocketOptions,
} from "../../../session/mover.ts";
import { DeadlineTimer } from "../deadline-timer.ts";
import { socketsMaxOfProcess } from "../../process-limits.ts";
import { ExpectedConnections } from "../expected-connections.ts";
import type { ListenerView } from "../process-mover.ts";
import type { MoverAddon } from "./addon.ts";
import { RECORD, RECORD_WORDS, RECORDS_MAX, SCRATCH_NUMBERS, TOTALS_PER_RECORD } from "./addon.ts";
import { addressOf, readAddress } from "./addresses.ts";
import { applySocketOptions, openConnection } from "./descriptors.ts";
import type { NativeConnectionHost, ReleasedConnection } from "./native-connection.ts";
import { inOrder } from "./batch.ts";
import { LateWatch } from "./late-watch.ts";
import { NativeConnection } from "./native-connection.ts";
import type { Arrival, NativeListenerHost } from "./native-listener.ts";
import { NativeListener } from "./native-listener.ts";
import type { NativeRelayEnd, NativeRelaysHost } from "./native-relays.ts";
import { NativeRelays } from "./native-relays.ts";
import { SilencedConnections } from "./silenced-connections.ts";
import { systemError } from "./system-error.ts";

/** A mover that knows no TLS. */
export type PlainMover = Omit<Mover, "secure">;

/** What a `NativeMover` is made of. */
export interface NativeMoverOptions {
  readonly addon: MoverAddon;
  readonly onEvent: MoverEventHandler;
  readonly nowMs: () => Millis;
  /** Names for connections and listeners, of its own by default. */
  readonly nextId?: () => number;
  /** Shared with another mover, if any. */
  readonly expected?: ExpectedConnections;
  /** Sockets that may be open at once; by default what the process may open, less a reserve. */
  readonly socketsMax?: number;
  /** Sockets that somebody else has open and that count, too. */
  readonly othersOpen?: () => number;
}

/** Moves plain bytes with epoll. */
export class NativeMover implements PlainMover {
  /** Connections of this process to its own listeners, which are not announced. */
  readonly expected: ExpectedConnections;
  readonly #addon: MoverAddon;
  readonly #onEvent: MoverEventHandler;
  readonly #nowMs: () => Millis;
  readonly #nextId: () => number;
  readonly #socketsMax: number;
  readonly #othersOpen: () => number;
  readonly #records = new Int32Array(RECORDS_MAX * RECORD_WORDS);
  readonly #totals = new Float64Array(RECORDS_MAX * TOTALS_PER_RECORD);
  readonly #scratch = new Float64Array(SCRATCH_NUMBERS);
  readonly #host: NativeConnectionHost & NativeListenerHost & NativeRelaysHost;
  readonly #listeners = new Map<ListenerId, NativeListener>();
  readonly #connections = new IdTable<NativeConnection>();
  /** By descriptor, as records name them; those that nobody can name any more included. */
  readonly #byFd = new IdTable<NativeConnection | NativeListener>();
  readonly #relays: NativeRelays;
  readonly #silenced: SilencedConnections;
  readonly #late = new LateWatch((name) => this.#connections.get(name));
  readonly #deadlines: DeadlineTimer;
  #isHeld = false;
  #isShut = false;

  constructor(options: NativeMoverOptions) {
    this.#addon = options.addon;
    this.#onEvent = options.onEvent;
    this.#nowMs = options.nowMs;
    let lastId = 0;
    this.#nextId = options.nextId ?? (() => ++lastId);
    this.#socketsMax = options.socketsMax ?? socketsMaxOfProcess();
    this.#othersOpen = options.othersOpen ?? (() => 0);
    this.expected = options.expected ?? new ExpectedConnections();
    this.#deadlines = new DeadlineTimer(options.nowMs);
    this.#silenced = new SilencedConnections(this.#deadlines);
    const buffer = Buffer.allocUnsafeSlow(RELAY_CHUNK_BYTES);
    const handle = options.addon.openMover(
      (count) => inOrder(this.#records, count, this.#isConnecting, this.#onRecord),
      this.#records,
      this.#totals,
      buffer,
      this.#scratch,
    );
    this.#host = {
      addon: options.addon,
      handle,
      buffer,
      scratch: this.#scratch,
      nowMs: options.nowMs,
      connected: (connection) => this.#onConnected(connection),
      bytesHeld: (connection) => this.#tellBytes(connection),
      connectionLost: (connection, { code, message }, wasConnecting) => {
        this.#connections.delete(connection.id);
        const phase = wasConnecting ? "connect" : "open";
        this.#emit({ kind: "closed", connection: connection.id, phase, code, message });
      },
      watchLater: (connection) => this.#late.add(connection),
      lingers: (connection) => this.#deadlines.watch(connection),
      descriptorClosed: (connection, fd) => this.#onDescriptorClosed(connection, fd),
      arrived: (listener, arrival) => this.#onArrived(listener, arrival),
      relayEnded: (ended) => this.#onRelayEnded(ended),
    };
    this.#relays = new NativeRelays(this.#host);
  }

  /** What runs on the thread; for handing it over. */
  get relays(): NativeRelays {
    return this.#relays;
  }

  /** Descriptors of open connections. */
  get socketCount(): number {
    return this.#byFd.size - this.#listeners.size + 2 * this.#relays.size;
  }

  /** Whether this mover has the connection or listener of this name; a relay goes by its client's. */
  has(name: ConnectionId): boolean {
    if (this.#connections.has(name) || this.#listeners.has(name)) return true;
    return this.#relays.has(name);
  }

  listen(spec: ListenSpec): ListenerId {
    const listener = new NativeListener(this.#host, this.#nextId(), spec);
    const failure = listener.open();
    const { id: name, endpoint } = listener;
    if (failure === undefined) {
      this.#listeners.set(name, listener);
      this.#byFd.set(listener.fd, listener);
      this.#updateHold();
    }
    process.nextTick(() => {
      if (failure !== undefined) this.#emit({ kind: "listen-failed", listener: name, ...failure });
      else if (this.#listeners.has(name)) {
        this.#emit({ kind: "listening", listener: name, endpoint: endpoint! });
      }
    });
    return name;
  }

  pauseAccept(listener: ListenerId): void {
    this.#listeners.get(listener)?.pause();
  }

  resumeAccept(listener: ListenerId): void {
    // The connections that waited are told later than this call.
    process.nextTick(() => this.#listeners.get(listener)?.resume());
  }

  closeListener(listener: ListenerId): void {
    const known = this.#listeners.get(listener);
    if (known === undefined) return;
    this.#byFd.delete(known.fd);
    known.close();
    this.#listeners.delete(listener);
    this.#updateHold();
  }

  configure(connection: ConnectionId, socket: SocketOptions): void {
    const fd = this.#connections.get(connection)?.fd ?? -1;
    if (fd >= 0) applySocketOptions(this.#addon, fd, socket);
  }

  inspect(connection: ConnectionId, bytesMax: number): void {
    this.#open(connection)?.inspect(true, bytesMax);
  }

  stopInspecting(connection: ConnectionId): void {
    this.#open(connection)?.inspect(false, HOLD_BYTES_MAX);
  }

  consume(connection: ConnectionId, count: number): void {
    this.#open(connection)?.consume(count);
  }

  connect(spec: ConnectSpec, client?: ConnectionId): ConnectionId {
    if (client !== undefined) this.#connections.get(client)?.expectRelay();
    const fd = openConnection(this.#addon, this.#host.handle, spec);
    const connection = new NativeConnection(this.#host, this.#nextId(), fd, "connect");
    this.#connections.set(connection.id, connection);
    if (fd < 0) return this.#failLater(connection, -fd);
    connection.spec = spec;
    connection.generation = this.#scratch[0]!;
    if (connection.generation === 0) connection.stand();
    return this.#adopt(connection);
  }

  /** Tells a failure later than the call that met it, unless the connection is closed before. */
  #failLater(connection: NativeConnection, errno: number): ConnectionId {
    process.nextTick(() => {
      if (connection.phase === "connect") connection.fail(systemError(errno, "connect"));
    });
    return connection.id;
  }

  #adopt(connection: NativeConnection): ConnectionId {
    this.#byFd.set(connection.fd, connection);
    this.#updateHold();
    return connection.id;
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    this.#open(connection)?.send(bytes);
  }

  relay(client: ConnectionId, server: ConnectionId, spec: RelaySpec): void {
    const clientSide = this.#open(client);
    const serverSide = this.#open(server);
    if (clientSide === undefined || serverSide === undefined) return;
    this.#byFd.delete(clientSide.fd);
    this.#byFd.delete(serverSide.fd);
    this.#connections.delete(client);
    this.#connections.delete(server);
    this.#relays.start(clientSide, serverSide, spec);
  }

  retime(client: ConnectionId, spec: RelaySpec): void {
    this.#relays.retime(client, spec);
  }

  leave(client: ConnectionId, farewell: Uint8Array | undefined): void {
    this.#relays.leave(client, farewell);
  }

  close(connection: ConnectionId, manner: CloseManner): void {
    const known = this.#connections.get(connection);
    if (known === undefined) return this.#relays.close(connection, manner);
    this.#connections.delete(connection);
    if (manner === "silent") this.#silenced.add(known);
    else known.close(manner);
  }

  counters(client: ConnectionId): RelayCounters | undefined {
    return this.#relays.counters(client);
  }

  /** Gives a connection that is in no relay to another mover, which goes on under the same name. */
  release(connection: ConnectionId): ReleasedConnection | undefined {
    const known = this.#open(connection);
    if (known === undefined) return undefined;
    this.#connections.delete(connection);
    this.#byFd.delete(known.fd);
    this.#updateHold();
    return known.release();
  }

  /** A listener that is open; `undefined` when it is not. */
  viewListener(listener: ListenerId): ListenerView | undefined {
    const known = this.#listeners.get(listener);
    if (known?.endpoint === undefined) return undefined;
    return { listener, endpoint: known.endpoint, isHeldBack: known.isPaused || this.#isFull() };
  }

  /** Closes everything at once; for tests and for the end. */
  shutdown(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#connections.clear();
    for (const name of [...this.#listeners.keys()]) this.closeListener(name);
    for (const open of [...this.#byFd.values()]) if ("reset" in open) open.reset();
    this.#deadlines.close();
    this.#late.close();
    this.#relays.clear();
    this.#addon.closeMover(this.#host.handle);
  }

  #emit(event: MoverEvent): void {
    if (!this.#isShut) this.#onEvent(event, this.#nowMs());
  }

  /** A connection that can be told to do something before its relay. */
  #open(connection: ConnectionId): NativeConnection | undefined {
    const known = this.#connections.get(connection);
    return known?.phase === "open" ? known : undefined;
  }

  #updateHold(): void {
    // As long as anything is open the process goes on.
    const isHeld = this.#byFd.size + this.#relays.size > 0;
    if (isHeld === this.#isHeld || this.#isShut) return;
    this.#isHeld = isHeld;
    this.#addon.holdMover(this.#host.handle, isHeld);
  }

  readonly #onRecord = (at: number): void => {
    if (this.#isShut) return;
    const kind = this.#records[at];
    if (kind === RECORD.ready) this.#onReady(at);
    else if (kind === RECORD.accepted) this.#onAccepted(at);
    else if (kind === RECORD.acceptFailed) this.#onAcceptFailed(at);
    else this.#relays.onEnded(this.#records, at, this.#totals);
  };

  readonly #isConnecting = (at: number): boolean => {
    const named = this.#named(at);
    return named instanceof NativeConnection && named.phase === "connect";
  };

  /** What a record names by descriptor and generation; `undefined` when that is gone. */
  #named(at: number): NativeConnection | NativeListener | undefined {
    const known = this.#byFd.get(this.#records[at + 1]!);
    return known?.generation === this.#records[at + 2] ? known : undefined;
  }

  #onReady(at: number): void {
    const named = this.#named(at);
    const errno = this.#records[at + 4]!;
    if (named instanceof NativeConnection) named.onReady(this.#records[at + 3]!, errno);
  }

  #onAccepted(at: number): void {
    const records = this.#records;
    const fd = records[at + 3]!;
    const listener = this.#named(at);
    if (!(listener instanceof NativeListener)) {
      this.#addon.closeDescriptor(fd, true);
      return;
    }
    listener.onAccepted({ fd, source: readAddress(records, at + 4) });
  }

  #onAcceptFailed(at: number): void {
    const listener = this.#named(at);
    if (!(listener instanceof NativeListener)) return;
    listener.rest();
    const { code } = systemError(this.#records[at + 3]!, "accept");
    this.#emit({ kind: "accept-failed", listener: listener.id, code });
  }

  #isFull(): boolean {
    return this.socketCount + this.#othersOpen() >= this.#socketsMax;
  }

  #onArrived(listener: NativeListener, { fd, source }: Arrival): void {
    const onSeen =
      source.kind === "ip" && this.expected.take(listener.id, source.host, source.port);
    if (onSeen) {
      // A reset leaves no TIME_WAIT behind.
      this.#addon.closeDescriptor(fd, true);
      return onSeen();
    }
    if (this.#isFull()) {
      this.#addon.closeDescriptor(fd, true);
      this.#emit({ kind: "accept-failed", listener: listener.id, code: "EMFILE" });
      return;
    }
    const connection = new NativeConnection(this.#host, this.#nextId(), fd, "open");
    this.#connections.set(connection.id, connection);
    applySocketOptions(this.#addon, fd, listener.spec.socket);
    this.#adopt(connection);
    this.#emit({
      kind: "accepted",
      listener: listener.id,
      connection: connection.id,
      source,
      destination: listener.destinationOf(fd),
    });
    connection.begin();
  }

  #onConnected(connection: NativeConnection): void {
    const asksLocal = connection.spec?.asksLocal === true;
    const local = asksLocal ? addressOf(this.#addon, connection.fd, false) : undefined;
    this.#emit({ kind: "connected", connection: connection.id, local });
  }

  #tellBytes(connection: NativeConnection): void {
    const { id, held, hasEnded: ended } = connection;
    this.#emit({ kind: "bytes", connection: id, bytes: held.view(), ended });
  }

  #onDescriptorClosed(connection: NativeConnection, fd: number): void {
    this.#byFd.delete(fd);
    this.#silenced.forget(connection);
    this.#updateHold();
    this.#deadlines.forget(connection);
  }

  #onRelayEnded(ended: NativeRelayEnd): void {
    this.#updateHold();
    this.#emit(ended);
  }
}
