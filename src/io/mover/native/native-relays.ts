// The relays of the native part's thread. Both descriptors are the thread's from `start` on; it has
// closed them when the end is told.
import { FrameTracker, PACKET_TYPE_COUNT } from "../../../mqtt/frames.ts";
import type { CloseManner, RelayCounters, RelayEnd, RelaySpec } from "../../../session/mover.ts";
import { type MoverAddon, type MoverHandle, RECORD_WORDS, TOTALS_PER_RECORD } from "./addon.ts";
import type { NativeConnection } from "./native-connection.ts";
import { systemError } from "./system-error.ts";

/** What is known here of a relay of the thread. */
export interface NativeRelay {
  /** Its number at the native part. */
  readonly slot: number;
  readonly client: NativeConnection;
  readonly server: NativeConnection;
  /** The packets that went ahead of the relay, and what those of the thread are counted onto. */
  readonly frames: Frames | undefined;
}

/** The framing of both directions, up to where the thread takes it over. */
interface Frames {
  readonly toServer: FrameTracker;
  readonly toClient: FrameTracker;
}

/** How a relay ended. */
export interface NativeRelayEnd {
  readonly relay: NativeRelay;
  readonly end: RelayEnd;
  readonly counters: RelayCounters;
  readonly code: string | undefined;
}

/** What relays need from their mover. */
export interface NativeRelaysHost {
  readonly addon: MoverAddon;
  readonly handle: MoverHandle;
  /** Numbers that single calls give. */
  readonly scratch: Float64Array;
  /** Both sides are closed. */
  relayEnded(ended: NativeRelayEnd): void;
}

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
  readonly #bySlot = new Map<number, NativeRelay>();

  constructor(host: NativeRelaysHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#bySlot.size;
  }

  /** Joins two connections, bytes in hand first. */
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
      specNumbers(spec, frames),
      client.bytesIn,
      server.bytesIn,
      toClient,
      toServer,
    );
    const relay: NativeRelay = { slot, client, server, frames };
    if (slot < 0) {
      this.#refuse(relay, clientFd, serverFd);
      return;
    }
    client.relay = relay;
    server.relay = relay;
    this.#bySlot.set(slot, relay);
  }

  /** The system has no memory for another relay. */
  #refuse(relay: NativeRelay, clientFd: number, serverFd: number): void {
    const { addon } = this.#host;
    addon.closeDescriptor(clientFd, true);
    addon.closeDescriptor(serverFd, true);
    const { bytesIn: bytesToServer } = relay.client;
    const { bytesIn: bytesToClient } = relay.server;
    const counters = { bytesToServer, bytesToClient };
    const { code } = systemError(-relay.slot, "relay");
    process.nextTick(() => {
      this.#host.relayEnded({ relay, end: "client-error", counters, code });
    });
  }

  /** See `Mover.retime`. */
  retime(relay: NativeRelay | undefined, spec: RelaySpec): void {
    if (relay === undefined) return;
    this.#host.addon.retimeRelay(this.#host.handle, relay.slot, specNumbers(spec));
  }

  /** See `Mover.leave`. */
  leave(relay: NativeRelay | undefined, farewell: Uint8Array | undefined): void {
    if (relay === undefined) return;
    this.#host.addon.leaveRelay(this.#host.handle, relay.slot, farewell);
  }

  /** A relay cannot be dropped silently, as its server would wait for ever: it is reset. */
  close(relay: NativeRelay, manner: CloseManner): void {
    this.#host.addon.closeRelay(this.#host.handle, relay.slot, manner !== "finish");
  }

  /** What a relay has moved so far. */
  counters(relay: NativeRelay): RelayCounters {
    const { addon, handle, scratch } = this.#host;
    addon.countRelay(handle, relay.slot);
    return readCounters(scratch, 0, relay.frames);
  }

  /** Takes the record of an end at `at`: slot, `enum relay_end`, errno; its counters stand in `totals`. */
  onEnded(records: Int32Array, at: number, totals: Float64Array): void {
    const [slot, end, errno] = [records[at + 1]!, records[at + 2]!, records[at + 3]!];
    const relay = this.#bySlot.get(slot);
    if (relay === undefined) return;
    this.#bySlot.delete(slot);
    this.#host.relayEnded({
      relay,
      end: RELAY_ENDS[end] ?? "closed",
      counters: readCounters(totals, (at / RECORD_WORDS) * TOTALS_PER_RECORD, relay.frames),
      code: errno === 0 ? undefined : systemError(errno, "relay").code,
    });
  }

  /** Forgets all relays, which nobody is told of. */
  clear(): void {
    this.#bySlot.clear();
  }
}

/** Follows the packets of MQTT from the bytes in hand on, where that is wanted. */
function startFrames(
  client: NativeConnection,
  server: NativeConnection,
  spec: RelaySpec,
): Frames | undefined {
  if (spec.framing === undefined) return undefined;
  const frames = { toServer: spec.framing, toClient: new FrameTracker() };
  frames.toServer.take(client.held.view());
  frames.toClient.take(server.held.view());
  return frames;
}

const NOT_FRAMED = [0, 0, 0, 0, 0, 0, 0] as const;

/** The numbers of a call: five timeouts, negative when infinite, whether an end resets, and the framing. */
function specNumbers(spec: RelaySpec, frames?: Frames): Float64Array {
  return Float64Array.of(
    spec.clientMs ?? -1,
    spec.serverMs ?? -1,
    spec.tunnelMs ?? -1,
    spec.clientFinMs ?? -1,
    spec.serverFinMs ?? -1,
    spec.resetServerAtEnd === true ? 1 : 0,
    ...(frames === undefined
      ? NOT_FRAMED
      : [1, ...frames.toServer.position, ...frames.toClient.position]),
  );
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
