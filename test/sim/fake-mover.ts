// A mover without sockets that is strict about what it is asked: naming a connection that is gone,
// or in a phase in which the call makes no sense, is a violation.
import type { Endpoint } from "../../src/base/address.ts";
import type {
  CloseManner,
  ConnectionId,
  ConnectSpec,
  ListenerId,
  ListenSpec,
  Mover,
  MoverEvent,
  RelayCounters,
  RelayEnd,
} from "../../src/session/mover.ts";

const LOCAL: Endpoint = { kind: "ip", family: 4, host: "127.0.0.1", port: 40_000 };

/** One end of the balancer's connections. */
export interface FakeConnection {
  readonly id: ConnectionId;
  readonly side: "client" | "server";
  phase: "connect" | "tls" | "open" | "relay" | "closing";
  held: Buffer;
  isEnded: boolean;
  /** 0 while nobody inspects it. */
  inspectedBytesMax: number;
  peer: FakeConnection | undefined;
  bytesIn: number;
}

/** Does in memory what a mover does. */
export class FakeMover implements Mover {
  readonly violations: string[] = [];
  readonly connections = new Map<ConnectionId, FakeConnection>();
  readonly listeners = new Map<ListenerId, { isPaused: boolean }>();
  #onEvent: (event: MoverEvent) => void = () => undefined;
  /** Events that come later than the call that causes them, oldest first. */
  readonly #later: (() => void)[] = [];
  #nextId = 1;

  attach(onEvent: (event: MoverEvent) => void): void {
    this.#onEvent = onEvent;
  }

  /** Connections of one side that are not closing. */
  countOf(side: FakeConnection["side"]): number {
    return this.inPhase(side, ["connect", "tls", "open", "relay", "closing"]).length;
  }

  /** Connections of one side in one of the phases. */
  inPhase(
    side: FakeConnection["side"],
    phases: readonly FakeConnection["phase"][],
  ): FakeConnection[] {
    return [...this.connections.values()].filter(
      (each) => each.side === side && phases.includes(each.phase),
    );
  }

