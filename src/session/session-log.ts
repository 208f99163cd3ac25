// The times and numbers of one session: the record behind its log line, and its share of the
// counters (haproxy configuration §8.2.2, §8.4).
import type { Endpoint } from "../base/address.ts";
import type { Millis } from "../base/units.ts";
import type { QueuePositions } from "../balance/assignment.ts";
import type { ServerState } from "../balance/server.ts";
import type { ConnectionRecord } from "../log/record.ts";
import type { TrackedBytes } from "../stick/tracked.ts";
import type { PacketCounts, RelayCounters } from "./mover.ts";
import { PacketAccount } from "./packet-account.ts";
import type { SessionContext } from "./session-context.ts";

/** Of a step that has not been reached, as in records. */
const NEVER = -1;

/**
 * Collects what a session's log line will say. Its steps are whole ms since the accept, as HAProxy counts
 * them, or `NEVER`: V8 keeps a whole number in the object, and allocates memory for any other.
 */
export class SessionLog {
  readonly #context: SessionContext;
  readonly #acceptMs: Millis;
  #frontendAddress: Endpoint;
  #handshakeMs: Millis = 0;
  #assignedMs: Millis = NEVER;
  #connectedMs: Millis = NEVER;
  #server: ServerState | undefined;
  #servedAtRelease: number | undefined;
  #serverAddress: Endpoint | undefined;
  #localAddress: Endpoint | undefined;
  #retries = 0;
  #isRedispatched = false;
  #serverQueue = 0;
  #backendQueue = 0;
  /** How many are to leave the queue that it waits in until its turn. */
  #queued: { readonly isServerQueue: boolean; readonly count: number } | undefined;
  #bytesSent = 0;
  #isLogged = false;
  #countedIn = 0;
  #countedOut = 0;
  /** When bytes were last seen to have moved. */
  #activeMs: Millis = 0;
  #pacedMs: Millis = 0;
  #pacedBytes = 0;
  bytesToServer = 0;
  bytesToClient = 0;
  /** In both directions, whole, between the last two looks at a running relay. */
  bytesPerSecond = 0;
  #packets: PacketAccount | undefined;

  /** Of a session that begins at `context.nowMs`. */
  constructor(context: SessionContext) {
    this.#context = context;
    this.#frontendAddress = context.destination;
    this.#acceptMs = context.nowMs;
  }

  /** The server of the last attempt. */
  get server(): ServerState | undefined {
    return this.#server;
  }

  /** Connection attempts beyond the first. */
  get retryCount(): number {
    return this.#retries;
  }

  /** Where the server of the last attempt was to be found. */
  get serverAddress(): Endpoint | undefined {
    return this.#serverAddress;
  }

  /** Bytes moved so far, as trackers count them. */
  get totals(): TrackedBytes {
    return { inBytes: this.bytesToServer, outBytes: this.bytesToClient };
  }

  /** Of MQTT, where they are counted. */
  get packets(): PacketCounts | undefined {
    return this.#packets?.now;
  }

  /** In both directions, between the same looks; 0 where packets are not counted. */
  get packetsPerSecond(): number {
    return this.#packets?.perSecond ?? 0;
  }

  /** Since the connection came. */
  ageMs(nowMs: Millis): Millis {
    return nowMs - this.#acceptMs;
  }

  /** Since bytes last moved; as exact as bytes are counted. */
  idleMs(nowMs: Millis): Millis {
    return this.ageMs(nowMs) - this.#activeMs;
  }

