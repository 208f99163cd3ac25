// One socket of the mover. Until it is in a relay its bytes are held, and told while somebody
// inspects them; in a relay each chunk goes straight to the other side. The handlers are shared by
// all sockets and find their connection by a property, so that a connection costs no closures.
//
// QUIRK: back-pressure does not use the stream's high-water mark, which counts a chunk even when
// the kernel takes it at once. `writableLength` after a write says what the kernel did not take; an
// empty write behind it calls back once that is gone.
import type { Socket } from "node:net";
import type { Millis } from "../../base/units.ts";
import {
  CLOSE_LINGER_MS,
  HOLD_BYTES_MAX,
  RELAY_CHUNK_BYTES,
  SILENCED_HOLD_MS,
} from "../../limits.ts";
import type { PacketTracker } from "../../mqtt/frames.ts";
import type { CloseManner, ConnectionId } from "../../session/mover.ts";
import type { DeadlineEntry } from "./deadlines.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import type { Relay } from "./relay.ts";

/** What a connection tells its mover. */
export interface ConnectionHost {
  nowMs(): Millis;
  /** Bytes in hand have changed, or the peer has ended. */
  bytesHeld(connection: NodeConnection): void;
  /** The socket is gone, other than by our own close. */
  connectionLost(connection: NodeConnection): void;
  /** Watches a connection that closes until its bytes are sent. */
  lingers(connection: NodeConnection): void;
  /** The socket of a connection is gone, however it came to be. */
  socketClosed(connection: NodeConnection): void;
}

/** What a connection is in the middle of. */
export type ConnectionPhase = "connect" | "tls" | "open" | "relay" | "closing" | "gone";

const OWNER = Symbol("connection");

/** A socket that knows its connection. */
export type OwnedSocket = Socket & { [OWNER]?: NodeConnection };

const EMPTY = Buffer.alloc(0);

/** The mover's side of one socket. */
export class NodeConnection implements DeadlineEntry {
  readonly id: ConnectionId;
  /** What bytes go through: the plain socket, or the TLS socket around it. */
  socket: OwnedSocket;
  /** The plain socket below, which alone can be reset. */
  raw: OwnedSocket;
  phase: ConnectionPhase;
  /** The buffer that it reads into again and again, if it has one, and where that came from. */
  borrowed: { readonly buffer: Buffer; readonly from: ReadBuffers } | undefined;
  isTls = false;
  readonly held = new HeldBytes();
  /** Bytes to hold at most before reading stops; told as they come while `isInspected`. */
  holdBytesMax = HOLD_BYTES_MAX;
  isInspected = false;
  /** The peer has sent its last byte. */
  hasEnded = false;
  /** Bytes received and not consumed. */
  bytesIn = 0;
  /** When bytes last came from it or were taken by it. */
  activityMs: Millis;
  /** When bytes last came from it. */
  heardMs: Millis;
  relay: Relay | undefined;
  /** The other side of the relay. */
  peer: NodeConnection | undefined;
  /** Of the packets that come from it, in a relay that wants to know. */
  frames: PacketTracker | undefined;
  errorCode: string | undefined;
  errorMessage: string | undefined;
  deadlineSlot = -1;
  #isReading = false;
  #closeDueMs: Millis | undefined;
  readonly #host: ConnectionHost;

  constructor(host: ConnectionHost, id: ConnectionId, socket: Socket, phase: ConnectionPhase) {
    this.#host = host;
    this.id = id;
    this.socket = socket;
    this.raw = socket;
    this.phase = phase;
    this.activityMs = this.heardMs = host.nowMs();
  }

  /** Bytes to it wait that its kernel has not taken. */
  get isOwed(): boolean {
    return this.socket.writableLength > 0;
  }

