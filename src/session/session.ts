// One client connection, from accept to the last close.
//
// Theory of operation. The path is: connection rules, PROXY header, TLS, session rules, then the
// pipeline, which looks at first bytes and says which backend and which server a stick table wants.
// While the pipeline needs bytes that have not come, the session is `inspecting`; this ends with
// the inspection delay, a full buffer or the end of the stream, whichever is first. From then on it
// is queued, connecting, pausing before a retry, waiting for the server's first bytes, or relaying.
// A client that cannot be served may first be told so (`refusing`). However it ends, `#leave` is the
// one way out: it gives back what the session holds.
import { assert } from "../base/assert.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import type { Dispatch } from "../balance/assignment.ts";
import type { ServerState } from "../balance/server.ts";
import { PROXY_V2_BYTES_MAX } from "../limits.ts";
import { Accounts } from "./accounts.ts";
import { Answering } from "./answering.ts";
import { ClientSide } from "./client-side.ts";
import type { KillCause, SessionEffect, SessionEvent } from "./events.ts";
import type { ListenerState } from "./frontend-state.ts";
import { InspectDelay } from "./inspect-delay.ts";
import { Leaving } from "./leaving.ts";
import type { CloseManner, ConnectionId, RelayCounters, RelayEnd } from "./mover.ts";
import { Opening, type OpeningStep } from "./opening.ts";
import { Pipeline, type PipelineStep } from "./pipeline.ts";
import { Refusing } from "./refusing.ts";
import { ServerSide } from "./server-side.ts";
import type { SessionContext, SessionEnds } from "./session-context.ts";
import { deadlineOf, RELAYING, type SessionState } from "./session-state.ts";
import type { SessionLog } from "./session-log.ts";
import { NO_STORES, type PendingStore, storeServer } from "./sticking.ts";
import { killManner, killTermination, relayTermination } from "./termination.ts";
import type { World } from "./world.ts";

/** Of a client that speaks no WebSocket where it must. */
const NOT_SERVED: PipelineStep = { kind: "rejected", manner: "finish" };

/** A client connection and what becomes of it. */
export class Session implements Machine<SessionEvent, SessionEffect> {
  /** The client's name at the mover. */
  readonly connection: ConnectionId | undefined;
  #opening: Opening | undefined;
  #pipeline: Pipeline | undefined;
  readonly #accounts: Accounts;
  readonly #effects: SessionEffect[] = [];
  readonly #client = new ClientSide(this.#effects);
  #refusing: Refusing | undefined;
  #answering: Answering | undefined;
  #state: SessionState = { name: "opening", deadlineMs: Infinity };
  #serverSide: ServerSide | undefined;
  #inspectDelay: InspectDelay | undefined;
  #stores: readonly PendingStore[] = NO_STORES;
  #leaving: Leaving | undefined;

  constructor(
    world: World,
    listener: ListenerState,
    ends: SessionEnds,
    time: { readonly nowMs: Millis; readonly wallMs: number },
  ) {
    this.connection = ends.connection;
    this.#accounts = new Accounts(world, listener, ends, time, this.#effects);
    this.#opening = new Opening(listener, this.context);
    this.#pipeline = new Pipeline(listener.frontend, this.context);
  }

  /** What rules see of this session; for logs and statistics. */
  get context(): SessionContext {
    return this.#accounts.context;
  }

  /** What its log line will say, for others to read. */
  get log(): SessionLog {
    return this.#accounts.log;
  }

  /** The name of the state it is in. */
  get stateName(): SessionState["name"] {
    return this.#state.name;
  }