  #stepMs(nowMs: Millis): Millis {
    return Math.round(this.ageMs(nowMs));
  }

  /** The session begins; a PROXY header may have named another destination. */
  noteOpened(destination: Endpoint, nowMs: Millis): void {
    this.#handshakeMs = this.#stepMs(nowMs);
    this.#frontendAddress = destination;
  }

  /** It waits for this server, or for any; `position` others do so before it. */
  noteQueued(server: ServerState | undefined, position: number): void {
    this.#queued = { isServerQueue: server !== undefined, count: position + 1 };
    this.#server = server;
  }

  /** It has waited until so many had left the queue, itself included. */
  noteQueuePositions(positions: QueuePositions): void {
    this.#queued = undefined;
    this.#serverQueue += positions.serverQueuePosition;
    this.#backendQueue += positions.backendQueuePosition;
  }

  /** It leaves the queue with all that wait there. */
  noteRequeued(): void {
    if (this.#queued?.isServerQueue === true) this.#serverQueue += this.#queued.count;
    else this.#backendQueue += this.#queued?.count ?? 0;
    this.#queued = undefined;
  }

  /** The wait for a server is over: it is chosen, or none will be. Retries do not begin it anew. */
  noteAssigned(nowMs: Millis, server: ServerState | undefined): void {
    this.#assignedMs = this.#stepMs(nowMs);
    this.#server = server;
    this.#servedAtRelease = undefined;
  }

  /** The slot is given back; so many others hold one of the server. */
  noteReleased(served: number): void {
    this.#servedAtRelease = served;
  }

  /** The server that the line names although it was not to be had, if any. */
  noteServer(server: ServerState | undefined): void {
    this.#server = server;
    this.#servedAtRelease = undefined;
  }

  noteAddress(endpoint: Endpoint): void {
    this.#serverAddress = endpoint;
  }

  noteRetry(): void {
    this.#retries++;
  }

  /** It goes to another server than the one before. */
  noteRedispatch(): void {
    this.#isRedispatched = true;
  }

  noteConnected(nowMs: Millis, local: Endpoint | undefined): void {
    this.#connectedMs = this.#stepMs(nowMs);
    this.#localAddress = local;
  }

  /** Bytes of the client that are in hand; they count even if no server ever gets them. */
  noteHeld(count: number): void {
    this.bytesToServer = this.#bytesSent + count;
  }

  /** Bytes sent to the server ahead of the relay. */
  noteSent(count: number): void {
    this.#bytesSent += count;
    this.bytesToServer = this.#bytesSent;
  }

  /** Bytes of the server that are in hand. */
  noteAnswer(count: number): void {
    this.bytesToClient = count;
  }

  noteRelay(counters: RelayCounters): void {
    // The native part counts in doubles; this makes plain whole numbers of them.
    this.bytesToServer = Math.round(this.#bytesSent + counters.bytesToServer);
    this.bytesToClient = Math.round(counters.bytesToClient);
    const { packets } = counters;
    if (packets === undefined) return;
    this.#packets ??= new PacketAccount(packets, this.#acceptMs);
    this.#packets.now = packets;
  }

  /** Adds the bytes that are not counted yet to the proxies and the server. */
  countBytes(nowMs: Millis): void {
    const inBytes = this.bytesToServer - this.#countedIn;
    const outBytes = this.bytesToClient - this.#countedOut;
    if (inBytes === 0 && outBytes === 0) return;
    this.#activeMs = this.#stepMs(nowMs);
    this.#countedIn = this.bytesToServer;
    this.#countedOut = this.bytesToClient;
    const { frontend, listenerCounters, backend } = this.#context;
    const counted = [frontend.counters, backend?.counters, this.#server?.counters];
    this.#packets?.count(counted, nowMs);
    for (const counters of counted)
      if (counters !== undefined) addBytes(counters, inBytes, outBytes);
    addBytes(listenerCounters, inBytes, outBytes);
  }

  /** Looks how fast a running relay moves. */
  notePace(nowMs: Millis): void {
    const atMs = this.#stepMs(nowMs);
    const seconds = (atMs - this.#pacedMs) / 1_000;
    if (seconds <= 0) return;
    const bytes = this.bytesToServer + this.bytesToClient;
    this.bytesPerSecond = Math.round((bytes - this.#pacedBytes) / seconds);
    this.#packets?.notePace(seconds);
    this.#pacedMs = atMs;
    this.#pacedBytes = bytes;
  }

  /** How long it has said nothing but pings, as far as is known. */
  quietMs(nowMs: Millis): Millis {
    return nowMs - (this.#packets?.busyMs ?? this.#acceptMs);
  }

  /** Adds this session's bytes and times to its proxies and its server: it is over. */
  count(nowMs: Millis): void {
    this.countBytes(nowMs);
    const { backend } = this.#context;
    if (backend === undefined) return;
    const [assignedMs, connectedMs] = [this.#assignedMs, this.#connectedMs];
    if (assignedMs === NEVER || connectedMs === NEVER) return;
    backend.countTimes(this.#server, {
      queueMs: assignedMs,
      connectMs: connectedMs - assignedMs,
      totalMs: this.ageMs(nowMs),
    });
  }

  /**
   * Whether a line is due: once, early where the frontend's format allows or asks for it, else at
   * the end, unless the frontend wants none for such a session (`dontlognull`, `dontlog-normal`).
   */
  isDue(termination: string, isEarly: boolean): boolean {
    if (this.#isLogged || this.#context.frontend.logMoment === "never") return false;
    this.#isLogged = true;
    if (isEarly) return true;
    const { flags } = this.#context.frontend.proxy;
    const isNormal = termination === "--" && this.#retries === 0 && !this.#isRedispatched;
    if (isNormal && flags.has("dontlog-normal")) return false;
    return this.bytesToServer > 0 || this.bytesToClient > 0 || !flags.has("dontlognull");
  }

  /** The record of the line; times that were never reached are -1. */
  record(
    termination: string,
    outcome: {
      readonly connectionCount: number;
      readonly isEarly: boolean;
      readonly nowMs: Millis;
    },
  ): ConnectionRecord {
    const context = this.#context;
    const { frontend, backend } = context;
    return {
      client: context.source,
      frontendAddress: this.#frontendAddress,
      acceptWallMs: context.wallMs,
      frontend: frontend.name,
      frontendTls: context.tls !== undefined,
      backend: backend?.name ?? frontend.name,
      handshakeMs: this.#handshakeMs,
      ...this.#times(outcome.nowMs),
      bytesToClient: this.bytesToClient,
      bytesToServer: this.bytesToServer,
      termination,
      actconn: outcome.connectionCount,
      feconn: frontend.counters.sessions.current,
      beconn: backend?.counters.sessions.current ?? 0,
      srvconn: this.#servedAtRelease ?? this.#server?.served ?? 0,
      retries: this.#retries,
      redispatched: this.#isRedispatched,
      serverQueue: this.#serverQueue,
      backendQueue: this.#backendQueue,
      logAsap: outcome.isEarly && frontend.proxy.flags.has("logasap"),
      requestCount: context.id,
      lineCount: frontend.lineCount++,
      captured: context.captured,
      ...(this.#server === undefined ? {} : { server: this.#server.name }),
      ...(this.#serverAddress === undefined ? {} : { serverAddress: this.#serverAddress }),
      ...(this.#localAddress === undefined ? {} : { localAddress: this.#localAddress }),
      ...(context.tls === undefined ? {} : { tls: context.tls }),
    };
  }

  #times(nowMs: Millis): Pick<ConnectionRecord, "queueMs" | "connectMs" | "totalMs"> {
    const [assignedMs, connectedMs] = [this.#assignedMs, this.#connectedMs];
    const isConnected = assignedMs !== NEVER && connectedMs !== NEVER;
    return {
      queueMs: assignedMs,
      connectMs: isConnected ? connectedMs - assignedMs : NEVER,
      totalMs: this.#stepMs(nowMs),
    };
  }
}

function addBytes(
  counters: { bytesIn: number; bytesOut: number },
  inBytes: number,
  outBytes: number,
): void {
  counters.bytesIn += inBytes;
  counters.bytesOut += outBytes;
}