  /** Attaches the handlers of errors and of the end, which every socket needs from its birth. */
  adopt(socket: OwnedSocket): void {
    socket[OWNER] = this;
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  /** Takes what another mover has received already. */
  hold(bytes: Buffer | undefined, hasEnded: boolean): void {
    if (bytes !== undefined) this.held.append(bytes, false);
    this.bytesIn += bytes?.length ?? 0;
    this.hasEnded = hasEnded;
  }

  /** Starts to read; bytes are held or relayed. */
  startReading(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const { socket } = this;
    socket.on("end", onEnd);
    if (this.borrowed === undefined) socket.on("data", onData);
    socket.resume();
  }

  /** Takes bytes from its socket; `isBorrowed` when their memory is overwritten after this call. */
  onBytes(chunk: Buffer, isBorrowed: boolean): void {
    this.activityMs = this.heardMs = this.#host.nowMs();
    const { peer, relay, frames } = this;
    if (peer !== undefined) {
      const takenCount = frames === undefined ? chunk.length : relay!.follow(this, frames, chunk);
      this.bytesIn += takenCount;
      this.#forward(peer, chunk.subarray(0, takenCount), isBorrowed);
      if (frames !== undefined) relay!.departIfDue();
      return;
    }
    if (this.phase !== "open") return;
    this.bytesIn += chunk.length;
    this.held.append(chunk, isBorrowed);
    if (this.held.length >= this.holdBytesMax) this.socket.pause();
    if (this.isInspected) this.#host.bytesHeld(this);
  }

  #forward(peer: NodeConnection, chunk: Buffer, isBorrowed: boolean): void {
    const { socket } = peer;
    if (peer.isTls) {
      // A TLS socket takes a chunk later than the call, so it needs memory that lasts; reading goes
      // on meanwhile up to the bound, or every record would wait for the one before.
      socket.write(isBorrowed ? Buffer.from(chunk) : chunk);
      peer.activityMs = this.activityMs;
      if (socket.writableLength >= RELAY_CHUNK_BYTES) this.#pauseUntilTaken(peer);
      return;
    }
    socket.write(chunk);
    if (socket.writableLength === 0) peer.activityMs = this.activityMs;
    else this.#pauseUntilTaken(peer);
  }

