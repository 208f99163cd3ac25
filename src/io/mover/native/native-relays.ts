// The relays of the native part's thread. Both descriptors are the thread's from `start` on; it has
// closed them when the end is told.
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
      specNumbers(spec),
      client.bytesIn,
      server.bytesIn,
      toClient,
      toServer,
    );
    const relay: NativeRelay = { slot, client, server };
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
  retime(relay: NativeRelay, spec: RelaySpec): void {
    this.#host.addon.retimeRelay(this.#host.handle, relay.slot, specNumbers(spec));
  }

  /** A relay cannot be dropped silently, as its server would wait for ever: it is reset. */
  close(relay: NativeRelay, manner: CloseManner): void {
    this.#host.addon.closeRelay(this.#host.handle, relay.slot, manner !== "finish");
  }

  /** What a relay has moved so far. */
  counters(relay: NativeRelay): RelayCounters {
    const { addon, handle, scratch } = this.#host;
    addon.countRelay(handle, relay.slot);
    return readCounters(scratch, 0);
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
      counters: readCounters(totals, (at / RECORD_WORDS) * TOTALS_PER_RECORD),
      code: errno === 0 ? undefined : systemError(errno, "relay").code,
    });
  }

  /** Forgets all relays, which nobody is told of. */
  clear(): void {
    this.#bySlot.clear();
  }
}

/** The numbers of a call: five timeouts, negative when infinite, and whether an end resets. */
function specNumbers(spec: RelaySpec): Float64Array {
  return Float64Array.of(
    spec.clientMs ?? -1,
    spec.serverMs ?? -1,
    spec.tunnelMs ?? -1,
    spec.clientFinMs ?? -1,
    spec.serverFinMs ?? -1,
    spec.resetServerAtEnd === true ? 1 : 0,
  );
}

/** Bytes from the client, bytes from the server. */
function readCounters(numbers: Float64Array, at: number): RelayCounters {
  return { bytesToServer: numbers[at]!, bytesToClient: numbers[at + 1]! };
}
