// The server's half of a session: the slot it holds, the attempts it makes, and what both count.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { Dispatch } from "../balance/assignment.ts";
import type { ServerState } from "../balance/server.ts";
import type { AccountedParts } from "./accounts.ts";
import type { BackendState } from "./backend-state.ts";
import { connectSpec } from "./connect-spec.ts";
import type { ConnectSpec, RelayEnd } from "./mover.ts";
import { decideRetry, type RetryDecision } from "./retry.ts";
import type { Session } from "./session.ts";

/** What asking for a server came to; with `connect` the slot is held. */
export type AssignOutcome =
  | { readonly kind: "connect"; readonly server: ServerState }
  | { readonly kind: "queued" }
  /** The server that it must have is full, and so is its queue. */
  | { readonly kind: "refused" }
  | { readonly kind: "none" };

/** One session's dealings with the servers of its backend. */
export class ServerSide {
  readonly #owner: Session;
  readonly #parts: AccountedParts;
  readonly backend: BackendState;
  /** The server that a stick table or `use-server` demands. */
  #persisted: ServerState | undefined;
  /** A stick table knows the client. */
  #isReturning = false;
  #held: ServerState | undefined;
  /** The server whose queue it waits in. */
  #awaited: ServerState | undefined;
  /** The server that it has left for another choice. */
  #left: ServerState | undefined;
  #retriesDone = 0;

  constructor(owner: Session, parts: AccountedParts, backend: BackendState) {
    this.#owner = owner;
    this.#parts = parts;
    this.backend = backend;
  }

  /** The server whose slot is held. */
  get server(): ServerState | undefined {
    return this.#held;
  }

  /** What rules and tables say: the server to have, and whether a table knows the client. */
  persist(server: ServerState | undefined, isReturning: boolean): void {
    this.#persisted = server;
    this.#isReturning = isReturning;
  }

  /** Asks the balancer; `avoid` is the server that has just failed. */
  assign(avoid: ServerState | undefined, nowMs: Millis): AssignOutcome {
    const { balance } = this.backend.side;
    const assignment = this.backend.balancer.assign(
      {
        token: this.#owner,
        persisted: this.#persisted,
        isReturning: this.#isReturning,
        avoid,
        sourceIp: balance.algorithm === "source" ? this.#parts.context.sourceIp() : undefined,
        hashKey: this.#parts.context.keyBytes(this.backend.rules.hashKey),
      },
      nowMs,
    );
    switch (assignment.kind) {
      case "server":
        this.#settle(assignment.server, assignment.redispatchedFrom);
        this.#take(assignment.server, nowMs);
        return { kind: "connect", server: assignment.server };
      case "queued":
        this.#settle(assignment.server, assignment.redispatchedFrom);
        this.#awaited = assignment.server;
        this.#parts.log.noteQueued(assignment.server, assignment.position);
        return { kind: "queued" };
      case "refused-full":
        this.#parts.log.noteServer(assignment.server);
        this.#countFailure(assignment.server);
        this.#countPaced(assignment.server);
        return { kind: "refused" };
      case "none":
        this.#parts.log.noteServer(undefined);
        this.#countFailure(undefined);
        return { kind: "none" };
    }
  }

  /** The choice is made: whether it is another than before, and whether it is persistence's. */
  #settle(server: ServerState | undefined, redispatchedFrom: ServerState | undefined): void {
    if (server !== this.#persisted) this.#persisted = undefined;
    const left = this.#left ?? redispatchedFrom;
    this.#left = undefined;
    if (left === undefined) return;
    if (left === server) return this.#countRetry(left);
    this.backend.counters.redispatches++;
    left.counters.redispatches++;
    this.#parts.log.noteRedispatch();
  }

  /** Its place in a queue is lost, and with it what bound it to that server. */
  leaveQueue(): void {
    this.#left = this.#awaited;
    this.#awaited = undefined;
    this.#persisted = undefined;
    this.#parts.log.noteRequeued();
  }

  /** Takes the slot that it has waited for. */
  accept(grant: Dispatch<Session>, nowMs: Millis): void {
    this.#parts.log.noteQueuePositions(grant);
    this.#take(grant.server, nowMs);
  }