  /** Stops reading until the other side's kernel has taken everything. */
  #pauseUntilTaken(peer: NodeConnection): void {
    this.socket.pause();
    if (peer.hasEnded) this.relay?.onOwed();
    peer.socket.write(EMPTY, (error) => {
      if (error) return;
      peer.activityMs = this.#host.nowMs();
      if (this.phase === "relay") this.socket.resume();
    });
  }

  /** Joins this connection to another one; bytes in hand go first. */
  joinRelay(relay: Relay, peer: NodeConnection): void {
    this.phase = "relay";
    this.relay = relay;
    this.peer = peer;
    this.isInspected = false;
    this.activityMs = this.heardMs = this.#host.nowMs();
    // Bytes held are counted when they came.
    const held = this.held.take();
    if (held !== undefined) {
      this.frames?.take(held);
      peer.socket.write(held);
    }
    if (this.hasEnded) return;
    this.startReading();
    if (peer.socket.writableLength > 0) this.#pauseUntilTaken(peer);
    else this.socket.resume();
  }

  /** Drops the first bytes in hand. */
  consume(count: number): void {
    const before = this.held.length;
    this.held.drop(count);
    this.bytesIn -= before - this.held.length;
    if (before >= this.holdBytesMax) this.#resumeHolding();
  }

  /** Begins or ends inspection; `bytesMax` bounds what is held either way. */
  inspect(isInspected: boolean, bytesMax: number): void {
    this.isInspected = isInspected;
    this.holdBytesMax = bytesMax;
    this.startReading();
    this.#resumeHolding();
  }

  #resumeHolding(): void {
    if (this.phase !== "open" || !this.#isReading) return;
    if (this.held.length < this.holdBytesMax) this.socket.resume();
    else this.socket.pause();
  }

  /** Stops reading the plain socket, which TLS takes over; gives back the bytes in hand. */
  yieldToTls(): Buffer | undefined {
    this.socket.pause();
    this.socket.off("data", onData);
    this.socket.off("end", onEnd);
    this.#isReading = false;
    this.phase = "tls";
    const held = this.held.take();
    this.bytesIn -= held?.length ?? 0;
    return held;
  }

  /** Goes on with the TLS socket around the plain one; errors and the end are told by that. */
  adoptTls(socket: Socket): void {
    this.raw.off("close", onClose);
    this.raw.off("error", onError);
    // The TLS socket tells the same errors; without a handler here they would end the process.
    this.raw.on("error", ignoreError);
    this.socket = socket;
    this.isTls = true;
    this.adopt(socket);
  }

  /** Reads and holds bytes until somebody wants them, so that a peer that leaves is noticed. */
  holdUnlessBusy(): void {
    if (this.phase === "open") this.startReading();
  }

  /** Gives up for a reason of our own, which is told as the socket's error. */
  fail(code: string, message: string): void {
    this.errorCode = code;
    this.errorMessage = message;
    this.socket.destroy();
  }

  /** Keeps the socket open and unread for a while, then resets it. */
  silence(): void {
    this.#becomeClosing();
    this.raw.pause();
    this.socket.pause();
    this.#closeDueMs = this.#host.nowMs() + SILENCED_HOLD_MS;
  }

  /** Closes in the given manner; nothing more is told of this connection but to its relay. */
  close(manner: CloseManner): void {
    if (manner === "reset") this.reset();
    else this.finish();
  }

  /** Closes after what is queued has been sent, within `CLOSE_LINGER_MS`. */
  finish(): void {
    if (this.phase === "closing" || this.socket.destroyed) return;
    const isConnecting = this.phase === "connect" || this.phase === "tls";
    this.#becomeClosing();
    // What the kernel has taken it sends by itself; a TLS socket has its close_notify to say.
    if (isConnecting || (this.socket.writableLength === 0 && !this.isTls)) {
      this.socket.destroy();
      return;
    }
    this.socket.pause();
    this.socket.destroySoon();
    this.#closeDueMs = this.#host.nowMs() + CLOSE_LINGER_MS;
    this.#host.lingers(this);
  }

  /** Closes with a reset where the transport knows one. */
  reset(): void {
    this.#becomeClosing();
    if (this.raw.destroyed) return;
    if (this.raw.remoteFamily === undefined) this.socket.destroy();
    // Node is known to crash when TCP is torn down inside a callback of the TLS above it.
    else if (this.isTls) setImmediate(resetTcp, this.raw);
    else this.raw.resetAndDestroy();
  }

  #becomeClosing(): void {
    this.phase = "closing";
    this.peer = undefined;
    this.isInspected = false;
    this.held.take();
  }

  /** See `DeadlineEntry`. */
  dueMs(): Millis | undefined {
    return this.#closeDueMs;
  }

  /** See `DeadlineEntry`: what is queued was not taken in time. */
  onDue(): void {
    this.reset();
  }

  /** The peer has sent its last byte. */
  onEnded(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (this.phase === "relay") this.relay?.onEnded(this);
    else if (this.phase === "open") this.#host.bytesHeld(this);
  }

  /** The socket failed; `onSocketClosed` follows. */
  onFailed(error: NodeJS.ErrnoException): void {
    this.errorCode ??= error.code ?? error.name;
    this.errorMessage ??= error.message;
    if (this.phase === "relay") this.relay?.onError(this, this.errorCode);
  }

  /** Gives the read buffer back, unless the other side still sends from it. */
  #returnBuffer(): void {
    const { borrowed, relay } = this;
    this.borrowed = undefined;
    if (borrowed === undefined) return;
    const other = relay?.client === this ? relay.server : relay?.client;
    if (other === undefined || other.socket.writableLength === 0) {
      borrowed.from.give(borrowed.buffer);
    }
  }

  /** The socket is gone. */
  onSocketClosed(): void {
    if (this.phase === "gone") return;
    this.#returnBuffer();
    if (this.phase !== "closing" && this.relay === undefined) this.#host.connectionLost(this);
    this.#becomeClosing();
    this.phase = "gone";
    this.#host.socketClosed(this);
    this.relay?.onClosed(this);
  }
}

function resetTcp(raw: Socket): void {
  raw.resetAndDestroy();
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.onBytes(chunk, false);
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]?.onEnded();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.onFailed(error);
}

function ignoreError(): void {
  // Told elsewhere.
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.onSocketClosed();
}