  /** Tells what was put off; that may put off more. */
  settle(): void {
    for (let tell = this.#later.shift(); tell !== undefined; tell = this.#later.shift()) tell();
  }

  // What the network does.

  accept(listener: ListenerId, source: Endpoint, destination: Endpoint): void {
    const { id } = this.#open("client", "open");
    this.#onEvent({ kind: "accepted", listener, connection: id, source, destination });
  }

  /** The peer sends bytes, its end, or both. */
  receive(connection: FakeConnection, bytes: string, isEnded: boolean): void {
    if (connection.isEnded) return;
    connection.isEnded = isEnded;
    connection.held = Buffer.concat([connection.held, Buffer.from(bytes, "latin1")]);
    connection.bytesIn += bytes.length;
    if (connection.inspectedBytesMax > 0 || isEnded) this.#tellHeld(connection);
  }

  /** The connection breaks, or could not be made. */
  break(connection: FakeConnection): void {
    const phase = connection.phase === "open" ? "open" : connection.phase;
    if (phase === "relay" || phase === "closing") return;
    this.connections.delete(connection.id);
    this.#onEvent({ kind: "closed", connection: connection.id, phase, code: "ECONNRESET" });
  }

  /** The server takes the connection. */
  establish(connection: FakeConnection): void {
    connection.phase = "open";
    this.#onEvent({ kind: "connected", connection: connection.id, local: LOCAL });
  }

  /** The client completes its handshake. */
  finishTls(connection: FakeConnection): void {
    connection.phase = "open";
    const tls = { protocol: "TLSv1.3", cipher: "x", resumed: false, verifyResult: 0 };
    this.#onEvent({ kind: "secured", connection: connection.id, tls });
  }

  /** A relay ends, by itself or because it was closed. */
  endRelay(client: FakeConnection, end: RelayEnd): void {
    const server = client.peer!;
    this.connections.delete(client.id);
    this.connections.delete(server.id);
    const counters = { bytesToServer: client.bytesIn, bytesToClient: server.bytesIn };
    this.#onEvent({ kind: "relay-ended", client: client.id, server: server.id, end, counters });
  }

  // What the balancer asks for.

  listen(_spec: ListenSpec): ListenerId {
    const id = this.#nextId++;
    this.listeners.set(id, { isPaused: false });
    return id;
  }

  pauseAccept(listener: ListenerId): void {
    const known = this.listeners.get(listener);
    if (known === undefined) this.violations.push(`pause of listener ${listener}, which is gone`);
    else known.isPaused = true;
  }

  resumeAccept(listener: ListenerId): void {
    const known = this.listeners.get(listener);
    if (known === undefined) this.violations.push(`resume of listener ${listener}, which is gone`);
    else known.isPaused = false;
  }

  closeListener(listener: ListenerId): void {
    if (!this.listeners.delete(listener)) this.violations.push(`listener ${listener} closed twice`);
  }

  configure(connection: ConnectionId): void {
    this.#demand("configure", connection, ["open"]);
  }

  inspect(connection: ConnectionId, bytesMax: number): void {
    const known = this.#demand("inspect", connection, ["open"]);
    if (known === undefined) return;
    known.inspectedBytesMax = bytesMax;
    if (known.held.length === 0 && !known.isEnded) return;
    this.#later.push(() => {
      if (known.phase === "open" && this.connections.has(known.id)) this.#tellHeld(known);
    });
  }

  stopInspecting(connection: ConnectionId): void {
    const known = this.#demand("stopInspecting", connection, ["open"]);
    if (known !== undefined) known.inspectedBytesMax = 0;
  }

  consume(connection: ConnectionId, count: number): void {
    const known = this.#demand("consume", connection, ["open"]);
    if (known === undefined) return;
    if (count > known.held.length) this.violations.push(`consume of ${count}, beyond what is held`);
    known.held = known.held.subarray(count);
    known.bytesIn -= count;
  }

  secure(connection: ConnectionId): void {
    const known = this.#demand("secure", connection, ["open"]);
    if (known === undefined) return;
    known.phase = "tls";
    known.inspectedBytesMax = 0;
    known.held = Buffer.alloc(0);
  }

  connect(_spec: ConnectSpec): ConnectionId {
    return this.#open("server", "connect").id;
  }

  send(connection: ConnectionId): void {
    this.#demand("send", connection, ["open"]);
  }

  relay(client: ConnectionId, server: ConnectionId): void {
    const clientSide = this.#demand("relay", client, ["open"]);
    const serverSide = this.#demand("relay", server, ["open"]);
    if (clientSide === undefined || serverSide === undefined) return;
    clientSide.phase = "relay";
    serverSide.phase = "relay";
    clientSide.peer = serverSide;
    serverSide.peer = clientSide;
  }

  retime(client: ConnectionId): void {
    this.#demand("retime", client, ["relay"]);
  }

  leave(client: ConnectionId): void {
    const known = this.#demand("leave", client, ["relay", "closing"]);
    if (known === undefined) return;
    known.phase = "closing";
    known.peer!.phase = "closing";
  }

  close(connection: ConnectionId, _manner: CloseManner): void {
    const known = this.#demand("close", connection, ["connect", "tls", "open", "relay"]);
    if (known === undefined) return;
    if (known.phase !== "relay") {
      this.connections.delete(connection);
      return;
    }
    known.phase = "closing";
    known.peer!.phase = "closing";
  }

  counters(client: ConnectionId): RelayCounters | undefined {
    const known = this.connections.get(client);
    if (known?.peer === undefined) return undefined;
    return { bytesToServer: known.bytesIn, bytesToClient: known.peer.bytesIn };
  }

  #open(side: FakeConnection["side"], phase: FakeConnection["phase"]): FakeConnection {
    const connection: FakeConnection = {
      id: this.#nextId++,
      side,
      phase,
      held: Buffer.alloc(0),
      isEnded: false,
      inspectedBytesMax: 0,
      peer: undefined,
      bytesIn: 0,
    };
    this.connections.set(connection.id, connection);
    return connection;
  }

  #tellHeld(connection: FakeConnection): void {
    const { id, held: bytes, isEnded: ended } = connection;
    this.#onEvent({ kind: "bytes", connection: id, bytes, ended });
  }

  #demand(
    call: string,
    id: ConnectionId,
    phases: readonly FakeConnection["phase"][],
  ): FakeConnection | undefined {
    const known = this.connections.get(id);
    if (known !== undefined && phases.includes(known.phase)) return known;
    this.violations.push(`${call} of connection ${id}, which is ${known?.phase ?? "gone"}`);
    return undefined;
  }
}
