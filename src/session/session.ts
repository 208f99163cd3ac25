// One client connection, from accept to the last close.
//
// Theory of operation. The path is: connection rules, PROXY header, TLS, session rules, then the
// pipeline, which looks at first bytes and says which backend and which server a stick table wants.
// While the pipeline needs bytes that have not come, the session is `inspecting`; this ends with
// the inspection delay, a full buffer or the end of the stream, whichever is first. From then on it
// is queued, connecting, pausing before a retry, waiting for the server's first bytes, or relaying.
// However it ends, `#leave` is the one way out: it gives back what the session holds.
import { assert } from "../base/assert.ts";
import type { Endpoint } from "../base/address.ts";
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";
import { INSPECT_DELAY_DEFAULT_MS, PROXY_V2_BYTES_MAX } from "../limits.ts";
import type { TrackedCounters } from "../stick/tracked.ts";
import type { KillCause, SessionEffect, SessionEvent } from "./events.ts";
import type { FrontendState, ListenerState } from "./frontend-state.ts";
import type { CloseManner, RelayCounters, RelayEnd } from "./mover.ts";
import { Pins } from "./pins.ts";
import { Pipeline } from "./pipeline.ts";
import { decodeProxyHeader } from "./proxy-protocol/decode.ts";
import { relaySpec } from "./relay-spec.ts";
import { runRules } from "./rule-runner.ts";
import { ServerSide } from "./server-side.ts";
import { SessionContext } from "./session-context.ts";
import { SessionLog } from "./session-log.ts";
import { matchResponse, type PendingStore, storeServer } from "./sticking.ts";
import { KILL_LETTERS, RELAY_TERMINATIONS } from "./termination.ts";
import type { World } from "./world.ts";

/** Where a session stands; `deadlineMs` is when it waits no longer. */
type State =
  | { readonly name: "opening" }
  | { readonly name: "proxy-header"; readonly deadlineMs: Millis }
  | { readonly name: "securing"; readonly deadlineMs: Millis }
  | { readonly name: "inspecting"; readonly deadlineMs: Millis }
  | { readonly name: "queued"; readonly deadlineMs: Millis }
  | { readonly name: "pausing"; readonly deadlineMs: Millis; readonly server: ServerState }
  | { readonly name: "connecting"; readonly deadlineMs: Millis; readonly server: ServerState }
  | { readonly name: "answering"; readonly deadlineMs: Millis; readonly server: ServerState }
  | { readonly name: "relaying" }
  | { readonly name: "ended" };

/** A client connection and what becomes of it. */
export class Session implements Machine<SessionEvent, SessionEffect> {
  readonly #world: World;
  readonly #listener: ListenerState;
  readonly #frontend: FrontendState;
  readonly #context: SessionContext;
  readonly #trackers: TrackedCounters;
  readonly #log: SessionLog;
  readonly #pipeline: Pipeline;
  readonly #pins = new Pins();
  readonly #effects: SessionEffect[] = [];
  #state: State = { name: "opening" };
  #serverSide: ServerSide | undefined;
  #inspectDeadlineMs: Millis | undefined;
  #isClientInspected = false;
  #stores: readonly PendingStore[] = [];
  #responseRuleIndex = 0;
  #killed: KillCause | undefined;
  #isLogged = false;

  constructor(
    world: World,
    frontend: FrontendState,
    listener: ListenerState,
    ends: { readonly source: Endpoint; readonly destination: Endpoint },
    time: { readonly nowMs: Millis; readonly wallMs: number },
  ) {
    this.#world = world;
    this.#frontend = frontend;
    this.#listener = listener;
    this.#trackers = world.newTrackers();
    this.#context = new SessionContext(world, this.#trackers, frontend, ends, time);
    this.#pipeline = new Pipeline(frontend, this.#context);
    const requestCount = world.nextRequestCount();
    this.#log = new SessionLog(frontend, ends.destination, time.nowMs, requestCount);
  }

  /** What rules see of this session; for logs and statistics. */
  get context(): SessionContext {
    return this.#context;
  }

  /** The name of the state it is in. */
  get stateName(): State["name"] {
    return this.#state.name;
  }

  poll(): SessionEffect | undefined {
    return this.#effects.shift();
  }

