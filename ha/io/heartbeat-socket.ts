// The UDP socket of one second heartbeat path. It is opened again and again until that succeeds: its
// address may come later than the agent.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { formatEndpoint, type IpEndpoint } from "../../src/base/address.ts";
import { parseIp, printIp } from "../../src/base/ip.ts";
import { HEARTBEAT_REOPEN_MS } from "../limits.ts";
import { loadNative, type Native } from "./native.ts";

/** What a heartbeat socket needs. */
export interface HeartbeatSocketSettings {
  readonly local: IpEndpoint;
  readonly peer: IpEndpoint;
  /** Only datagrams of this interface; link-local addresses need one. */
  readonly interface: string | undefined;
  /** A datagram from the peer's address and port. */
  readonly onDatagram: (bytes: Uint8Array) => void;
  /** Told once for each different problem in a row. */
  readonly onProblem: (text: string) => void;
  /** `undefined`: do without. Default: the one that is built. */
  readonly native?: Native | undefined;
}

/** See the head of this file. */
export class HeartbeatSocket {
  readonly #settings: HeartbeatSocketSettings;
  readonly #native: Native | undefined;
  /** With the interface as zone for link-local addresses. */
  readonly #peerHost: string;
  #socket: Socket | undefined;
  #isOpen = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #lastProblem = "";

  /** Opens it. */
  constructor(settings: HeartbeatSocketSettings) {
    this.#settings = settings;
    this.#native = "native" in settings ? settings.native : loadNative();
    this.#peerHost = withZone(settings.peer.host, settings.interface);
    this.#open();
  }

  /** Whether datagrams can go out and come in. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends one datagram; it is lost while the socket is not open or the network unreachable. */
  send(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#socket?.send(bytes, this.#settings.peer.port, this.#peerHost, (error) => {
      if (error === null) this.#lastProblem = "";
      else this.#complain(`to ${formatEndpoint(this.#settings.peer)}: ${error.message}`);
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #open(): void {
    const { local, interface: name } = this.#settings;
    try {
      const socket = createSocket({
        type: local.family === 4 ? "udp4" : "udp6",
        ipv6Only: local.family === 6,
        // Addresses are numeric: no resolver, no wait.
        lookup: (host, _options, done) => done(null, host, local.family),
      });
      this.#socket = socket;
      socket.on("error", (error) => this.#fail(error.message));
      socket.on("message", (bytes, from) => this.#receive(bytes, from));
      socket.once("listening", () => (this.#isOpen = true));
      if (name !== undefined && this.#native !== undefined) {
        const address = parseIp(local.host) ?? new Uint8Array();
        socket.bind({ fd: this.#native.openDatagramSocket(name, address, local.port) });
        return;
      }
      if (name !== undefined) mustHaveAddress(name, local.host);
      socket.bind({ address: withZone(local.host, name), port: local.port });
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    const { peer } = this.#settings;
    const [host = ""] = from.address.split("%");
    if (from.port === peer.port && canonical(host) === canonical(peer.host)) {
      this.#settings.onDatagram(bytes);
    }
  }

  #fail(text: string): void {
    this.#drop();
    if (this.#isClosed) return;
    this.#complain(`on ${formatEndpoint(this.#settings.local)}: ${text}`);
    this.#timer = setTimeout(() => this.#open(), HEARTBEAT_REOPEN_MS);
  }

  #complain(text: string): void {
    if (text === this.#lastProblem) return;
    this.#lastProblem = text;
    this.#settings.onProblem(`heartbeat ${text}`);
  }

  #drop(): void {
    this.#isOpen = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.removeAllListeners();
    // What is still under way may fail once more.
    socket.on("error", () => undefined);
    try {
      socket.close();
    } catch {
      // It was never bound.
    }
  }
}

/** Without the native part, a socket is tied to an interface by its address alone. */
function mustHaveAddress(name: string, host: string): void {
  const addresses = networkInterfaces()[name] ?? [];
  if (addresses.some(({ address }) => canonical(address) === canonical(host))) return;
  throw new Error(`${host} is not an address of ${name}`);
}

function withZone(host: string, name: string | undefined): string {
  return name !== undefined && /^fe[89ab]/i.test(host) ? `${host}%${name}` : host;
}

function canonical(host: string): string {
  const bytes = parseIp(host);
  return bytes === undefined ? host : printIp(bytes);
}
