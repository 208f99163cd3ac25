// The seam between deciding and moving bytes. Above it is TypeScript that sees a connection's
// first bytes and never the rest; below it sockets. A mover accepts, delivers first bytes,
// connects, joins two connections and relays between them with back-pressure, counts, times out
// and closes. Connections are numbers, so that a mover may be native code or a simulation.
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { BindAddress, UnixAccess } from "../config/model/bind.ts";
import type { PacketTracker } from "../mqtt/frames.ts";

/** Names one connection; never used again within a process. */
export type ConnectionId = number;

/** Names one listening socket; never used again within a process. */
export type ListenerId = number;

/** A loaded certificate set or client TLS setting, made below the seam and opaque above it. */
export interface TlsContext {
  readonly tlsContext: true;
}

/** Where and how to listen. */
export interface ListenSpec {
  readonly address: BindAddress;
  readonly backlog: number;
  readonly v6only: boolean;
  readonly interface?: string;
  readonly transparent: boolean;
  readonly access: UnixAccess;
  readonly socket: SocketOptions;
}

/** TCP options of a connection. */
export interface SocketOptions {
  readonly keepalive: boolean;
  readonly keepaliveIdleMs?: Millis;
  readonly keepaliveIntervalMs?: Millis;
  readonly keepaliveCount?: number;
  readonly userTimeoutMs?: Millis;
}

/** Where and how to connect to a server. */
export interface ConnectSpec {
  readonly endpoint: Endpoint;
  readonly local?: { readonly host: string; readonly port?: number } | undefined;
  readonly interface?: string | undefined;
  readonly socket: SocketOptions;
  /** Whether `connected` is to tell the address that the server sees. */
  readonly asksLocal?: boolean;
  /** Bytes are there to be sent as soon as it is connected: the last packet of the handshake may wait for them. */
  readonly speaksFirst?: boolean;
  /** Sent before anything else, TLS included: the PROXY header. */
  readonly preamble?: Uint8Array | undefined;
  readonly tls?: { readonly context: TlsContext; readonly serverName?: string } | undefined;
}

/** How two joined connections are relayed. An absent timeout is infinite. */
export interface RelaySpec {
  readonly clientMs?: Millis | undefined;
  readonly serverMs?: Millis | undefined;
  /** `clientMs` is how long the client may say nothing, whatever is sent to it. */
  readonly isClientHeard?: boolean | undefined;
  /** Replaces both of the above, as long as none of those below holds. */
  readonly tunnelMs?: Millis | undefined;
  /** How long the client may be silent once it has been told that the server has finished. */
  readonly clientFinMs?: Millis | undefined;
  readonly serverFinMs?: Millis | undefined;
  /** `option nolinger` of the backend: the client's end resets the server instead of half-closing. */
  readonly resetServerAtEnd?: boolean | undefined;
  /**
   * Follows the packets of MQTT: the client's direction as far as bytes were sent on ahead of the relay.
   * The mover's from `relay()` on, which alone looks at it.
   */
  readonly framing?: PacketTracker | undefined;
}

/** What is known of a finished TLS handshake. */
export interface TlsFacts {
  /** OpenSSL's name, `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  readonly serverName?: string;
  readonly alpn?: string;
  readonly resumed: boolean;
  /** 0 when verified or none was asked for; an OpenSSL verify code otherwise. */
  readonly verifyResult: number;
  readonly peer?: PeerCertificate;
  /** Of the certificate that we showed, as PROXY TLVs tell it. */
  readonly own?: CertificateAlgorithms;
}

/** The algorithms of a certificate, by HAProxy's names. */
export interface CertificateAlgorithms {
  /** `RSA2048`, `EC256`, `DSA1024`. */
  readonly keyAlgorithm?: string;
  /** `RSA-SHA256`, `ecdsa-with-SHA256`. */
  readonly signatureAlgorithm?: string;
}

