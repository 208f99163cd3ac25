// One connection with a peer as bytes: TCP or a unix socket, with TLS where the lines ask for it. A
// handshake of TLS has a deadline of its own; once it is done the session watches over the time.
import net, { type Socket } from "node:net";
import type { ServerAddress } from "../../config/model/server.ts";
import { PEER_SILENCE_MS_MAX } from "../../limits.ts";
import type { TlsContext } from "../../session/mover.ts";
import { unixPath } from "../mover/endpoints.ts";
import { secureAccepted, secureOutgoing } from "../mover/secure.ts";
import { clientSide, serverSide, type ServerSideTls } from "../tls/context.ts";
import { findRefusal, serverTlsFacts } from "../tls/facts.ts";
import { readPaced } from "./paced-reading.ts";

/** What a connection tells. Nothing comes after `closed`. */
export interface PeerConnectionHost {
  /** Bytes can be exchanged. */
  opened(): void;
  bytes(bytes: Uint8Array): void;
  /** All that was written has left this process. */
  drained(): void;
  closed(reason: string): void;
}

const ENDED = "the peer closed the connection";

/** A connection, from the first packet to the last. */
export class PeerConnection {
  readonly #host: PeerConnectionHost;
  readonly #raw: Socket;
  #stream: Socket;
  #isClosed = false;
  #reason = ENDED;
  #handshake: NodeJS.Timeout | undefined;

  private constructor(host: PeerConnectionHost, raw: Socket) {
    this.#host = host;
    this.#raw = raw;
    this.#stream = raw;
    raw.setNoDelay(true);
    raw.on("error", (error) => this.#fail(error.message));
    raw.once("close", () => this.#onClosed());
  }

  /** Takes a connection that is paused. */
  static accepted(
    host: PeerConnectionHost,
    raw: Socket,
    tls: TlsContext | undefined,
  ): PeerConnection {
    const connection = new PeerConnection(host, raw);
    if (tls === undefined) connection.#open(raw);
    else connection.#secure(serverSide(tls));
    return connection;
  }

  /** Calls a peer; `tls` verifies it as its line says. */
  static calling(
    host: PeerConnectionHost,
    address: ServerAddress,
    tls: TlsContext | undefined,
  ): PeerConnection {
    const raw =
      address.kind === "unix"
        ? net.connect({ path: unixPath(address.path, address.abstract) })
        : net.connect({ host: address.host, port: address.port });
    const connection = new PeerConnection(host, raw);
    raw.once("connect", () => {
      if (tls === undefined) connection.#open(raw);
      else connection.#secureCall(tls);
    });
    return connection;
  }

  /** Sends, or drops what can no longer be sent. */
  write(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (this.#isClosed || !stream.writable) return;
    stream.write(bytes, () => {
      // Not at once: what the system takes at once would be followed by more, and clients would wait
      // until its buffer of some megabytes is full.
      if (stream.writableLength === 0) setImmediate(() => this.#onDrained());
    });
  }

  /** Ends after what was written; tells nothing more. */
  end(): void {
    this.#isClosed = true;
    clearTimeout(this.#handshake);
    // One that does not take the rest must not stay.
    const timer = setTimeout(() => this.#raw.destroy(), PEER_SILENCE_MS_MAX);
    this.#raw.once("close", () => clearTimeout(timer));
    this.#stream.destroySoon();
  }

  /** Ends at once; tells nothing more. */
  destroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#handshake);
    this.#raw.destroy();
  }

  #secure(context: ServerSideTls): void {
    this.#armHandshake();
    secureAccepted(this.#raw, context, {
      wrapped: (socket) => {
        this.#stream = socket;
        socket.on("error", (error: Error) => this.#fail(error.message));
      },
      secured: (socket, verifyCode) => {
        const facts = serverTlsFacts(socket, context, verifyCode);
        const refusal = findRefusal(context, facts, verifyCode);
        if (refusal === undefined) this.#open(socket);
        else this.#fail(`TLS: ${refusal.message}`);
      },
      failed: (error) => this.#fail(`TLS: ${error.message}`),
    });
  }

  #secureCall(tls: TlsContext): void {
    this.#armHandshake();
    const context = clientSide(tls);
    const socket = secureOutgoing(this.#raw, context, context.verifyHost);
    this.#stream = socket;
    socket.on("error", (error: Error) => this.#fail(`TLS: ${error.message}`));
    socket.once("secureConnect", () => this.#open(socket));
  }

  #armHandshake(): void {
    this.#reason = "TLS: the peer closed the connection during the handshake";
    this.#handshake = setTimeout(() => {
      this.#fail(`TLS: no handshake within ${PEER_SILENCE_MS_MAX / 1000} s`);
    }, PEER_SILENCE_MS_MAX);
  }

  #open(stream: Socket): void {
    clearTimeout(this.#handshake);
    this.#reason = ENDED;
    if (this.#isClosed) return;
    readPaced(stream, (bytes) => {
      if (!this.#isClosed) this.#host.bytes(bytes);
    });
    // Peers never half-close: an end is the end.
    stream.once("end", () => this.#raw.destroy());
    this.#host.opened();
    stream.resume();
  }

  #fail(reason: string): void {
    this.#reason = reason;
    this.#raw.destroy();
  }

  #onDrained(): void {
    if (!this.#isClosed && this.#stream.writableLength === 0) this.#host.drained();
  }

  #onClosed(): void {
    clearTimeout(this.#handshake);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.closed(this.#reason);
  }
}
