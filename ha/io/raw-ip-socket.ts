// Raw IP sockets through npm's raw-socket, with its traps taken care of: received bytes are copied
// before the next packet overwrites them, open sockets are kept from the garbage collector (which
// would end reception silently), and nothing is sent through a closed one (which would open another).
import { readdirSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import type * as RawSocketModule from "raw-socket";

/** An option of setsockopt(2): level, name, value. */
export type SocketOption = readonly [level: number, name: number, value: number | Buffer];

/** What to open. */
export interface RawIpSocketSettings {
  readonly family: 4 | 6;
  /** IP protocol; 255: the sender brings the IP header, nothing is received (raw(7)). */
  readonly protocol: number;
  /** Only packets of this interface, both ways (SO_BINDTODEVICE); `undefined`: as routes say. */
  readonly interface: string | undefined;
  readonly options: readonly SocketOption[];
  /** `undefined`: nothing is read. Bytes are the callee's; IPv4 packets come with their header. */
  readonly onPacket: ((bytes: Uint8Array, source: string) => void) | undefined;
  /** Reception has failed; the socket is closed. */
  readonly onError: (text: string) => void;
}

/** Linux: socket(7), raw(7). */
const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SO_BINDTODEVICE = 25;
/** TC_PRIO_INTERACTIVE: the first band of the default queue. */
const PRIORITY_INTERACTIVE = 6;

/** All open sockets. */
const openSockets = new Set<RawIpSocket>();

/** One raw socket. */
export class RawIpSocket {
  /** For setsockopt(2) by others; `undefined` when it could not be found. */
  readonly fd: number | undefined;
  readonly #socket: RawSocketModule.Socket;
  readonly #settings: RawIpSocketSettings;
  #isClosed = false;

  /** Opens it; throws an Error whose message says what to do. */
  constructor(settings: RawIpSocketSettings) {
    this.#settings = settings;
    const before = socketDescriptors();
    this.#socket = create(settings);
    this.fd = [...socketDescriptors()].find((fd) => !before.has(fd));
    openSockets.add(this);
    this.#socket.on("error", (error) => this.#fail(error.message));
    // Nothing is ever read from a socket that only sends: no poll, no wake-up.
    if (settings.onPacket === undefined) this.#socket.pauseRecv();
    else this.#socket.on("message", (buffer, source) => this.#deliver(buffer, source));
    try {
      this.#configure();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends at once; gives what went wrong. `destination` is numeric, without a zone. */
  send(bytes: Uint8Array, destination: string): string | undefined {
    if (this.#isClosed) return "the socket is closed";
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      this.#socket.wrap.send(buffer, 0, buffer.length, destination, () => undefined);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Sets an option; throws an Error with the kernel's text. */
  setOption([level, name, value]: SocketOption): void {
    if (typeof value === "number") this.#socket.setOption(level, name, value);
    else this.#socket.setOption(level, name, value, value.length);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    openSockets.delete(this);
    this.#socket.close();
  }

  #configure(): void {
    const { interface: name, options } = this.#settings;
    try {
      if (name !== undefined) {
        this.setOption([SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`)]);
      }
    } catch (error) {
      throw new Error(`cannot use interface ${name ?? ""}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.setOption([SOL_SOCKET, SO_PRIORITY, PRIORITY_INTERACTIVE]);
    for (const option of options) this.setOption(option);
  }

  #deliver(buffer: Buffer, source: string): void {
    if (this.#isClosed) return;
    try {
      this.#settings.onPacket?.(Uint8Array.from(buffer), source);
    } catch (error) {
      // raw-socket would take it for an error of the socket: a fault of ours must end the process.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  #fail(text: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#settings.onError(text);
  }
}

function create({ family, protocol }: RawIpSocketSettings): RawSocketModule.Socket {
  const raw = loadModule();
  const addressFamily = family === 4 ? raw.AddressFamily.IPv4 : raw.AddressFamily.IPv6;
  try {
    return raw.createSocket({ protocol, addressFamily });
  } catch (error) {
    const text = (error as Error).message;
    if (!/not permitted|denied/.test(text)) throw error;
    throw new Error(
      "raw sockets are not permitted: run as root, or with the capabilities CAP_NET_RAW and CAP_NET_ADMIN (systemd: AmbientCapabilities=)",
      { cause: error },
    );
  }
}

function loadModule(): typeof RawSocketModule {
  try {
    return createRequire(import.meta.url)("raw-socket") as typeof RawSocketModule;
  } catch (error) {
    throw new Error(
      'VRRP needs the package raw-socket, which is not installed or not built: install python3, make and g++, then run "npm ci" in the folder of Tandem',
      { cause: error },
    );
  }
}

/** The numbers of all open sockets of this process. */
function socketDescriptors(): ReadonlySet<number> {
  const descriptors = new Set<number>();
  try {
    for (const name of readdirSync("/proc/self/fd")) {
      if (isSocket(name)) descriptors.add(Number(name));
    }
  } catch {
    // Without /proc nothing is found: whoever needs a descriptor has a fallback.
  }
  return descriptors;
}

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
  } catch {
    // The one that read the folder is gone by now.
    return false;
  }
}