/** The facts of a peer's certificate that rules and PROXY TLVs use. */
export interface PeerCertificate {
  readonly commonName?: string;
  /** `/C=../O=../CN=..` as `ssl_c_s_dn` prints it. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** YYMMDDhhmmssZ. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly sha1: Uint8Array;
  readonly der: Uint8Array;
  readonly keyAlgorithm?: string;
  readonly signatureAlgorithm?: string;
}

/** How a connection is closed: after what is queued has been sent, at once with a reset, or without a word. */
export type CloseManner = "finish" | "reset" | "silent";

/**
 * Why a relay ended: who closed, failed or fell silent first; `closed` when we closed it. A failure
 * or silence after the orderly end of one side goes before that, as in HAProxy's logs.
 */
export type RelayEnd =
  | "client-closed"
  | "server-closed"
  | "client-error"
  | "server-error"
  | "client-timeout"
  | "server-timeout"
  | "closed";

/** Packets of MQTT by type, 0 to 15. */
export interface PacketCounts {
  readonly toServer: Float64Array;
  readonly toClient: Float64Array;
}

/** What a relay has moved. */
export interface RelayCounters {
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** With `framing` only. */
  readonly packets?: PacketCounts;
}

/** What a mover tells. */
export type MoverEvent =
  | { readonly kind: "listening"; readonly listener: ListenerId; readonly endpoint: Endpoint }
  | {
      readonly kind: "listen-failed";
      readonly listener: ListenerId;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly kind: "accepted";
      readonly listener: ListenerId;
      readonly connection: ConnectionId;
      readonly source: Endpoint;
      readonly destination: Endpoint;
    }
  /** The system refuses descriptors or memory; accepting goes on by itself once it recovers. */
  | { readonly kind: "accept-failed"; readonly listener: ListenerId; readonly code: string }
  /**
   * All bytes that have arrived and have not been consumed; `ended` once no more will come. The end is
   * told whether the connection is inspected or not; what the bytes' memory holds never changes.
   */
  | {
      readonly kind: "bytes";
      readonly connection: ConnectionId;
      readonly bytes: Uint8Array;
      readonly ended: boolean;
    }
  | { readonly kind: "secured"; readonly connection: ConnectionId; readonly tls: TlsFacts }
  | {
      readonly kind: "connected";
      readonly connection: ConnectionId;
      /** Known where it was asked for. */
      readonly local: Endpoint | undefined;
      readonly tls?: TlsFacts;
    }
  /** A connection that is not in a relay is gone: refused, reset, failed in TLS, or closed by its peer. */
  | {
      readonly kind: "closed";
      readonly connection: ConnectionId;
      readonly phase: "connect" | "tls" | "open";
      /** `ECONNREFUSED`, `ECONNRESET`, `ERR_SSL_...`; absent for an orderly close. */
      readonly code?: string;
      readonly message?: string;
    }
  | {
      readonly kind: "relay-ended";
      readonly client: ConnectionId;
      readonly server: ConnectionId;
      readonly end: RelayEnd;
      readonly counters: RelayCounters;
      readonly code?: string | undefined;
    };

/**
 * Moves bytes. Methods never throw for what a peer or the system does: the outcome comes as an event,
 * later than the call. Calls that name a connection which is gone do nothing.
 */
export interface Mover {
  /** Starts to listen; `listening` or `listen-failed` follows. */
  listen(spec: ListenSpec): ListenerId;
  /** Stops taking connections from the queue; the queue itself stays open. */
  pauseAccept(listener: ListenerId): void;
  resumeAccept(listener: ListenerId): void;
  closeListener(listener: ListenerId): void;
  /** Sets the TCP options of an accepted connection. */
  configure(connection: ConnectionId, socket: SocketOptions): void;
  /**
   * Delivers first bytes as they come, until `relay`, `stopInspecting`, or `bytesMax` are held. Bytes
   * that are in hand already, or an end that has come, are told at once: so a second call after
   * `consume` delivers the rest.
   */
  inspect(connection: ConnectionId, bytesMax: number): void;
  /**
   * Stops delivering; bytes in hand are kept. The mover goes on reading up to a bound, so that a peer
   * that leaves is still noticed. So it does from the first for a connection that nobody inspects.
   */
  stopInspecting(connection: ConnectionId): void;
  /** Drops the first `count` bytes in hand. */
  consume(connection: ConnectionId, count: number): void;
  /** Begins a TLS handshake as the server, with the bytes in hand first; `secured` or `closed` follows. */
  secure(connection: ConnectionId, context: TlsContext): void;
  /**
   * Starts to connect; `connected` or `closed` follows. While it is for a `client` that is to join it in a
   * relay, what becomes of that may be told a little later.
   */
  connect(spec: ConnectSpec, client?: ConnectionId): ConnectionId;
  /** Sends bytes of our own to a connection that is not in a relay. */
  send(connection: ConnectionId, bytes: Uint8Array): void;
  /** Joins two connections, bytes in hand first; `relay-ended` follows once both are closed. */
  relay(client: ConnectionId, server: ConnectionId, spec: RelaySpec): void;
  /** Changes the timeouts of a running relay. */
  retime(client: ConnectionId, spec: RelaySpec): void;
  /**
   * Ends a relay when the server's packet is over: the client gets `farewell` behind it and an orderly
   * end, and may take LEAVE_LINGER_MS to go; what it still says reaches its server. Without framing, or
   * once that has given up, this is at once and without the farewell. `relay-ended` follows.
   */
  leave(client: ConnectionId, farewell: Uint8Array | undefined): void;
  /**
   * Closes a connection, or both sides of the relay that it is part of. A connection that is not in a
   * relay is gone with the call, and no `closed` follows.
   */
  close(connection: ConnectionId, manner: CloseManner): void;
  /** What the relay of this client has moved so far; `undefined` if it is in none. */
  counters(client: ConnectionId): RelayCounters | undefined;
}

/** Takes a mover's events, in order. */
export type MoverEventHandler = (event: MoverEvent, nowMs: Millis) => void;
