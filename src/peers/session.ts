// One connection between two peers, in either role (haproxy peers-v2.0.txt, peers.txt).
//
// Theory of operation: after the greetings both sides are equal. Whatever is due is kept as state
// (confirmations and acknowledgements owed, positions in tables), not as queued bytes, and becomes
// bytes when there is room: a peer that does not read costs no more than the write-ahead. A turn
// looks at a bounded number of entries and then asks for another one.
import { EffectQueue } from "../base/effect-queue.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import {
  PEER_HEARTBEAT_MS,
  PEER_SILENCE_MS_MAX,
  PEER_STEP_ENTRIES_MAX,
  PEER_WRITE_AHEAD_BYTES,
  PEER_LESSON_EXPECTED_MS,
} from "../limits.ts";
import type { StickEntry } from "../stick/entry.ts";
import { FrameReader } from "./framing.ts";
import { Greeting, type LocalNode, type SessionRole } from "./greeting.ts";
import { STATUS } from "./handshake.ts";
import { Lane } from "./lane.ts";
import { Learner, type ReceivedStatus } from "./learner.ts";
import {
  type ControlName,
  decodeMessage,
  type PeerMessage,
  writeControl,
  writeError,
} from "./messages.ts";
import type { PeerMemory, SharedTable } from "./peer-memory.ts";
import type { CloseCause, PeerEffect, PeerEvent } from "./session-events.ts";
import { type Dialect, UpdateWriter } from "./update-writer.ts";
import { WireWriter } from "./wire-writer.ts";

/** Confirmations owed at once; a peer that ends more lessons than that is not owed more. */
const CONFIRMS_MAX = 16;

/** What a session needs to know. */
export interface SessionOptions {
  readonly role: SessionRole;
  readonly node: LocalNode;
  readonly tables: readonly SharedTable[];
  /** Whether this node has learned everything there is; otherwise its lessons are partial. */
  readonly isComplete: () => boolean;
}

/** How far a session is. */
export type SessionState = "connecting" | "greeting" | "established" | "closed";

/** One session. */
export class PeerSession implements Machine<PeerEvent, PeerEffect> {
  readonly #options: SessionOptions;
  readonly #effects = new EffectQueue<PeerEffect>();
  readonly #frames = new FrameReader();
  #state: SessionState;
  #memory: PeerMemory | undefined;
  readonly #greeting: Greeting;
  #lanes: readonly Lane[] = [];
  #learner: Learner | undefined;
  #writer: UpdateWriter | undefined;
  #isTandem = false;
  #unsentBytes = 0;
  #isTurnAsked = false;
  #nextLane = 0;
  #confirmsOwed = 0;
  #isLessonWanted = false;
  #isLearning = false;
  /** No live changes before. */
  #pushFromMs: Millis = -Infinity;
  #producedMs: Millis = -Infinity;
  #teaching: "no" | "walking" | "told" = "no";
  #isHandover = false;
  #silentAtMs: Millis;
  #heartbeatAtMs: Millis = Infinity;

