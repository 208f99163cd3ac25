// A native mover that can be stopped.
import type { FrozenRelay } from "../../src/io/handover/frozen-relay.ts";
import type { MoverAddon } from "../../src/io/mover/native/addon.ts";
import { NativeMover } from "../../src/io/mover/native/native-mover.ts";
import type { RelayNames } from "../../src/io/mover/native/native-relays.ts";
import type { ConnectionId, MoverEvent, RelayEnd } from "../../src/session/mover.ts";

/** Where a mover listens, and to whom it relays; by default this machine, on a port of its own. */
export interface RelayingPlaces {
  readonly listenHost?: string;
  readonly listenPort?: number;
  readonly serverHost?: string;
  /** The address that its connections to the server have. */
  readonly source?: string;
}

/** A native mover that relays every client to one server. */
export class RelayingMover {
  readonly mover: NativeMover;
  /** The clients of relays. */
  relays: ConnectionId[] = [];
  readonly ends: RelayEnd[] = [];
  readonly #serverPort: number;
  readonly #places: RelayingPlaces;
  readonly #clients = new Map<ConnectionId, ConnectionId>();
  #onPort: (port: number) => void = () => undefined;
  #totalBefore = -1;

  constructor(addon: MoverAddon, serverPort: number, places: RelayingPlaces = {}) {
    this.#serverPort = serverPort;
    this.#places = places;
    const nowMs = (): number => performance.now();
    this.mover = new NativeMover({ addon, nowMs, onEvent: (event) => this.#onEvent(event) });
  }

  listen(): Promise<number> {
    const { listenHost: host = LOOPBACK, listenPort: port = 0 } = this.#places;
    const address = { kind: "ip", family: familyOf(host), host, port } as const;
    const options = { backlog: 64, v6only: false, transparent: false, access: {} };
    this.mover.listen({ address, ...options, socket: { keepalive: false } });
    return new Promise((resolve) => (this.#onPort = resolve));
  }

  /** Whether nothing has moved since the last call. */
  hasStalled(): boolean {
    const all = this.relays.map((client) => this.mover.counters(client));
    const total = all.reduce((sum, each) => sum + (each?.bytesToClient ?? 0), 0);
    const hasStalled = total > 0 && total === this.#totalBefore;
    this.#totalBefore = total;
    return hasStalled;
  }

  async freezeAll(): Promise<FrozenRelay[]> {
    const frozen = this.relays.map(
      (client) =>
        new Promise<FrozenRelay | undefined>((resolve) => {
          this.mover.relays.freeze(client, resolve);
        }),
    );
    this.relays = [];
    return (await Promise.all(frozen)).filter((each) => each !== undefined);
  }

  /** Goes on with a relay, which may be another mover's. */
  resume(frozen: FrozenRelay, names: RelayNames): void {
    this.mover.relays.resume(frozen, names, {});
    this.relays.push(names.client);
  }

  close(): void {
    this.mover.shutdown();
  }

  #onEvent(event: MoverEvent): void {
    if (event.kind === "listening" && event.endpoint.kind === "ip")
      this.#onPort(event.endpoint.port);
    else if (event.kind === "accepted") {
      const { serverHost: host = LOOPBACK, source } = this.#places;
      const port = this.#serverPort;
      const server = this.mover.connect({
        endpoint: { kind: "ip", family: familyOf(host), host, port },
        local: source === undefined ? undefined : { host: source },
        socket: { keepalive: false },
      });
      this.#clients.set(server, event.connection);
    } else if (event.kind === "connected") {
      const client = this.#clients.get(event.connection)!;
      this.mover.relay(client, event.connection, {});
      this.relays.push(client);
    } else if (event.kind === "relay-ended") this.ends.push(event.end);
  }
}

const LOOPBACK = "127.0.0.1";

function familyOf(host: string): 4 | 6 {
  return host.includes(":") ? 6 : 4;
}