  nextTimeout(): Millis | undefined {
    const state = this.#state;
    return "deadlineMs" in state && state.deadlineMs !== Infinity ? state.deadlineMs : undefined;
  }

  handle(event: SessionEvent, nowMs: Millis): void {
    if (this.#state.name === "ended") return;
    this.#context.nowMs = nowMs;
    switch (event.kind) {
      case "accepted":
        return this.#onAccepted(nowMs);
      case "bytes":
        return this.#onBytes(event.bytes, event.ended, nowMs);
      case "secured":
        this.#context.tls = event.tls;
        return this.#openSession(nowMs);
      case "client-closed":
        return this.#onClientClosed(event.code, nowMs);
      case "connected":
        return this.#onConnected(event, nowMs);
      case "server-bytes":
        this.#context.response = { bytes: event.bytes, final: event.ended };
        return this.#onAnswer(nowMs);
      case "server-closed":
        return this.#onServerClosed(nowMs);
      case "relay-ended":
        return this.#onRelayEnded(event.end, event.counters, nowMs);
      case "assigned":
        this.#log.noteQueuePositions(event.grant);
        this.#serverSide!.take(event.grant.server, nowMs);
        return this.#attempt(event.grant.server, nowMs);
      case "requeued":
        return this.#assign(undefined, nowMs);
      case "kill":
        return this.#onKill(event.cause, nowMs);
      case "timeout":
        return this.#onTimeout(nowMs);
    }
  }

  // Opening: connection rules, PROXY header, TLS, session rules.

  #onAccepted(nowMs: Millis): void {
    this.#frontend.counters.sessions.enter();
    const { verdict } = runRules(this.#frontend.rules.connection, 0, this.#context);
    if (verdict === "reject" || verdict === "silent-drop") {
      this.#frontend.counters.deniedConnections++;
      return this.#abort(verdict === "reject" ? "reset" : "silent", nowMs);
    }
    const socket = this.#frontend.clientSocket;
    if (socket !== undefined) this.#effects.push({ kind: "configure-client", socket });
    if (this.#listener.bind.acceptProxy || verdict === "expect-proxy") {
      this.#become({ name: "proxy-header", deadlineMs: this.#handshakeDeadline(nowMs) });
      return this.#inspectClient(PROXY_V2_BYTES_MAX);
    }
    this.#secureOrOpen(nowMs);
  }

  #handshakeDeadline(nowMs: Millis): Millis {
    return nowMs + (this.#frontend.proxy.timeouts.client ?? Infinity);
  }

  #onProxyBytes(bytes: Uint8Array, isEnded: boolean, nowMs: Millis): void {
    const decoded = decodeProxyHeader(bytes);
    if (decoded.kind === "need-more") {
      if (isEnded) this.#failHandshake("Connection closed while waiting for PROXY header", nowMs);
      return;
    }
    if (decoded.kind === "malformed") {
      return this.#failHandshake(`Invalid PROXY header: ${decoded.reason}`, nowMs);
    }
    const { source, destination } = decoded.header;
    if (source !== undefined) this.#context.source = source;
    if (destination !== undefined) {
      this.#context.destination = destination;
      this.#log.noteDestination(destination);
    }
    this.#effects.push({ kind: "consume-client", count: decoded.byteCount });
    this.#context.request = { bytes: bytes.subarray(decoded.byteCount), final: isEnded };
    this.#secureOrOpen(nowMs);
  }

