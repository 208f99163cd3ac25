import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { LOG_DATAGRAMS_PENDING_MAX, LOG_NAME_LIFE_MS } from "../../limits.ts";
import type { LogSink, SinkWarning } from "./sink.ts";

interface Address {
  readonly host: string;
  readonly family: number;
}

/** The process's UDP sockets, one per address family, shared by all sinks. */
export class UdpSockets {
  readonly #sockets = new Map<number, Socket>();

  /** The socket for a family; it does not keep the process alive. */
  get(family: number): Socket {
    let socket = this.#sockets.get(family);
    if (socket === undefined) {
      socket = createSocket(family === 6 ? "udp6" : "udp4");
      // Errors arrive in the callbacks of `send`; one without a listener would end the process.
      socket.on("error", () => undefined);
      socket.unref();
      this.#sockets.set(family, socket);
    }
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

/** Sends each line as one datagram. A name is looked up when needed and again once it has aged. */
export class UdpSink implements LogSink {
  readonly #sockets: UdpSockets;
  readonly #host: string;
  readonly #port: number;
  readonly #warn: SinkWarning;
  #address: Address | undefined;
  #lookedUpMs = -Infinity;
  #lookup: Promise<void> | undefined;
  #held: Buffer[] = [];
  #pendingCount = 0;
  #droppedCount = 0;
  #warned = false;
  #idle: (() => void)[] = [];

  constructor(sockets: UdpSockets, host: string, port: number, warn: SinkWarning) {
    this.#sockets = sockets;
    this.#host = host;
    this.#port = port;
    this.#warn = warn;
    const family = isIP(host);
    if (family !== 0) this.#address = { host, family };
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  write(bytes: Buffer): void {
    if (isIP(this.#host) === 0) this.#maybeLookUp();
    if (this.#pendingCount >= LOG_DATAGRAMS_PENDING_MAX) {
      this.#drop(`more than ${LOG_DATAGRAMS_PENDING_MAX} lines are waiting`);
      return;
    }
    this.#pendingCount++;
    if (this.#address === undefined) this.#held.push(bytes);
    else this.#send(bytes, this.#address);
  }

  flush(): Promise<void> {
    if (this.#pendingCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    // The sockets are shared; their owner closes them.
  }

  #send(bytes: Buffer, address: Address): void {
    const socket = this.#sockets.get(address.family);
    socket.send(bytes, this.#port, address.host, (error) => {
      if (error !== null) this.#drop(error.message);
      this.#settle();
    });
  }

  #settle(): void {
    this.#pendingCount--;
    if (this.#pendingCount > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #drop(cause: string): void {
    this.#droppedCount++;
    if (this.#warned) return;
    this.#warned = true;
    this.#warn(`log lines to ${this.#host}:${this.#port} are lost: ${cause}`);
  }

  #maybeLookUp(): void {
    const nowMs = performance.now();
    if (this.#lookup !== undefined || nowMs - this.#lookedUpMs < LOG_NAME_LIFE_MS) return;
    this.#lookedUpMs = nowMs;
    this.#lookup = lookup(this.#host)
      .then(({ address, family }) => {
        this.#address = { host: address, family };
      })
      .catch((error: unknown) => this.#onLookupFailed(error))
      .finally(() => {
        this.#lookup = undefined;
        this.#release();
      });
  }

  /** An address found earlier stays in use; without one the next line asks again. */
  #onLookupFailed(error: unknown): void {
    if (this.#address !== undefined) return;
    this.#lookedUpMs = -Infinity;
    const cause = error instanceof Error ? error.message : String(error);
    for (const _line of this.#held.splice(0)) {
      this.#drop(cause);
      this.#settle();
    }
  }

  #release(): void {
    const address = this.#address;
    if (address === undefined) return;
    for (const bytes of this.#held.splice(0)) this.#send(bytes, address);
  }
}
