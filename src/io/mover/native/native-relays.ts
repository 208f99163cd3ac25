// The relays of the native part's thread. Both descriptors are the thread's from `start` on; it has
// closed them when the end is told. A relay may stand for weeks, so all that is kept of it here is
// the two names of its connections, and its framing where that is wanted.
import {
  type FramePosition,
  FrameTracker,
  PACKET_TYPE_COUNT,
  type PacketTracker,
} from "../../../mqtt/frames.ts";
import { assert } from "../../../base/assert.ts";
import { IdTable } from "../../../base/id-table.ts";
import type {
  CloseManner,
  ConnectionId,
  MoverEvent,
  RelayCounters,
  RelayEnd,
  RelaySpec,
} from "../../../session/mover.ts";
import { type FrozenRelay, takeFrozen } from "../../handover/frozen-relay.ts";
import { type MoverAddon, type MoverHandle, RECORD_WORDS, TOTALS_PER_RECORD } from "./addon.ts";
import type { NativeConnection } from "./native-connection.ts";
import { systemError } from "./system-error.ts";

/** The framing of both directions, up to where the thread takes it over. */
interface Frames {
  readonly toServer: PacketTracker;
  readonly toClient: PacketTracker;
}

/** How a relay ended. */
export type NativeRelayEnd = Extract<MoverEvent, { readonly kind: "relay-ended" }>;

/** What relays need from their mover. */
export interface NativeRelaysHost {
  readonly addon: MoverAddon;
  readonly handle: MoverHandle;
  /** Numbers that single calls give. */
  readonly scratch: Float64Array;
  /** Both sides are closed. */
  relayEnded(ended: NativeRelayEnd): void;
}

/** The number of `END_FROZEN` in src/native/relay.h. */
const END_FROZEN = 8;

/** Takes what a relay was when it stopped; nothing when it ended by itself, which is told as ever. */
export type FrozenHandler = (frozen: FrozenRelay | undefined) => void;

/** The names of a relay's connections. */
export interface RelayNames {
  readonly client: ConnectionId;
  readonly server: ConnectionId;
}

/** What was given to the native part. */
type Begun = Pick<FrozenRelay, "clientFd" | "serverFd" | "bytesToServer" | "bytesToClient">;

/** Stands for a connection where there is none; names begin with 1. */
const NOBODY: ConnectionId = 0;

/** Numbers of a call that begins or changes a relay. */
const SPEC_NUMBERS = 14;

/** Among them, where the packets of both directions stand. */
const POSITIONS_AT = 8;

/** By the numbers of `enum relay_end` in src/native/relay.h. */
const RELAY_ENDS: readonly RelayEnd[] = [
  "closed",
  "client-closed",
  "server-closed",
  "client-error",
  "server-error",
  "client-timeout",
  "server-timeout",
  "closed",
];

/** All relays of a mover. */
export class NativeRelays {
  readonly #host: NativeRelaysHost;
  /** The native part's number of a relay, by its client. */
  readonly #slots = new IdTable<number>();
  /** By that number. */
  readonly #clients: ConnectionId[] = [];
  readonly #servers: ConnectionId[] = [];
  /** Who waits for a relay to stop, by that number. */
  readonly #freezing = new Map<number, FrozenHandler>();
  /** By that number, where there is any. */
  readonly #frames = new Map<number, Frames>();
  readonly #spec = new Float64Array(SPEC_NUMBERS);