  #secureOrOpen(nowMs: Millis): void {
    const context = this.#listener.tls;
    if (context === undefined) return this.#openSession(nowMs);
    this.#context.request = { bytes: new Uint8Array(0), final: false };
    this.#isClientInspected = false;
    this.#become({ name: "securing", deadlineMs: this.#handshakeDeadline(nowMs) });
    this.#effects.push({ kind: "secure-client", context });
  }

  #failHandshake(message: string, nowMs: Millis): void {
    this.#frontend.counters.failedRequests++;
    const isEmpty = this.#context.request.bytes.length === 0;
    if (!isEmpty || !this.#frontend.proxy.flags.has("dontlognull")) {
      this.#effects.push({ kind: "log-handshake", record: this.#record("--", nowMs), message });
    }
    this.#abort("finish", nowMs);
  }

  #openSession(nowMs: Millis): void {
    this.#log.noteHandshake(nowMs);
    this.#frontend.counters.sessionRate.add(nowMs);
    const { verdict } = runRules(this.#frontend.rules.session, 0, this.#context);
    if (verdict === "reject" || verdict === "silent-drop") {
      this.#frontend.counters.deniedSessions++;
      return this.#abort(verdict === "reject" ? "reset" : "silent", nowMs);
    }
    this.#trackers.onSession(nowMs);
    if (this.#frontend.logMoment === "accept") this.#logTraffic("--", nowMs, true);
    this.#proceed(nowMs);
  }

  // First bytes.

  #proceed(nowMs: Millis): void {
    const step = this.#pipeline.advance();
    this.#enterBackend(nowMs);
    const backend = this.#context.backend;
    switch (step.kind) {
      case "wait":
        return this.#waitForBytes(nowMs);
      case "rejected":
        this.#frontend.counters.deniedRequests++;
        if (backend !== undefined) backend.counters.deniedRequests++;
        return this.#finish("PR", nowMs, step.manner);
      case "no-backend":
        this.#frontend.counters.failedRequests++;
        return this.#finish("SC", nowMs);
      case "ready":
        this.#serverSide!.persist(step.server);
        this.#stores = step.stores;
        if (backend!.isPinning) this.#pins.add(step.matched);
        return this.#assign(undefined, nowMs);
    }
  }

  /** Counts the session in its backend as soon as that is known. */
  #enterBackend(nowMs: Millis): void {
    const backend = this.#context.backend;
    if (backend === undefined || this.#serverSide !== undefined) return;
    backend.counters.sessions.enter();
    backend.counters.sessionRate.add(nowMs);
    const parts = {
      world: this.#world,
      context: this.#context,
      log: this.#log,
      effects: this.#effects,
    };
    this.#serverSide = new ServerSide(this, parts, backend);
  }

  #waitForBytes(nowMs: Millis): void {
    const { content } = (this.#context.backend ?? this.#frontend).proxy;
    const delayMs = content.requestInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS;
    this.#inspectDeadlineMs ??= nowMs + delayMs;
    const deadlineMs = Math.min(this.#inspectDeadlineMs, this.#handshakeDeadline(nowMs));
    this.#become({ name: "inspecting", deadlineMs });
    this.#inspectClient(content.inspectBytesMax);
  }

  #inspectClient(bytesMax: number): void {
    if (this.#isClientInspected) return;
    this.#isClientInspected = true;
    this.#effects.push({ kind: "inspect-client", bytesMax });
  }

  #onBytes(bytes: Uint8Array, isEnded: boolean, nowMs: Millis): void {
    const { content } = (this.#context.backend ?? this.#frontend).proxy;
    this.#context.request = { bytes, final: isEnded || bytes.length >= content.inspectBytesMax };
    const { name } = this.#state;
    if (name === "proxy-header") return this.#onProxyBytes(bytes, isEnded, nowMs);
    if (name === "inspecting") return this.#proceed(nowMs);
    // A client that has finished still gets its answer, unless it has not even asked.
    const isAborted = bytes.length === 0 || this.#context.backend?.isAbortedOnClose === true;
    if (!isEnded || !isAborted) return;
    if (name === "queued") this.#finish("CQ", nowMs);
    else if (name === "connecting" || name === "pausing") this.#finish("CC", nowMs);
  }

  // The server.

  #assign(avoid: ServerState | undefined, nowMs: Millis): void {
    const outcome = this.#serverSide!.assign(avoid, nowMs);
    if (outcome.kind === "connect") return this.#attempt(outcome.server, nowMs);
    if (outcome.kind === "none") return this.#finish("SC", nowMs);
    const { timeouts, content } = this.#context.backend!.proxy;
    const waitMs = timeouts.queue ?? timeouts.connect ?? Infinity;
    this.#become({ name: "queued", deadlineMs: nowMs + waitMs });
    this.#inspectClient(content.inspectBytesMax);
  }

  #attempt(server: ServerState, nowMs: Millis): void {
    const spec = this.#serverSide!.attempt(server, nowMs);
    if (spec === undefined) return this.#onConnectFailed(server, false, nowMs);
    const connectMs = this.#context.backend!.proxy.timeouts.connect ?? Infinity;
    this.#become({ name: "connecting", deadlineMs: nowMs + connectMs, server });
    this.#effects.push({ kind: "connect-server", spec });
  }

  #onServerClosed(nowMs: Millis): void {
    if (this.#state.name === "connecting") {
      this.#onConnectFailed(this.#state.server, false, nowMs);
    } else if (this.#state.name === "answering") {
      this.#finish("SD", nowMs);
    }
  }

  #onConnectFailed(server: ServerState, timedOut: boolean, nowMs: Millis): void {
    const decision = this.#serverSide!.fail(server, timedOut, nowMs);
    if (decision.kind === "give-up") {
      // Nothing is connecting any more.
      this.#become({ name: "opening" });
      return this.#finish(timedOut ? "sC" : "SC", nowMs);
    }
    if (decision.kind === "redispatch") return this.#assign(server, nowMs);
    if (decision.waitMs === 0) return this.#attempt(server, nowMs);
    this.#become({ name: "pausing", deadlineMs: nowMs + decision.waitMs, server });
    this.#inspectClient(this.#context.backend!.proxy.content.inspectBytesMax);
  }

  #onConnected(event: Extract<SessionEvent, { kind: "connected" }>, nowMs: Millis): void {
    if (this.#state.name !== "connecting") return;
    const { server } = this.#state;
    const backend = this.#context.backend!;
    this.#log.noteConnected(nowMs, event.local);
    this.#serverSide!.observe(server, true);
    if (event.tls !== undefined) this.#context.serverTls = event.tls;
    if (!backend.rules.inspectsResponse) return this.#relay(server, nowMs);
    const { bytes } = this.#context.request;
    if (bytes.length > 0) {
      this.#effects.push({ kind: "send-server", bytes });
      this.#effects.push({ kind: "consume-client", count: bytes.length });
      this.#log.noteSent(bytes.length);
    }
    const { content } = backend.proxy;
    const delayMs = content.responseInspectDelayMs ?? INSPECT_DELAY_DEFAULT_MS;
    this.#become({ name: "answering", deadlineMs: nowMs + delayMs, server });
    this.#effects.push({ kind: "inspect-server", bytesMax: content.inspectBytesMax });
  }

  #onAnswer(nowMs: Millis): void {
    if (this.#state.name !== "answering") return;
    const backend = this.#context.backend!;
    const outcome = runRules(backend.rules.response, this.#responseRuleIndex, this.#context);
    this.#responseRuleIndex = outcome.index;
    if (outcome.verdict === "wait") return;
    if (outcome.verdict === "reject" || outcome.verdict === "close") {
      backend.counters.deniedResponses++;
      this.#frontend.counters.deniedResponses++;
      return this.#finish("PR", nowMs);
    }
    const stores = matchResponse(backend.rules.stick, this.#context);
    if (stores === "wait") return;
    this.#stores = [...this.#stores, ...stores];
    this.#relay(this.#state.server, nowMs);
  }

  #relay(server: ServerState, nowMs: Millis): void {
    const backend = this.#context.backend!;
    const stored = storeServer(this.#stores, server, backend, nowMs);
    if (backend.isPinning) this.#pins.add(stored);
    this.#become({ name: "relaying" });
    this.#effects.push({ kind: "relay", spec: relaySpec(this.#frontend.proxy, backend.proxy) });
    if (this.#frontend.logMoment === "connect") this.#logTraffic("--", nowMs, true);
  }

  // The end.

  #onClientClosed(code: string | undefined, nowMs: Millis): void {
    switch (this.#state.name) {
      case "proxy-header":
        return this.#failHandshake("Connection closed while waiting for PROXY header", nowMs);
      case "securing":
        return code === undefined
          ? this.#failHandshake("Connection closed during SSL handshake", nowMs)
          : this.#failHandshake(`SSL handshake failure: ${code}`, nowMs);
      case "inspecting":
        // As after a FIN, the rules have the last word.
        return this.#judgeWithoutMore(nowMs);
      case "queued":
        return this.#finish("CQ", nowMs);
      case "pausing":
      case "connecting":
        return this.#finish("CC", nowMs);
      default:
        return this.#finish("CD", nowMs);
    }
  }

  #judgeWithoutMore(nowMs: Millis): void {
    this.#context.request = { ...this.#context.request, final: true };
    this.#proceed(nowMs);
  }

  #onTimeout(nowMs: Millis): void {
    const state = this.#state;
    if (!("deadlineMs" in state) || state.deadlineMs > nowMs) return;
    switch (state.name) {
      case "proxy-header":
        return this.#failHandshake("Timeout while waiting for PROXY header", nowMs);
      case "securing":
        return this.#failHandshake("Timeout during SSL handshake", nowMs);
      case "inspecting":
        return this.#judgeWithoutMore(nowMs);
      case "queued":
        this.#context.backend!.counters.failedConnects++;
        return this.#finish("sQ", nowMs);
      case "pausing":
        return this.#attempt(state.server, nowMs);
      case "connecting":
        this.#effects.push({ kind: "abandon-server" });
        return this.#onConnectFailed(state.server, true, nowMs);
      case "answering":
        this.#context.response = { ...this.#context.response, final: true };
        return this.#onAnswer(nowMs);
    }
  }

  /** Somebody else ends it; a running relay tells its counters first. */
  #onKill(cause: KillCause, nowMs: Millis): void {
    this.#killed ??= cause;
    if (this.#state.name === "relaying") {
      this.#effects.push({ kind: "close-client", manner: "finish" });
      return;
    }
    const isConnecting = this.#serverSide?.server !== undefined;
    const phase = this.#state.name === "queued" ? "Q" : isConnecting ? "C" : "R";
    this.#finish(`${KILL_LETTERS[cause]}${phase}`, nowMs);
  }

  #onRelayEnded(end: RelayEnd, counters: RelayCounters, nowMs: Millis): void {
    this.#log.noteRelay(counters);
    const backend = this.#context.backend!;
    if (end === "client-error") backend.counters.clientAborts++;
    if (end === "server-error") backend.counters.serverAborts++;
    const isKilled = end === "closed" && this.#killed !== undefined;
    const termination = isKilled ? `${KILL_LETTERS[this.#killed!]}D` : RELAY_TERMINATIONS[end];
    this.#conclude(termination, nowMs);
  }

  /** Closes what is open, counts and logs. */
  #finish(termination: string, nowMs: Millis, manner: CloseManner = "finish"): void {
    const { name } = this.#state;
    if (name === "queued") this.#serverSide!.cancel(nowMs);
    if (name === "connecting" || name === "answering") {
      this.#effects.push({ kind: "abandon-server" });
    }
    this.#effects.push({ kind: "close-client", manner });
    this.#conclude(termination, nowMs);
  }

  #conclude(termination: string, nowMs: Millis): void {
    this.#serverSide?.release(nowMs);
    this.#trackers.onBytes(this.#log.totals, nowMs);
    this.#log.count(this.#context.backend, nowMs);
    this.#context.backend?.counters.sessions.leave();
    this.#logTraffic(termination, nowMs);
    this.#leave(nowMs);
  }

  /** Ends a connection that never became a session: no traffic line, only the client is closed. */
  #abort(manner: CloseManner, nowMs: Millis): void {
    this.#effects.push({ kind: "close-client", manner });
    this.#leave(nowMs);
  }

  #leave(nowMs: Millis): void {
    this.#pins.release(nowMs);
    this.#trackers.release(nowMs);
    this.#frontend.counters.sessions.leave();
    this.#become({ name: "ended" });
    this.#effects.push({ kind: "ended" });
  }

  /** Logs once: early where the frontend's format allows or asks for it, else at the end. */
  #logTraffic(termination: string, nowMs: Millis, isEarly = false): void {
    if (this.#isLogged) return;
    this.#isLogged = true;
    if (!isEarly && !this.#log.isWanted(termination)) return;
    const record = this.#record(termination, nowMs, isEarly);
    this.#effects.push({ kind: "log", record, context: this.#context });
  }

  #record(termination: string, nowMs: Millis, isEarly = false): ReturnType<SessionLog["record"]> {
    const { connectionCount } = this.#world;
    const logAsap = isEarly && this.#frontend.proxy.flags.has("logasap");
    return this.#log.record(termination, this.#context, { connectionCount, logAsap, nowMs });
  }

  #become(state: State): void {
    assert(this.#state.name !== "ended", `A session that has ended does not become ${state.name}`);
    this.#state = state;
  }
}
