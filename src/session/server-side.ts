// The server's half of a session: the slot it holds, the attempts it makes, and what both count.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { ServerState } from "../balance/server.ts";
import type { AccountedParts } from "./accounts.ts";
import type { BackendState } from "./backend-state.ts";
import { connectSpec } from "./connect-spec.ts";
import type { SessionEffect } from "./events.ts";
import type { ConnectSpec } from "./mover.ts";
import type { SessionLog } from "./session-log.ts";
import { decideRetry, type RetryDecision } from "./retry.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";
import type { World } from "./world.ts";

/** What asking for a server came to; with `connect` the slot is held. */
export type AssignOutcome =
  | { readonly kind: "connect"; readonly server: ServerState }
  | { readonly kind: "queued" }
  | { readonly kind: "none" };

/** One session's dealings with the servers of its backend. */
export class ServerSide {
  readonly #owner: Session;
  readonly #world: World;
  readonly #context: SessionContext;
  readonly #log: SessionLog;
  readonly #effects: SessionEffect[];
  readonly backend: BackendState;
  /** The server that a stick table or `use-server` demands. */
  #persisted: ServerState | undefined;
  #held: ServerState | undefined;
  #retriesDone = 0;

  constructor(
    owner: Session,
    parts: Pick<AccountedParts, "world" | "context" | "log" | "effects">,
    backend: BackendState,
  ) {
    this.#owner = owner;
    this.#world = parts.world;
    this.#context = parts.context;
    this.#log = parts.log;
    this.#effects = parts.effects;
    this.backend = backend;
  }

  /** The server whose slot is held. */
  get server(): ServerState | undefined {
    return this.#held;
  }

  persist(server: ServerState | undefined): void {
    this.#persisted = server;
  }

  /** Asks the balancer; `avoid` is the server that has just failed. */
  assign(avoid: ServerState | undefined, nowMs: Millis): AssignOutcome {
    const { balance } = this.backend.side;
    const assignment = this.backend.balancer.assign(
      {
        token: this.#owner,
        persisted: this.#persisted,
        avoid,
        sourceIp: balance.algorithm === "source" ? this.#context.sourceIp() : undefined,
        hashKey: this.#context.keyBytes(this.backend.rules.hashKey),
      },
      nowMs,
    );
    if ("redispatchedFrom" in assignment) {
      this.#countRedispatch(assignment.redispatchedFrom);
    }
    switch (assignment.kind) {
      case "server":
        this.take(assignment.server, nowMs);
        return { kind: "connect", server: assignment.server };
      case "queued":
        this.#log.noteQueued(assignment.server !== undefined, assignment.position);
        return { kind: "queued" };
      case "none":
      case "refused-full":
        this.backend.counters.failedConnects++;
        this.#log.noteAssigned(nowMs, undefined);
        return { kind: "none" };
    }
  }

  /** Holds the slot that the balancer has reserved for this session. */
  take(server: ServerState, nowMs: Millis): void {
    assert(this.#held === undefined, "A session holds one slot at a time");
    this.#held = server;
    this.backend.join(server, this.#owner, nowMs);
    this.#context.server = server;
    this.#log.noteAssigned(nowMs, server);
  }

  /** How to connect to the held server; `undefined` while its name has no address. */
  attempt(server: ServerState, nowMs: Millis): ConnectSpec | undefined {
    this.backend.counters.connects++;
    server.countConnection(nowMs);
    const spec = connectSpec(this.backend, server, this.#context, this.#world);
    if (spec !== undefined) this.#log.noteAddress(spec.endpoint);
    return spec;
  }

  /** Tells servers that observe traffic how a connect went. */
  observe(server: ServerState, isOk: boolean): void {
    if (server.spec.observe !== undefined) this.#effects.push({ kind: "observed", server, isOk });
  }

  /** Counts a failed connect and decides what comes next; a redispatch gives the slot back. */
  fail(server: ServerState, timedOut: boolean, nowMs: Millis): RetryDecision {
    const { counters, side, proxy, balancer } = this.backend;
    this.observe(server, false);
    const decision = decideRetry({
      retriesDone: this.#retriesDone,
      retriesMax: side.retries,
      redispatch: side.redispatch,
      persisted: this.#persisted !== undefined,
      serverRunning: server.isUsable(),
      activeCount: balancer.counts().activeUsable,
      algorithm: side.balance.algorithm,
      timedOut,
      connectTimeoutMs: proxy.timeouts.connect,
    });
    if (decision.kind === "give-up") {
      counters.failedConnects++;
      server.counters.connectErrors++;
      return decision;
    }
    this.#retriesDone++;
    const isRedispatch = decision.kind === "redispatch";
    this.#log.noteRetry(isRedispatch);
    if (isRedispatch) {
      this.#countRedispatch(server);
      this.release(nowMs);
    } else {
      counters.retries++;
      server.counters.retries++;
    }
    return decision;
  }

  #countRedispatch(server: ServerState): void {
    this.backend.counters.redispatches++;
    server.counters.redispatches++;
    this.#persisted = undefined;
  }

  /** Leaves the queue. */
  cancel(nowMs: Millis): void {
    this.backend.balancer.cancel(this.#owner, nowMs);
  }

  /** Gives the slot back; whoever waited for it is told. */
  release(nowMs: Millis): void {
    const server = this.#held;
    if (server === undefined) return;
    this.#held = undefined;
    this.backend.leave(server, this.#owner);
    for (const grant of this.backend.balancer.release(server, nowMs)) {
      this.#effects.push({ kind: "grant", grant });
    }
  }
}