  poll(): SessionEffect | undefined {
    const effect = this.#effects.shift();
    // A relay may stand for weeks: an array that is emptied so gives its memory back.
    if (effect?.kind === "relay" && this.#effects.length === 0) this.#effects.length = 0;
    return effect;
  }

  nextTimeout(): Millis | undefined {
    return deadlineOf(this.#state);
  }

  handle(event: SessionEvent, nowMs: Millis): void {
    if (this.#state.name === "ended" && event.kind !== "assigned") return;
    this.context.nowMs = nowMs;
    switch (event.kind) {
      case "accepted":
        return this.#onAccepted(nowMs);
      case "bytes":
        return this.#onBytes(event.bytes, event.ended, nowMs);
      case "secured":
        if (this.#state.name !== "opening") return;
        return this.#open(this.#opening!.onSecured(event.tls, nowMs), nowMs);
      case "client-closed":
        return this.#onClientClosed(event.code, nowMs);
      case "connected":
        return this.#onConnected(event, nowMs);
      case "server-bytes":
        this.context.response = { bytes: event.bytes, final: event.ended };
        this.log.noteAnswer(event.bytes.length);
        return this.#onAnswer(nowMs);
      case "server-closed":
        return this.#onServerClosed(event.code, nowMs);
      case "progress":
        return this.#accounts.progress(event.counters, nowMs);
      case "relay-ended":
        return this.#onRelayEnded(event.end, event.counters, nowMs);
      case "assigned":
        return this.#onAssigned(event.grant, nowMs);
      case "requeued":
        if (this.#state.name !== "queued") return;
        this.#serverSide!.leaveQueue();
        return this.#assign(undefined, nowMs);
      case "kill":
        return this.#onKill(event.cause, nowMs);
      case "leave":
        this.#leaving ??= new Leaving(this.#accounts, this.#client);
        return this.#become(this.#leaving.wish(event).depart(this.#state, this.#stores, nowMs));
      case "timeout":
        return this.#onTimeout(nowMs);
    }
  }

  #onAccepted(nowMs: Millis): void {
    this.#accounts.enter();
    this.#client.configure(this.context.frontend.clientSocket);
    this.#open(this.#opening!.start(nowMs), nowMs);
  }

  #open(step: OpeningStep, nowMs: Millis): void {
    const deadlineMs = this.context.frontend.clientDeadlineMs(nowMs);
    switch (step.kind) {
      case "wait":
        return;
      case "inspect":
        this.#become({ name: "opening", deadlineMs });
        return this.#client.inspect(PROXY_V2_BYTES_MAX);
      case "secure":
        this.#client.consume(step.consume);
        this.#become({ name: "opening", deadlineMs });
        return this.#client.secure(step.context);
      case "denied":
        this.#client.close(step.manner);
        return this.#leave(nowMs);
      case "failed":
        this.#accounts.logOpening(step.message, nowMs);
        this.#client.close("finish");
        return this.#leave(nowMs);
      case "open":
        this.#opening = undefined;
        this.#client.consume(step.consume);
        this.#accounts.open(nowMs);
        return this.#proceed(nowMs);
    }
  }

  #proceed(nowMs: Millis): void {
    const isClear = this.#client.follow(this.context.stream);
    const step = isClear ? this.#pipeline!.advance() : NOT_SERVED;
    this.#enterBackend(nowMs);
    switch (step.kind) {
      case "wait":
        this.#inspectDelay ??= new InspectDelay(this.context);
        return this.#become(this.#inspectDelay.begin(this.#client, nowMs, step.untilMs));
      case "rejected":
        this.#accounts.countDeniedRequest();
        return this.#finish("PR", nowMs, step.manner);
      case "no-backend":
        return this.#finish("SC", nowMs);
      case "ready":
        this.#serverSide!.persist(step.server, step.matched.length > 0);
        this.#stores = step.stores;
        this.#accounts.pin(step.matched);
        return this.#assign(undefined, nowMs);
    }
  }

  /** Counts the session in its backend as soon as that is known. */
  #enterBackend(nowMs: Millis): void {
    const { backend } = this.context;
    if (backend === undefined || this.#serverSide !== undefined) return;
    this.#accounts.enterBackend(nowMs);
    if (backend.hasOwnInspection) this.#inspectDelay = undefined;
    this.#serverSide = new ServerSide(this, this.#accounts, backend);
  }

  #onBytes(bytes: Uint8Array, isEnded: boolean, nowMs: Millis): void {
    const { name } = this.#state;
    // Log formats may still ask for what was seen first.
    if (name === "answering") return this.#answering!.onClientBytes(bytes, isEnded);
    this.context.noteRequest(bytes, isEnded);
    if (name === "opening") return this.#open(this.#opening!.onBytes(bytes, isEnded, nowMs), nowMs);
    this.log.noteHeld(bytes.length);
    if (name === "inspecting") return this.#proceed(nowMs);
    if (name === "refusing") return this.#finish(this.#state.termination, nowMs);
    // A client that has finished still gets its answer, unless it has not even asked.
    const isAborted = bytes.length === 0 || this.context.backend?.isAbortedOnClose === true;
    if (!isEnded || !isAborted) return;
    if (name === "queued") this.#finish("CQ", nowMs);
    else if (name === "connecting" || name === "pausing") this.#finish("CC", nowMs);
  }

  #assign(avoid: ServerState | undefined, nowMs: Millis): void {
    const outcome = this.#serverSide!.assign(avoid, nowMs);
    if (outcome.kind === "connect") return this.#attempt(outcome.server, nowMs);
    if (outcome.kind !== "queued")
      return this.#finish(outcome.kind === "none" ? "SC" : "SQ", nowMs);
    const { timeouts, content } = this.context.backend!.proxy;
    const waitMs = timeouts.queue ?? timeouts.connect ?? Infinity;
    this.#become({ name: "queued", deadlineMs: nowMs + waitMs });
    this.#client.inspect(content.inspectBytesMax);
  }