  constructor(host: NativeRelaysHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Spreads relays that begin from now on over so many threads; the errno if the system refuses one, else 0. */
  spread(threadCount: number): number {
    return Math.max(0, -this.#host.addon.setThreads(this.#host.handle, threadCount));
  }

  /** Whether this connection is the client of a relay. */
  has(client: ConnectionId): boolean {
    return this.#slots.has(client);
  }

  /** Joins two connections, bytes in hand first; both are the relay's, also when it is refused. */
  start(client: NativeConnection, server: NativeConnection, spec: RelaySpec): void {
    const frames = startFrames(client, server, spec);
    client.passHeld(server);
    server.passHeld(client);
    const clientFd = client.fd;
    const serverFd = server.fd;
    const toClient = client.joinRelay();
    const toServer = server.joinRelay();
    const slot = this.#host.addon.startRelay(
      this.#host.handle,
      clientFd,
      serverFd,
      this.#specNumbers(spec, frames),
      client.bytesIn,
      server.bytesIn,
      toClient,
      toServer,
      client.generation !== 0,
      server.generation !== 0,
    );
    const { bytesIn: bytesToServer } = client;
    const { bytesIn: bytesToClient } = server;
    const begun = { clientFd, serverFd, bytesToServer, bytesToClient };
    this.#settle(slot, { client: client.id, server: server.id }, begun, frames);
  }

  /**
   * Goes on with a relay that was frozen, here or elsewhere, under new names. Its descriptors are closed
   * when the system has no memory for it, and its end is told.
   */
  resume(frozen: FrozenRelay, names: RelayNames, spec: RelaySpec): void {
    const { clientFd, serverFd, bytesToServer, bytesToClient, framing } = frozen;
    const frames = framing && { toServer: new FrameTracker(), toClient: new FrameTracker() };
    const numbers = this.#specNumbers(spec, frames);
    numbers.set([...(framing?.toServer ?? []), ...(framing?.toClient ?? [])], POSITIONS_AT);
    const { addon, handle } = this.#host;
    const { forClient, forServer } = frozen;
    const counts = [bytesToServer, bytesToClient] as const;
    const slot = addon.startRelay(
      handle,
      clientFd,
      serverFd,
      numbers,
      ...counts,
      forClient,
      forServer,
      false,
      false,
    );
    this.#settle(slot, names, frozen, frames);
  }

  /** Notes a relay that has begun, or tells that the system has no memory for it. */
  #settle(slot: number, names: RelayNames, begun: Begun, frames: Frames | undefined): void {
    if (slot < 0) return this.#refuse(-slot, names, begun);
    // Slots are used again, so that the lists have no holes.
    while (this.#clients.length <= slot) this.#clients.push(NOBODY);
    while (this.#servers.length <= slot) this.#servers.push(NOBODY);
    this.#clients[slot] = names.client;
    this.#servers[slot] = names.server;
    this.#slots.set(names.client, slot);
    if (frames !== undefined) this.#frames.set(slot, frames);
  }

  #refuse(errno: number, names: RelayNames, begun: Begun): void {
    const { bytesToServer, bytesToClient } = begun;
    this.#host.addon.closeDescriptor(begun.clientFd, true);
    this.#host.addon.closeDescriptor(begun.serverFd, true);
    const { client, server } = names;
    const { code } = systemError(errno, "relay");
    const counters = { bytesToServer, bytesToClient };
    process.nextTick(() => {
      const kind = "relay-ended";
      this.#host.relayEnded({ kind, client, server, end: "client-error", counters, code });
    });
  }

  /** See `Mover.retime`. */
  retime(client: ConnectionId, spec: RelaySpec): void {
    const slot = this.#slots.get(client);
    if (slot === undefined) return;
    this.#host.addon.retimeRelay(this.#host.handle, slot, this.#specNumbers(spec, undefined));
  }

  /** See `Mover.leave`. */
  leave(client: ConnectionId, farewell: Uint8Array | undefined): void {
    const slot = this.#slots.get(client);
    if (slot === undefined) return;
    this.#host.addon.leaveRelay(this.#host.handle, slot, farewell);
  }

  /**
   * Closes the relay that a connection is part of, if any. It cannot be dropped silently, as its server
   * would wait for ever: it is reset.
   */
  close(connection: ConnectionId, manner: CloseManner): void {
    // Hardly anybody closes by the server: a search costs less than a map for all that live.
    const slot = this.#slots.get(connection) ?? this.#servers.indexOf(connection);
    if (slot < 0) return;
    this.#host.addon.closeRelay(this.#host.handle, slot, manner !== "finish");
  }

  /** Stops a relay in mid-air: nothing is moved or closed any more, and its connections are forgotten here. */
  freeze(client: ConnectionId, onFrozen: FrozenHandler): void {
    const slot = this.#slots.get(client);
    if (slot === undefined) return onFrozen(undefined);
    this.#freezing.set(slot, onFrozen);
    this.#host.addon.freezeRelay(this.#host.handle, slot);
  }

  /** What a relay has moved so far; `undefined` when the client is in none. */
  counters(client: ConnectionId): RelayCounters | undefined {
    const slot = this.#slots.get(client);
    if (slot === undefined) return undefined;
    const { addon, handle, scratch } = this.#host;
    addon.countRelay(handle, slot);
    return readCounters(scratch, 0, this.#frames.get(slot));
  }

  /** Takes the record of an end at `at`: slot, `enum relay_end`, errno; its counters stand in `totals`. */
  onEnded(records: Int32Array, at: number, totals: Float64Array): void {
    const slot = records[at + 1]!;
    const end = records[at + 2]!;
    const errno = records[at + 3]!;
    const client = this.#clients[slot] ?? NOBODY;
    const server = this.#servers[slot] ?? NOBODY;
    if (client === NOBODY) return;
    this.#clients[slot] = NOBODY;
    this.#servers[slot] = NOBODY;
    this.#slots.delete(client);
    const frames = takeFrom(this.#frames, slot);
    const onFrozen = takeFrom(this.#freezing, slot);
    if (end === END_FROZEN) return onFrozen?.(takeFrozen(this.#host, slot));
    onFrozen?.(undefined);
    this.#host.relayEnded({
      kind: "relay-ended",
      client,
      server,
      end: RELAY_ENDS[end] ?? "closed",
      counters: readCounters(totals, (at / RECORD_WORDS) * TOTALS_PER_RECORD, frames),
      code: errno === 0 ? undefined : systemError(errno, "relay").code,
    });
  }

  /** Forgets all relays, which nobody is told of. */
  clear(): void {
    this.#slots.clear();
    this.#frames.clear();
    this.#clients.fill(NOBODY);
  }

  /** The numbers of a call: five timeouts, negative when infinite, two choices, and the framing. */
  #specNumbers(spec: RelaySpec, frames: Frames | undefined): Float64Array {
    const numbers = this.#spec;
    numbers[0] = spec.clientMs ?? -1;
    numbers[1] = spec.serverMs ?? -1;
    numbers[2] = spec.tunnelMs ?? -1;
    numbers[3] = spec.clientFinMs ?? -1;
    numbers[4] = spec.serverFinMs ?? -1;
    numbers[5] = spec.resetServerAtEnd === true ? 1 : 0;
    numbers[6] = spec.isClientHeard === true ? 1 : 0;
    numbers[7] = frames === undefined ? 0 : 1;
    if (frames === undefined) return numbers;
    numbers.set([...positionOf(frames.toServer), ...positionOf(frames.toClient)], POSITIONS_AT);
    return numbers;
  }
}

/** What few relays have; taken out with their end. */
function takeFrom<T>(map: Map<number, T>, slot: number): T | undefined {
  if (map.size === 0) return undefined;
  const value = map.get(slot);
  map.delete(slot);
  return value;
}

/** Follows the packets of MQTT from the bytes in hand on, where that is wanted. */
function startFrames(
  client: NativeConnection,
  server: NativeConnection,
  spec: RelaySpec,
): Frames | undefined {
  if (spec.framing === undefined) return undefined;
  const frames = { toServer: spec.framing, toClient: spec.framing.opposite() };
  frames.toServer.take(client.held.view());
  frames.toClient.take(server.held.view());
  return frames;
}

function positionOf({ position }: PacketTracker): FramePosition {
  assert(position !== undefined, "a relay that the native part cannot follow is Node's");
  return position;
}

/** Bytes from the client, bytes from the server; with framing the packets of each, by type. */
function readCounters(
  numbers: Float64Array,
  at: number,
  frames: Frames | undefined,
): RelayCounters {
  const bytes = { bytesToServer: numbers[at]!, bytesToClient: numbers[at + 1]! };
  if (frames === undefined) return bytes;
  const toServer = sum(frames.toServer.counts, numbers, at + 4);
  const toClient = sum(frames.toClient.counts, numbers, at + 4 + PACKET_TYPE_COUNT);
  return { ...bytes, packets: { toServer, toClient } };
}

function sum(counts: Float64Array, numbers: Float64Array, at: number): Float64Array {
  return counts.map((count, type) => count + numbers[at + type]!);
}