  /** Holds the slot that the balancer has reserved for this session. */
  #take(server: ServerState, nowMs: Millis): void {
    assert(this.#held === undefined, "A session holds one slot at a time");
    this.#held = server;
    this.#awaited = undefined;
    this.backend.join(server, this.#owner, nowMs);
    this.#parts.context.server = server;
    this.#parts.log.noteAssigned(nowMs, server);
  }

  /** Gives back a slot that came too late. */
  decline(server: ServerState, nowMs: Millis): void {
    this.#giveBack(server, nowMs);
  }

  /** How to connect to the held server; `undefined` while its name has no address. */
  attempt(server: ServerState, nowMs: Millis): ConnectSpec | undefined {
    const { counters } = this.backend;
    counters.connects++;
    counters.lastSessionMs = nowMs;
    server.countConnection(nowMs);
    const spec = connectSpec(this.backend, server, this.#parts.context, this.#parts.world);
    if (spec !== undefined) this.#parts.log.noteAddress(spec.endpoint);
    return spec;
  }

  /** Tells servers that observe traffic how a connect went. */
  observe(server: ServerState, isOk: boolean): void {
    if (server.spec.observe !== undefined)
      this.#parts.effects.push({ kind: "observed", server, isOk });
  }

  /** Counts a failed connect and decides what comes next; a redispatch gives the slot back. */
  fail(server: ServerState, timedOut: boolean, nowMs: Millis): RetryDecision {
    const { side, proxy, balancer } = this.backend;
    this.observe(server, false);
    const decision = decideRetry({
      retriesDone: this.#retriesDone,
      retriesMax: side.retries,
      redispatch: side.redispatch,
      persisted: this.#persisted !== undefined,
      serverRunning: server.isRunning(),
      activeCount: balancer.counts().activeUsable,
      algorithm: side.balance.algorithm,
      timedOut,
      connectTimeoutMs: proxy.timeouts.connect,
    });
    if (decision.kind === "give-up") {
      this.#countFailure(server);
      return decision;
    }
    this.#retriesDone++;
    this.#parts.log.noteRetry();
    if (decision.kind === "redispatch") {
      this.#left = server;
      this.#persisted = undefined;
      this.release(nowMs);
    } else {
      this.#countRetry(server);
      if (server.spec.connectRate !== undefined) this.#stepBack(server, nowMs);
    }
    return decision;
  }

  /** Another try is another connect for a server that is presented with so many a second only. */
  #stepBack(server: ServerState, nowMs: Millis): void {
    this.#persisted = server;
    this.release(nowMs);
  }

  #countRetry(server: ServerState): void {
    this.backend.counters.retries++;
    server.counters.retries++;
  }

  #countFailure(server: ServerState | undefined): void {
    this.backend.counters.failedConnects++;
    if (server !== undefined) server.counters.connectErrors++;
  }

  /** Counts a client that broke off or fell silent. */
  countClientAbort(): void {
    this.backend.counters.clientAborts++;
    if (this.#held !== undefined) this.#held.counters.clientAborts++;
  }

  /** Counts a server that fell silent or, if it `isFailure`, broke off. */
  countServerAbort(isFailure: boolean): void {
    this.backend.counters.serverAborts++;
    if (isFailure) this.backend.counters.failedResponses++;
    if (this.#held === undefined) return;
    this.#held.counters.serverAborts++;
    if (isFailure) this.#held.counters.responseErrors++;
  }

  /** Counts how a relay ended, unless that was in order. */
  countRelayEnd(end: RelayEnd): void {
    if (end === "client-error" || end === "client-timeout") this.countClientAbort();
    else if (end === "server-error") this.countServerAbort(true);
    else if (end === "server-timeout") this.countServerAbort(false);
  }

  /** Counts an answer that a rule refused. */
  countDeniedResponse(): void {
    this.backend.counters.deniedResponses++;
    this.#parts.context.frontend.counters.deniedResponses++;
    this.#parts.context.listenerCounters.deniedResponses++;
    if (this.#held !== undefined) this.#held.counters.deniedResponses++;
  }

  /** The time in the queue is up. */
  countQueueTimeout(): void {
    this.#countFailure(this.#awaited);
    this.#countPaced(this.#awaited);
  }

  /** No place was to be had of this server, or of any: where it has free ones, its pace is why. */
  #countPaced(server: ServerState | undefined): void {
    const servers = server === undefined ? this.backend.balancer.servers : [server];
    const isPaced = servers.some(
      ({ spec, maxconn, served }) =>
        spec.connectRate !== undefined && (maxconn === 0 || served < maxconn),
    );
    if (isPaced) this.#parts.context.countLimited("connect-rate");
  }

  /** Leaves the queue for good. */
  cancel(nowMs: Millis): void {
    this.#parts.log.noteQueuePositions(this.backend.balancer.cancel(this.#owner, nowMs));
    this.#parts.log.noteAssigned(nowMs, this.#awaited);
  }

  /** Gives the slot back; whoever waited for it is told. */
  release(nowMs: Millis): void {
    const server = this.#held;
    if (server === undefined) return;
    this.#held = undefined;
    this.backend.leave(server, this.#owner);
    this.#giveBack(server, nowMs);
  }

  #giveBack(server: ServerState, nowMs: Millis): void {
    const grants = this.backend.balancer.release(server, nowMs);
    if (grants.length === 0) return this.#parts.log.noteReleased(server.served);
    for (const grant of grants) this.#parts.effects.push({ kind: "grant", grant });
    // HAProxy wakes who waits, and counts it with the server once it runs.
    const grantedCount = grants.filter((grant) => grant.server === server).length;
    this.#parts.log.noteReleased(server.served - grantedCount);
  }
}