  /** The queue has come to this session, unless it has left: then the slot goes to the next. */
  #onAssigned(grant: Dispatch<Session>, nowMs: Millis): void {
    if (this.#state.name !== "queued") return this.#serverSide!.decline(grant.server, nowMs);
    this.#serverSide!.accept(grant, nowMs);
    this.#attempt(grant.server, nowMs);
  }

  #attempt(server: ServerState, nowMs: Millis): void {
    const spec = this.#serverSide!.attempt(server, nowMs);
    if (spec === undefined) return this.#onConnectFailed(server, false, nowMs);
    const connectMs = this.context.backend!.proxy.timeouts.connect ?? Infinity;
    this.#become({ name: "connecting", deadlineMs: nowMs + connectMs, server });
    this.#effects.push({ kind: "connect-server", spec, server });
  }

  #onServerClosed(code: string | undefined, nowMs: Millis): void {
    if (this.#state.name === "connecting") {
      this.#onConnectFailed(this.#state.server, false, nowMs);
    } else if (this.#state.name === "answering") {
      this.#serverSide!.countServerAbort(code !== undefined);
      this.#become({ name: "failed" });
      this.#finish("SD", nowMs);
    }
  }

  #onConnectFailed(server: ServerState, timedOut: boolean, nowMs: Millis): void {
    const decision = this.#serverSide!.fail(server, timedOut, nowMs);
    if (decision.kind === "give-up") {
      // Nothing is connecting any more.
      this.#become({ name: "failed" });
      return this.#finish(timedOut ? "sC" : "SC", nowMs);
    }
    if (decision.waitMs === 0) return this.#retry(server, nowMs);
    this.#become({ name: "pausing", deadlineMs: nowMs + decision.waitMs, server });
    this.#client.inspect(this.context.backend!.proxy.content.inspectBytesMax);
  }

  /** Tries again: the server whose slot is still held, or another one. */
  #retry(server: ServerState, nowMs: Millis): void {
    if (this.#serverSide!.server === undefined) this.#assign(server, nowMs);
    else this.#attempt(server, nowMs);
  }

  #onConnected(event: Extract<SessionEvent, { kind: "connected" }>, nowMs: Millis): void {
    if (this.#state.name !== "connecting") return;
    const { server } = this.#state;
    this.log.noteConnected(nowMs, event.local);
    this.#serverSide!.observe(server, true);
    if (event.tls !== undefined) this.context.serverTls = event.tls;
    this.#answering = new Answering(this.#accounts, this.#client, this.#pipeline!);
    const deadlineMs = this.#answering.begin(nowMs);
    if (deadlineMs === undefined) return this.#relay(server, nowMs);
    this.#become({ name: "answering", deadlineMs, server });
  }

  #onAnswer(nowMs: Millis): void {
    if (this.#state.name !== "answering") return;
    const { server } = this.#state;
    const answer = this.#answering!.judge(this.#serverSide!);
    if (answer.kind === "wait") return;
    if (answer.kind === "end") return this.#finish(answer.termination, nowMs);
    this.#stores = [...this.#stores, ...answer.stores];
    this.#relay(server, nowMs);
  }

  #relay(server: ServerState, nowMs: Millis): void {
    const backend = this.context.backend!;
    this.#become(RELAYING);
    this.#accounts.relay(storeServer(this.#stores, server, backend, nowMs), nowMs);
    this.#pipeline = undefined;
    this.#answering = undefined;
    this.#inspectDelay = undefined;
    // What it sticks by is needed again only where it may be moved to a server of our choice.
    if (backend.side.rebalance === undefined) this.#stores = NO_STORES;
    if (this.#leaving !== undefined) {
      this.#become(this.#leaving.depart(this.#state, this.#stores, nowMs));
    }
  }

  /** The client's connection broke; HAProxy calls that an abort of the transfer in every phase but the first. */
  #onClientClosed(code: string | undefined, nowMs: Millis): void {
    const { name } = this.#state;
    this.#client.vanish();
    if (name === "refusing") return this.#finish(this.#state.termination, nowMs);
    if (name === "opening") return this.#open(this.#opening!.lost(code), nowMs);
    this.#serverSide?.countClientAbort();
    this.#finish(name === "inspecting" ? "CR" : "CD", nowMs);
  }

  /** The inspection delay is over, or before that the client has been silent for its timeout. */
  #onInspectionTimeout(deadlineMs: Millis, nowMs: Millis): void {
    if (this.#inspectDelay?.isOver(deadlineMs) !== true) {
      this.#serverSide?.countClientAbort();
      return this.#finish("cR", nowMs);
    }
    this.context.request = { ...this.context.request, final: true };
    this.#proceed(nowMs);
  }

  #onTimeout(nowMs: Millis): void {
    const state = this.#state;
    if (!("deadlineMs" in state) || state.deadlineMs > nowMs) return;
    switch (state.name) {
      case "opening":
        return this.#open(this.#opening!.late(), nowMs);
      case "inspecting":
        return this.#onInspectionTimeout(state.deadlineMs, nowMs);
      case "queued":
        this.#serverSide!.countQueueTimeout();
        return this.#finish("sQ", nowMs);
      case "pausing":
        return this.#retry(state.server, nowMs);
      case "connecting":
        this.#effects.push({ kind: "abandon-server" });
        return this.#onConnectFailed(state.server, true, nowMs);
      case "answering":
        this.context.response = { ...this.context.response, final: true };
        return this.#onAnswer(nowMs);
      case "refusing":
        return this.#finish(state.termination, nowMs);
      case "relaying":
        return this.#become(this.#leaving!.giveUp());
    }
  }

  /** Somebody else ends it; a running relay tells its counters first. */
  #onKill(cause: KillCause, nowMs: Millis): void {
    const { name } = this.#state;
    const manner = killManner(cause);
    if (name !== "relaying") return this.#finish(killTermination(cause, name), nowMs, manner);
    this.#leaving ??= new Leaving(this.#accounts, this.#client);
    this.#become(this.#leaving.end(cause, nowMs));
  }

  #onRelayEnded(end: RelayEnd, counters: RelayCounters, nowMs: Millis): void {
    this.log.noteRelay(counters);
    this.#serverSide!.countRelayEnd(end);
    this.#conclude(relayTermination(end, this.#leaving?.cause), nowMs);
  }

  /** Closes what is open, counts and logs. */
  #finish(termination: string, nowMs: Millis, manner: CloseManner = "finish"): void {
    const { name } = this.#state;
    if (name === "queued") this.#serverSide!.cancel(nowMs);
    if (name === "connecting" || name === "answering" || name === "relaying") {
      this.#effects.push({ kind: "abandon-server" });
    }
    this.#refusing ??= new Refusing(this.#accounts, this.#client);
    const wait = manner === "finish" ? this.#refusing.tell(termination, nowMs) : undefined;
    if (wait !== undefined) {
      this.#serverSide?.release(nowMs);
      return this.#become(wait);
    }
    this.#client.close(manner);
    this.#conclude(termination, nowMs);
  }

  #conclude(termination: string, nowMs: Millis): void {
    this.#serverSide?.release(nowMs);
    this.#accounts.conclude(termination, nowMs);
    this.#leave(nowMs);
  }

  /** The one way out; a connection that never became a session has no traffic line. */
  #leave(nowMs: Millis): void {
    this.#accounts.leave(nowMs);
    this.#become({ name: "ended" });
    this.#effects.push({ kind: "ended" });
  }

  #become(state: SessionState): void {
    assert(this.#state.name !== "ended", "A session that has ended becomes nothing else");
    this.#state = state;
  }
}
