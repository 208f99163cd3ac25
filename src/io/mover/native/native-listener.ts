// One listening descriptor. While accepting is paused newcomers wait in the kernel's queue; only
// what the kernel had handed over in the same batch is parked here.
import type { Endpoint } from "../../../base/address.ts";
import { ACCEPT_RETRY_MS } from "../../../limits.ts";
import type { ListenerId, ListenSpec } from "../../../session/mover.ts";
import { explainListenError } from "../listen-error.ts";
import { publishUnixSocket, temporaryPath } from "../unix-access.ts";
import type { MoverAddon, MoverHandle } from "./addon.ts";
import { addressOf, toNativeAddress } from "./addresses.ts";
import type { SystemError } from "./system-error.ts";
import { systemError } from "./system-error.ts";

/** A descriptor that was accepted and not announced. */
export interface Arrival {
  readonly fd: number;
  readonly source: Endpoint;
}

/** What a listener needs from its mover. */
export interface NativeListenerHost {
  readonly addon: MoverAddon;
  readonly handle: MoverHandle;
  /** A connection is there; its descriptor is the taker's. */
  arrived(listener: NativeListener, arrival: Arrival): void;
}

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** A listening socket. */
export class NativeListener {
  readonly id: ListenerId;
  readonly spec: ListenSpec;
  /** Known once it listens. */
  endpoint: Endpoint | undefined;
  /** Belongs to this object until `close`; -1 before and afterwards. */
  fd = -1;
  generation = 0;
  readonly #host: NativeListenerHost;
  readonly #parked: Arrival[] = [];
  #isPaused = false;
  #rest: NodeJS.Timeout | undefined;

  constructor(host: NativeListenerHost, id: ListenerId, spec: ListenSpec) {
    this.#host = host;
    this.id = id;
    this.spec = spec;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Opens the socket, which begins to accept; what went wrong, if anything did. */
  open(): SystemError | undefined {
    const { addon, handle } = this.#host;
    const failure = this.#bind();
    if (failure !== undefined) return failure;
    const generation = addon.watchListener(handle, this.fd);
    if (generation < 0) return this.#explain(-generation);
    this.generation = generation;
    this.endpoint = this.#ownEndpoint();
    return undefined;
  }

  #bind(): SystemError | undefined {
    const { address, backlog } = this.spec;
    const { addon } = this.#host;
    if (address.kind === "fd") {
      const outcome = addon.adoptListener(address.fd, backlog);
      if (outcome < 0) return this.#explain(-outcome);
      this.fd = address.fd;
      return undefined;
    }
    const temporary =
      address.kind === "unix" && !address.abstract ? temporaryPath(address.path) : undefined;
    const bound = temporary === undefined ? address : { ...address, path: temporary };
    const { isUnix, bytes, port } = toNativeAddress(bound);
    const { v6only, transparent, interface: interfaceName } = this.spec;
    const fd = addon.openListener(isUnix, bytes, port, backlog, v6only, transparent, interfaceName);
    if (fd < 0) return this.#explain(-fd);
    this.fd = fd;
    if (temporary === undefined || address.kind !== "unix") return undefined;
    const failure = publishUnixSocket(temporary, address.path, this.spec.access);
    if (failure !== undefined) this.close();
    return failure;
  }

  #explain(errno: number): SystemError {
    if (this.fd >= 0 && this.spec.address.kind !== "fd") this.close();
    this.fd = -1;
    const { code, message } = systemError(errno, "listen");
    const error: NodeJS.ErrnoException = Object.assign(new Error(message), { code });
    return { code, message: explainListenError(error, this.spec) };
  }

  #ownEndpoint(): Endpoint {
    const { address } = this.spec;
    return address.kind === "unix" ? address : addressOf(this.#host.addon, this.fd, false);
  }

  /** The address that a client connected to; costs a system call only where it is not known. */
  destinationOf(fd: number): Endpoint {
    const { endpoint } = this;
    const isWildcard = endpoint?.kind === "ip" && WILDCARDS.has(endpoint.host);
    return endpoint === undefined || isWildcard || this.spec.transparent
      ? addressOf(this.#host.addon, fd, false)
      : endpoint;
  }

  /** Takes a connection that the kernel handed over. */
  onAccepted(arrival: Arrival): void {
    if (this.#isPaused) this.#parked.push(arrival);
    else this.#host.arrived(this, arrival);
  }

  /** Takes no more connections from the kernel's queue. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.setAccepting(false);
  }

  /** Announces the parked connections, oldest first, and goes on; a pause meanwhile is heeded. */
  resume(): void {
    if (!this.#isPaused || this.fd < 0) return;
    this.#isPaused = false;
    for (let next = this.#unpark(); next !== undefined; next = this.#unpark()) {
      this.#host.arrived(this, next);
    }
    // Whoever got one of them may have paused accepting again.
    if (!this.isPaused) this.setAccepting(true);
  }

  #unpark(): Arrival | undefined {
    return this.#isPaused ? undefined : this.#parked.shift();
  }

  /** Lets the kernel hand over connections, or not; a pause lasts all the same. */
  setAccepting(isAccepting: boolean): void {
    if (this.fd < 0 || (isAccepting && this.#isPaused)) return;
    const { addon, handle } = this.#host;
    addon.setAccepting(handle, this.fd, this.generation, isAccepting);
  }

  /** The system refuses descriptors or memory: tries again after a while. */
  rest(): void {
    this.setAccepting(false);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.setAccepting(true), ACCEPT_RETRY_MS);
  }

  /** Stops listening and resets what is parked. */
  close(): void {
    clearTimeout(this.#rest);
    if (this.fd < 0) return;
    const { addon } = this.#host;
    addon.closeDescriptor(this.fd, false);
    this.fd = -1;
    for (const { fd } of this.#parked.splice(0)) addon.closeDescriptor(fd, true);
  }
}
