// TLS around accepted and outgoing sockets. Node verifies a client's certificate only for sockets
// of a `tls.Server`, and that does not say which plain socket a TLS socket came from: connections
// that ask for certificates are found again by their addresses.
import type { Socket } from "node:net";
import tls from "node:tls";
import { tlsConnectionOptions } from "../tls/connection-options.ts";
import { wallClockMs } from "../clock.ts";
import type { ClientSideTls, ServerSideTls } from "../tls/context.ts";
import { resumedProblem } from "../tls/facts.ts";
import { useTicketKeysOfServer } from "../tls/ticket-keys.ts";

/** Hears of a handshake as the server. */
export interface HandshakeListener {
  /** The TLS socket is there; its errors are the caller's to watch. */
  wrapped(socket: tls.TLSSocket): void;
  /** The handshake is complete. `verifyCode` is OpenSSL's name of what is wrong with the certificate. */
  secured(socket: tls.TLSSocket, verifyCode: string | undefined): void;
  failed(error: NodeJS.ErrnoException): void;
}

/** Begins a handshake as the server; `raw` is paused, and what it had in hand is unshifted. */
export function secureAccepted(
  raw: Socket,
  context: ServerSideTls,
  listener: HandshakeListener,
): void {
  // A client that leaves during the handshake is gone; half-open connections begin behind it.
  raw.allowHalfOpen = false;
  if (context.verify !== "none" && raw.remotePort !== undefined) {
    verifierOf(context).secure(raw, listener);
    return;
  }
  const socket = new tls.TLSSocket(raw, {
    ...context.options,
    isServer: true,
    requestCert: false,
    rejectUnauthorized: false,
  });
  listener.wrapped(socket);
  socket.once("secure", () => {
    socket.allowHalfOpen = true;
    listener.secured(socket, undefined);
  });
}

const verifiers = new WeakMap<ServerSideTls, Verifier>();

function verifierOf(context: ServerSideTls): Verifier {
  const known = verifiers.get(context);
  if (known !== undefined) return known;
  const verifier = new Verifier(context);
  verifiers.set(context, verifier);
  return verifier;
}

/** A `tls.Server` that listens nowhere and is given accepted sockets. */
class Verifier {
  readonly #server: tls.Server;
  readonly #waiting = new Map<string, HandshakeListener>();

  constructor(context: ServerSideTls) {
    this.#server = tls.createServer({
      ...context.serverOptions,
      requestCert: true,
      // A refused certificate is our verdict, so that it is told with its reason.
      rejectUnauthorized: false,
      // The session above has a timeout for the handshake.
      handshakeTimeout: 0,
    });
    if (context.ticketKeys !== undefined) useTicketKeysOfServer(this.#server, context.ticketKeys);
    this.#server.on("secureConnection", (socket) => {
      const listener = this.#take(socket);
      socket.allowHalfOpen = true;
      listener?.wrapped(socket);
      // Node leaves `null` where its types promise an error.
      const error = socket.authorizationError as Error | string | null | undefined;
      const code = error instanceof Error ? error.message : (error ?? undefined);
      listener?.secured(socket, code ?? resumedProblem(socket, wallClockMs()));
    });
    this.#server.on("tlsClientError", (error, socket) => this.#take(socket)?.failed(error));
  }

  secure(raw: Socket, listener: HandshakeListener): void {
    const key = keyOf(raw);
    this.#waiting.set(key, listener);
    raw.once("close", () => {
      if (this.#waiting.get(key) === listener) this.#waiting.delete(key);
    });
    this.#server.emit("connection", raw);
  }

  #take(socket: Socket): HandshakeListener | undefined {
    const key = keyOf(socket);
    const listener = this.#waiting.get(key);
    this.#waiting.delete(key);
    return listener;
  }
}

/** Names a TCP connection; no two live ones agree in all four. */
function keyOf(socket: Socket): string {
  const local = `${socket.localAddress ?? ""} ${socket.localPort ?? 0}`;
  return `${socket.remoteAddress ?? ""} ${socket.remotePort ?? 0} ${local}`;
}

/** Begins a handshake as the client; `secureConnect` or `error` of the socket returned follows. */
export function secureOutgoing(
  raw: Socket,
  context: ClientSideTls,
  serverName: string | undefined,
): tls.TLSSocket {
  const cacheKey = serverName ?? "";
  const session = context.sessions?.get(cacheKey);
  const socket = tls.connect({
    ...tlsConnectionOptions(context, serverName),
    socket: raw,
    ...(session && { session }),
  });
  const { sessions } = context;
  if (sessions !== undefined) {
    socket.on("session", (fresh: Buffer) => sessions.set(cacheKey, fresh));
    socket.once("error", () => sessions.delete(cacheKey));
  }
  return socket;
}