  constructor(options: SessionOptions, nowMs: Millis) {
    this.#options = options;
    const { role } = options;
    this.#state = role.kind === "caller" ? "connecting" : "greeting";
    if (role.kind === "caller") this.#memory = role.memory;
    this.#greeting = new Greeting(role, options.node);
    this.#silentAtMs = nowMs + PEER_SILENCE_MS_MAX;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Whom this session is with; `undefined` until a caller has introduced itself. */
  get memory(): PeerMemory | undefined {
    return this.#memory;
  }

  /** Whether the other end is Tandem. */
  get isTandem(): boolean {
    return this.#isTandem;
  }

  /** Whether both sides have greeted, also when the session has ended since. */
  get wasEstablished(): boolean {
    return this.#writer !== undefined;
  }

  /** The tables on their way to the peer. */
  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Whether the peer is being taught everything. */
  get isTeaching(): boolean {
    return this.#teaching !== "no";
  }

  /** What has been received of a table. */
  receivedOf(lane: Lane): ReceivedStatus | undefined {
    return this.#learner?.receivedOf(lane);
  }

  handle(event: PeerEvent, nowMs: Millis): void {
    if (this.#state === "closed") return;
    switch (event.kind) {
      case "connected":
        this.#onConnected(nowMs);
        break;
      case "bytes":
        this.#onBytes(event.bytes, nowMs);
        break;
      case "drained":
        this.#unsentBytes = 0;
        break;
      case "closed":
        this.#become("closed");
        this.#effects.push({ kind: "close", cause: "closed", reason: event.reason });
        break;
      case "changed":
        break;
      case "turn":
        this.#isTurnAsked = false;
        break;
      case "learn":
        this.#isLessonWanted = true;
        break;
      case "stop":
        this.#close(event.cause, event.cause === "collision" ? "it has called anew" : "stopped");
        break;
      case "timeout":
        this.#onTimeout(nowMs);
    }
    this.#produce(nowMs);
  }

  poll(): PeerEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    if (this.#state === "closed") return undefined;
    const pushAtMs = this.#pushFromMs > this.#producedMs ? this.#pushFromMs : Infinity;
    return Math.min(this.#silentAtMs, this.#heartbeatAtMs, pushAtMs);
  }

  #onConnected(nowMs: Millis): void {
    if (this.#state !== "connecting" || this.#memory === undefined) return;
    this.#become("greeting");
    this.#silentAtMs = nowMs + PEER_SILENCE_MS_MAX;
    this.#effects.push({ kind: "write", bytes: this.#greeting.hello(this.#memory) });
  }

  #onTimeout(nowMs: Millis): void {
    if (nowMs >= this.#silentAtMs) {
      const what = this.#state === "established" ? "it was silent" : "no greeting came";
      if (this.#state === "established") this.#memory!.counters.silenceCount += 1;
      this.#close("silence", `${what} for ${PEER_SILENCE_MS_MAX / 1000} s`);
    }
  }

  #onBytes(bytes: Uint8Array, nowMs: Millis): void {
    if (this.#state === "connecting") return;
    if (this.#state === "established") this.#frames.push(bytes);
    else if (!this.#greet(bytes, nowMs)) return;
    this.#silentAtMs = nowMs + PEER_SILENCE_MS_MAX;
    this.#memory!.lastHeardMs = nowMs;
    const { receivedUpdateCount } = this.#memory!.counters;
    this.#readMessages(nowMs);
    if (!this.#isLearning || this.#state !== "established") return;
    const hasLearned = this.#memory!.counters.receivedUpdateCount !== receivedUpdateCount;
    if (hasLearned) this.#effects.push({ kind: "progress" });
  }

  /** Whether the session is established. */
  #greet(bytes: Uint8Array, nowMs: Millis): boolean {
    const outcome = this.#greeting.read(bytes);
    if (outcome.kind === "need-more") return false;
    if (outcome.answer !== undefined) this.#effects.push({ kind: "write", bytes: outcome.answer });
    if (outcome.kind === "failed") {
      this.#close(outcome.cause, outcome.reason);
      return false;
    }
    this.#establish(outcome.memory, outcome.dialect, nowMs);
    this.#frames.push(outcome.rest);
    return true;
  }

  #establish(memory: PeerMemory, dialect: Dialect, nowMs: Millis): void {
    this.#memory = memory;
    this.#isTandem = dialect.isTandem;
    const tables = this.#options.tables.filter((table) => dialect.isTandem || !table.isPrivate);
    this.#lanes = tables.map(
      (shared, index) => new Lane(shared, index + 1, memory.positionIn(shared.name, shared.table)),
    );
    const byName = new Map(this.#lanes.map((lane) => [lane.shared.name, lane]));
    this.#learner = new Learner(byName, dialect.isTandem, (name, text) => {
      this.#effects.push({ kind: "mismatch", name, text });
    });
    const writer = new UpdateWriter(dialect, memory.counters);
    this.#writer = writer;
    // Definitions that do not agree are found before the first entry is lost.
    if (dialect.isTandem) for (const lane of this.#lanes) writer.define(lane);
    // A peer that knows nothing is about to ask for everything, which is then sent once.
    const knowsNothing = this.#lanes.every((lane) => lane.ackedId === undefined);
    if (dialect.isTandem && knowsNothing) this.#pushFromMs = nowMs + PEER_LESSON_EXPECTED_MS;
    this.#heartbeatAtMs = nowMs + PEER_HEARTBEAT_MS;
    memory.lastStatus = STATUS.ok;
    memory.counters.sessionCount += 1;
    this.#become("established");
    this.#effects.push({ kind: "established" });
    // A node that calls itself is an old process that hands its tables to the new one.
    if (memory.name !== this.#options.node.localName) return;
    this.#isHandover = true;
    if (this.#options.role.kind === "caller") this.#startTeaching();
  }

  #readMessages(nowMs: Millis): void {
    while (this.#state === "established") {
      const frame = this.#frames.next();
      if (frame.kind === "need-more") return;
      if (frame.kind === "malformed") {
        this.#fail(frame.fault === "size-limit" ? "sizeLimit" : "protocol", frame.reason);
        return;
      }
      this.#onMessage(decodeMessage(frame.messageClass, frame.type, frame.body), nowMs);
    }
  }

  #onMessage(message: PeerMessage, nowMs: Millis): void {
    const learner = this.#learner!;
    switch (message.kind) {
      case "control":
        this.#onControl(message.name);
        break;
      case "error":
        this.#memory!.counters.protocolErrorCount += 1;
        this.#close("protocol-error", `it reports a ${message.name} error`);
        break;
      case "definition":
      case "unusable-definition":
        learner.define(message);
        break;
      case "switch":
        learner.switchTo(message.tableId);
        break;
      case "ack":
        this.#lanes[message.tableId - 1]?.acknowledge(message.updateId);
        break;
      case "update":
        this.#memory!.counters.receivedUpdateCount += 1;
        if (!learner.update(message, nowMs)) this.#fail("protocol", "an update is malformed");
        break;
      case "unknown":
        break;
      case "malformed":
        this.#fail("protocol", message.reason);
    }
  }

  #onControl(name: ControlName): void {
    switch (name) {
      case "resyncRequest":
        this.#startTeaching();
        break;
      case "resyncFinished":
      case "resyncPartial":
        this.#confirmsOwed = Math.min(CONFIRMS_MAX, this.#confirmsOwed + 1);
        if (!this.#isLearning && !this.#isHandover) break;
        this.#isLearning = false;
        this.#effects.push({ kind: "learned", isFull: name === "resyncFinished" });
        break;
      case "resyncConfirm":
        this.#onConfirm();
        break;
      case "heartbeat":
        this.#memory!.counters.receivedHeartbeatCount += 1;
    }
  }

  #onConfirm(): void {
    this.#memory!.counters.confirmCount += 1;
    if (this.#teaching !== "told") return;
    this.#teaching = "no";
    for (const lane of this.#lanes) lane.confirm();
    const isOld = this.#isHandover && this.#options.role.kind === "caller";
    if (isOld) this.#close("handed-over", "the new process has everything");
  }

  #startTeaching(): void {
    this.#teaching = "walking";
    this.#pushFromMs = -Infinity;
    for (const lane of this.#lanes) lane.startWalk();
  }

  #produce(nowMs: Millis): void {
    const writer = this.#writer;
    this.#producedMs = nowMs;
    if (this.#state !== "established" || writer === undefined) return;
    const { out } = writer;
    const hasRoom = (): boolean => this.#unsentBytes + out.length < PEER_WRITE_AHEAD_BYTES;
    if (hasRoom()) this.#writeDue(out);
    let budget = PEER_STEP_ENTRIES_MAX;
    const pushes = !this.#isHandover && nowMs >= this.#pushFromMs;
    for (let count = 0; pushes && count < this.#lanes.length; count += 1) {
      const lane = this.#lanes[(this.#nextLane + count) % this.#lanes.length]!;
      const send = (_: Lane, entry: StickEntry, id: number): void => {
        writer.write(lane, entry, id, false, nowMs);
      };
      budget -= lane.push(budget, hasRoom, send, nowMs);
    }
    this.#nextLane += 1;
    if (this.#teaching === "walking") this.#teach(writer, hasRoom, nowMs);
    if (nowMs >= this.#heartbeatAtMs) {
      this.#heartbeatAtMs = nowMs + PEER_HEARTBEAT_MS;
      if (out.length === 0) this.#beat(out);
    }
    if (out.length > 0) {
      this.#unsentBytes += out.length;
      this.#heartbeatAtMs = nowMs + PEER_HEARTBEAT_MS;
      this.#effects.push({ kind: "write", bytes: out.toBytes() });
      out.reset();
    }
    const hasMore =
      this.#teaching === "walking" || (pushes && this.#lanes.some((lane) => lane.hasChanges));
    if (!hasMore || this.#isTurnAsked || !hasRoom()) return;
    this.#isTurnAsked = true;
    this.#effects.push({ kind: "turn" });
  }

  /** Acknowledgements go before changes, so that a peer can tell which of them knew of its own. */
  #writeDue(out: WireWriter): void {
    for (; this.#confirmsOwed > 0; this.#confirmsOwed -= 1) writeControl(out, "resyncConfirm");
    if (this.#isLessonWanted) {
      this.#isLessonWanted = false;
      this.#isLearning = true;
      writeControl(out, "resyncRequest");
    }
    this.#learner!.writeAcks(out);
  }

  #teach(writer: UpdateWriter, hasRoom: () => boolean, nowMs: Millis): void {
    let budget = PEER_STEP_ENTRIES_MAX;
    const send = (lane: Lane, entry: StickEntry, id: number): void => {
      writer.write(lane, entry, id, true, nowMs);
    };
    for (const lane of this.#lanes) budget -= lane.walk(budget, hasRoom, send);
    if (this.#lanes.some((lane) => lane.isWalking)) return;
    writeControl(writer.out, this.#options.isComplete() ? "resyncFinished" : "resyncPartial");
    this.#teaching = "told";
  }

  /** Nothing is written behind bytes that wait: they are a sign of life themselves. */
  #beat(out: WireWriter): void {
    if (this.#unsentBytes > 0) return;
    writeControl(out, "heartbeat");
    this.#memory!.counters.sentHeartbeatCount += 1;
  }

  #fail(error: "protocol" | "sizeLimit", reason: string): void {
    this.#memory!.counters.protocolErrorCount += 1;
    const out = new WireWriter();
    writeError(out, error);
    this.#effects.push({ kind: "write", bytes: out.toBytes() });
    this.#close("protocol-error", reason);
  }

  #close(cause: CloseCause, reason: string): void {
    this.#become("closed");
    this.#effects.push({ kind: "close", cause, reason });
  }

  #become(state: SessionState): void {
    this.#state = state;
  }
}
