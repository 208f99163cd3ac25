// One descriptor that is in no relay. The kernel tells each change once (edges), so what may still
// be read is remembered here. Bytes are held until somebody wants them, up to a bound.
import { constants } from "node:os";
import type { Millis } from "../../../base/units.ts";
import {
  CLOSE_LINGER_MS,
  HOLD_BYTES_MAX,
  RELAY_CHUNK_BYTES,
  SILENCED_HOLD_MS,
} from "../../../limits.ts";
import type { CloseManner, ConnectionId, ConnectSpec } from "../../../session/mover.ts";
import type { DeadlineEntry } from "../deadlines.ts";
import { HeldBytes } from "../held-bytes.ts";
import type { MoverAddon, MoverHandle } from "./addon.ts";
import { READY } from "./addon.ts";
import { SendQueue } from "./send-queue.ts";
import type { SystemError } from "./system-error.ts";
import { systemError } from "./system-error.ts";

/** What a connection needs from its mover, and tells it. */
export interface NativeConnectionHost {
  readonly addon: MoverAddon;
  readonly handle: MoverHandle;
  /** The memory that `receive` writes to. */
  readonly buffer: Buffer;
  nowMs(): Millis;
  /** The server has taken the connection. */
  connected(connection: NativeConnection): void;
  /** Bytes in hand have changed, or the peer has ended. */
  bytesHeld(connection: NativeConnection): void;
  /** The connection is gone, other than by our own close; its descriptor is closed already. */
  connectionLost(connection: NativeConnection, error: SystemError, wasConnecting: boolean): void;
  /** Has a connection watched soon, if it is not in a relay by then. */
  watchLater(connection: NativeConnection): void;
  /** Watches a connection that closes until its bytes are sent. */
  lingers(connection: NativeConnection): void;
  /** The descriptor of this number is closed, however it came to be. */
  descriptorClosed(connection: NativeConnection, fd: number): void;
}

/** What a connection is in the middle of. */
export type NativePhase = "connect" | "open" | "relay" | "closing" | "gone";

/** What somebody needs to know who takes a descriptor over. */
export interface ReleasedConnection {
  readonly fd: number;
  readonly held: Buffer | undefined;
  /** Bytes that the kernel has not taken yet. */
  readonly queued: Buffer | undefined;
  readonly hasEnded: boolean;
}

const { EAGAIN } = constants.errno;

/** The mover's side of one descriptor. */
export class NativeConnection implements DeadlineEntry {
  readonly id: ConnectionId;
  /** Belongs to this object until `joinRelay` or `release`; -1 afterwards, and once closed. */
  fd: number;
  /** Tells its records from those of an earlier connection with the same descriptor; 0 while it is not watched. */
  generation = 0;
  phase: NativePhase;
  readonly held = new HeldBytes();
  isInspected = false;
  /** The peer has sent its last byte. */
  hasEnded = false;
  /** Bytes received and not consumed. */
  bytesIn = 0;
  /** What was asked for, of a connection to a server. */
  spec: ConnectSpec | undefined;
  deadlineSlot = -1;
  readonly #host: NativeConnectionHost;
  readonly #queue = new SendQueue();
  #holdBytesMax = HOLD_BYTES_MAX;
  #isReadable = false;
  /** It has been announced and not been read. */
  #isNew = false;
  /** It waits for its server, so it need not be watched at once. */
  #expectsRelay = false;
  #areWritesWatched: boolean;
  /** The end or an error is there: reading goes on until it shows. */
  #isAtEnd = false;
  #failure: SystemError | undefined;
  #closeDueMs: Millis | undefined;

  constructor(host: NativeConnectionHost, id: ConnectionId, fd: number, phase: NativePhase) {
    this.#host = host;
    this.id = id;
    this.fd = fd;
    this.phase = phase;
    this.#areWritesWatched = phase === "connect";
  }

  /** Takes what the kernel told: bits of `READY` and the socket's error, 0 for none. */
  onReady(readiness: number, errno: number): void {
    if ((readiness & READY.read) !== 0) this.#isReadable = true;
    if ((readiness & READY.end) !== 0) this.#isAtEnd = true;
    if (this.phase === "connect") {
      if (errno !== 0) return this.fail(systemError(errno, "connect"));
      if ((readiness & READY.write) === 0) return;
      this.phase = "open";
      const preamble = this.spec?.preamble;
      if (preamble !== undefined) this.send(preamble);
      this.#host.connected(this);
    } else if (errno !== 0) this.#failure ??= systemError(errno, "read");
    if ((readiness & READY.write) !== 0 && !this.#queue.isEmpty) this.#flush();
    if (this.phase === "open") this.#read();
    else if (this.phase === "closing" && this.#failure !== undefined) this.#closeDescriptor(false);
  }

  /** Reads and holds, then tells what has come. */
  #read(): void {
    const { addon, handle, buffer } = this.#host;
    let hasNews = false;
    while (this.#isReadable && this.held.length < this.#holdBytesMax) {
      const count = addon.receive(handle, this.fd, RELAY_CHUNK_BYTES);
      if (count > 0) {
        this.held.append(buffer.subarray(0, count), true);
        this.bytesIn += count;
        hasNews ||= this.isInspected;
        // A short read has emptied the socket; whatever comes later is told anew.
        if (count < RELAY_CHUNK_BYTES && !this.#isAtEnd) this.#isReadable = false;
        continue;
      }
      this.#isReadable = false;
      if (count === 0 && this.#failure === undefined) {
        hasNews ||= !this.hasEnded;
        this.hasEnded = true;
      } else if (count < 0 && count !== -EAGAIN) this.#failure ??= systemError(-count, "read");
    }
    if (hasNews) this.#host.bytesHeld(this);
    if (this.#failure !== undefined && this.phase === "open") this.fail(this.#failure);
  }

  /** Begins or ends inspection; `bytesMax` bounds what is held either way. */
  inspect(isInspected: boolean, bytesMax: number): void {
    this.isInspected = isInspected;
    this.#holdBytesMax = bytesMax;
    const hasNews = isInspected && (this.held.length > 0 || this.hasEnded);
    if (hasNews) process.nextTick(tellThenRead, this);
    else if (this.#isReadable) process.nextTick(readOn, this);
  }

  /** The server has taken it before `connect` was over. It is watched if it is not in a relay at once. */
  stand(): void {
    this.#areWritesWatched = false;
    process.nextTick(openThenWatch, this);
  }

  /** Tells what is in hand; public only to be reached by `nextTick`. */
  tellHeld(): void {
    if (this.isInspected && this.phase === "open") this.#host.bytesHeld(this);
  }

  /** Reads what may be there; public only to be reached by `nextTick`. */
  readOn(): void {
    if (this.phase !== "open") return;
    this.#read();
    if (this.#isNew) this.#settleIn();
  }

  /** A newcomer has been announced. It may have spoken already, so it is read before it is watched. */
  begin(): void {
    this.#isNew = true;
    this.#isReadable = true;
    process.nextTick(readOn, this);
  }

  /** A server is connected to for it. */
  expectRelay(): void {
    this.#expectsRelay = true;
  }

  #settleIn(): void {
    this.#isNew = false;
    if (this.phase !== "open") return;
    if (this.#expectsRelay) this.#host.watchLater(this);
    else this.watch();
  }

  /** Has the kernel tell of it from now on, unless it does already. */
  watch(): void {
    if (this.fd < 0 || this.generation !== 0) return;
    const { addon, handle } = this.#host;
    const generation = addon.watch(handle, this.fd);
    if (generation < 0) this.#failSoon(systemError(-generation, "watch"));
    else this.generation = generation;
  }

  /** As `watch`, unless it has left for a relay or is closing. */
  watchOpen(): void {
    if (this.phase === "open") this.watch();
  }

  #unwatch(): void {
    if (this.generation === 0) return;
    this.#host.addon.unwatch(this.#host.handle, this.fd);
    this.generation = 0;
  }

  /** Fails later than the call that met the error. What the peer has still said goes first. */
  #failSoon(error: SystemError): void {
    this.#failure ??= error;
    this.#isReadable = true;
    process.nextTick(readOn, this);
  }

  /** Has the kernel tell when it takes bytes again. */
  #watchWrites(): void {
    if (this.#areWritesWatched) return;
    this.#areWritesWatched = true;
    this.watch();
    const { addon, handle } = this.#host;
    if (this.generation !== 0) addon.watchWrites(handle, this.fd, this.generation);
  }

  /** Drops the first bytes in hand. */
  consume(count: number): void {
    const before = this.held.length;
    this.held.drop(count);
    this.bytesIn -= before - this.held.length;
    if (this.#isReadable) process.nextTick(readOn, this);
  }

  /** Sends bytes, whose memory must stay as it is, in order. */
  send(bytes: Uint8Array): void {
    const isFirst = this.#queue.isEmpty;
    this.#queue.append(bytes);
    if (isFirst) this.#flush();
  }

  #flush(): void {
    const errno = this.#queue.flush(this.#host.addon, this.fd);
    if (errno !== 0) {
      this.#failSoon(systemError(errno, "write"));
      this.#queue.take();
    }
    if (!this.#queue.isEmpty) this.#watchWrites();
    else if (this.phase === "closing") this.#closeDescriptor(false);
  }

  /** Sends the bytes in hand to the other side of a relay, as far as its kernel takes them. */
  passHeld(to: NativeConnection): void {
    const held = this.held.take();
    if (held !== undefined) to.send(held);
  }

  /** Gives the descriptor away; what was queued for it and is not sent, if anything. */
  joinRelay(): Buffer | undefined {
    this.phase = "relay";
    this.isInspected = false;
    this.fd = -1;
    return this.#queue.take();
  }

  /** Gives the descriptor and all that is in hand to another mover. */
  release(): ReleasedConnection {
    const { fd, hasEnded } = this;
    this.#unwatch();
    this.phase = "gone";
    this.fd = -1;
    return { fd, held: this.held.take(), queued: this.#queue.take(), hasEnded };
  }

  /** Ends it for a reason that is told. */
  fail(error: SystemError): void {
    const wasConnecting = this.phase === "connect";
    this.#closeDescriptor(false);
    this.#host.connectionLost(this, error, wasConnecting);
  }

  /** Keeps the descriptor open and unread for a while, then resets it. */
  silence(): void {
    this.#becomeClosing();
    this.#queue.take();
    this.#unwatch();
    this.#closeDueMs = this.#host.nowMs() + SILENCED_HOLD_MS;
  }

  /** Closes: at once with a reset, or after what is queued has been sent within `CLOSE_LINGER_MS`. */
  close(manner: CloseManner): void {
    if (this.phase === "closing" || this.phase === "gone") return;
    const isDone = this.phase === "connect" || this.#queue.isEmpty;
    if (manner === "reset" || isDone) return this.#closeDescriptor(manner === "reset");
    this.#becomeClosing();
    this.#closeDueMs = this.#host.nowMs() + CLOSE_LINGER_MS;
    this.#host.lingers(this);
  }

  /** See `DeadlineEntry`. */
  dueMs(): Millis | undefined {
    return this.#closeDueMs;
  }

  /** See `DeadlineEntry`: what is queued was not taken in time, or silence is over. */
  onDue(): void {
    this.reset();
  }

  /** Closes with a reset, whatever it is in the middle of. */
  reset(): void {
    this.#closeDescriptor(true);
  }

  #becomeClosing(): void {
    this.phase = "closing";
    this.isInspected = false;
    this.held.take();
  }

  #closeDescriptor(isReset: boolean): void {
    if (this.phase === "gone") return;
    this.#becomeClosing();
    this.phase = "gone";
    const { fd } = this;
    this.fd = -1;
    this.#queue.take();
    if (fd >= 0) this.#host.addon.closeDescriptor(fd, isReset);
    this.#host.descriptorClosed(this, fd);
  }
}

function openThenWatch(connection: NativeConnection): void {
  if (connection.phase !== "connect") return;
  connection.onReady(READY.write, 0);
  connection.watchOpen();
}

function tellThenRead(connection: NativeConnection): void {
  connection.tellHeld();
  connection.readOn();
}

function readOn(connection: NativeConnection): void {
  connection.readOn();
}
