// The balancer of one backend: chooses a server for each session, keeps the places in servers and
// queues, and follows the servers' health, administration and weights. Pure: time comes in as
// `nowMs`, and the sessions that a change concerns go out as values.
import type { Millis } from "../base/units.ts";
import type { Server } from "../config/model/server.ts";
import { ADMIN, adminChangeOf } from "./admin.ts";
import type { AdminChange, AdminState } from "./admin.ts";
import type { Algorithm, BackendView } from "./algorithm/algorithm.ts";
import { createAlgorithm, isDynamic, queuesOnlyWhenFull, scaleOf } from "./algorithm/create.ts";
import type {
  AssignRequest,
  Assignment,
  BackendCounts,
  BackendSpec,
  Dispatch,
  QueueOutcome,
  QueuePositions,
} from "./assignment.ts";
import { Availability } from "./availability.ts";
import { countBackend, fullconnOf } from "./capacity.ts";
import { Election } from "./election.ts";
import { hashClient } from "./key-hash.ts";
import { Places, queuePositions } from "./places.ts";
import { ServerState } from "./server.ts";
import { SlowStarts } from "./slowstart.ts";
import { resolveWeight } from "./weight.ts";
import type { WeightChange, WeightScale } from "./weight.ts";

// What callers of the balancer name stands beside it in `assignment.ts`.
export type {
  AssignRequest,
  Assignment,
  BackendSpec,
  Dispatch,
  QueueOutcome,
} from "./assignment.ts";

/** Balances the sessions of one backend; `T` names a session and is only handed back. */
export class BackendBalancer<T> {
  readonly #random: () => number;
  readonly #places: Places<T>;
  readonly #byName = new Map<string, ServerState>();
  readonly #slowStarts = new SlowStarts();
  readonly #view: BackendView;
  readonly #availability: Availability;
  #spec: BackendSpec;
  #scale: WeightScale;
  #election: Election;
  #algorithm: Algorithm;
  #lbTotal = 0;

  /** `random` yields uint32; only `balance random` draws from it. */
  constructor(spec: BackendSpec, random: () => number, nowMs: Millis) {
    this.#random = random;
    this.#places = new Places<T>(nowMs);
    this.#places.fullconn = fullconnOf(spec);
    this.#view = this.#createView();
    this.#spec = spec;
    this.#scale = scaleOf(spec.side);
    const servers = spec.side.servers.map((server) => new ServerState(server, nowMs));
    this.#election = this.#elect(servers);
    this.#algorithm = createAlgorithm(spec.side, this.#view, random);
    this.#availability = new Availability(this.#election.usedCount > 0, nowMs);
  }

  get spec(): BackendSpec {
    return this.#spec;
  }

  /** In declaration order. */
  get servers(): readonly ServerState[] {
    return this.#election.servers;
  }

  /** Up while a server is usable. */
  get availability(): Pick<Availability, "isUp" | "lastChangeMs" | "downTransitions" | "downMs"> {
    return this.#availability;
  }

  /** `lbtot` of the backend: how often the algorithm chose. */
  get lbTotal(): number {
    return this.#lbTotal;
  }

  /** The server of that name. */
  find(name: string): ServerState | undefined {
    return this.#byName.get(name);
  }

  /** The server of that id. */
  findById(id: number): ServerState | undefined {
    return this.servers.find((server) => server.id === id);
  }

  /**
   * Chooses a server and reserves a slot, or lets the session wait. A session that already has a
   * slot must release it first.
   */
  assign(request: AssignRequest<T>, nowMs: Millis): Assignment {
    this.#places.nowMs = nowMs;
    return this.#places.whileMoving(() => this.#assign(request));
  }

  /**
   * Gives the slot of a session back: at its end, or before it is assigned anew. Yields the waiting
   * sessions that have their slot by it.
   */
  release(server: ServerState, nowMs: Millis): readonly Dispatch<T>[] {
    this.#places.nowMs = nowMs;
    this.#places.free(server);
    this.#algorithm.onLoadChanged(server);
    return this.#places.whileMoving(() => this.#dispatchTo(server));
  }

  /** Takes a session out of the queue it waits in: its time is up or its client left. */
  cancel(token: T, nowMs: Millis): QueuePositions {
    this.#places.nowMs = nowMs;
    return queuePositions(this.#places.queues.cancel(token));
  }

  /** Takes a health verdict. Without effect on a server in maintenance. */
  setOperational(server: ServerState, up: boolean | "stopping", nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    if (!this.#isMember(server) || server.isInMaintenance()) return this.#unchanged();
    const isUp = server.operational === "running" || server.operational === "starting";
    if (up === true) {
      if (isUp) return this.#unchanged();
      this.#start(server);
    } else if (up === "stopping") {
      if (!isUp) return this.#unchanged();
      server.become("stopping", nowMs);
    } else {
      if (server.operational === "stopped") return this.#unchanged();
      server.become("stopped", nowMs);
      server.counters.downTransitions += 1;
    }
    return this.#afterChange(server, up !== true);
  }

  /** Puts a server into maintenance or drain, or out of it; after maintenance it counts as up. */
  setAdmin(
    server: ServerState,
    stateOrChange: AdminState | AdminChange,
    nowMs: Millis,
  ): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    const change = typeof stateOrChange === "string" ? adminChangeOf(stateOrChange) : stateOrChange;
    const admin = (server.admin | (change.set ?? 0)) & ~(change.clear ?? 0);
    if (!this.#isMember(server) || admin === server.admin) return this.#unchanged();
    const wasInMaintenance = server.isInMaintenance();
    const wasDraining = server.isDraining();
    server.admin = admin;
    if (server.isInMaintenance()) server.become("stopped", nowMs);
    else if (wasInMaintenance) this.#start(server);
    else if (server.isDraining() !== wasDraining) server.lastChangeMs = nowMs;
    return this.#afterChange(server, server.isInMaintenance() || server.isDraining());
  }

  /** Follows the maintenance of a tracked server. */
  setInheritedMaintenance(server: ServerState, on: boolean, nowMs: Millis): QueueOutcome<T> {
    const bit = ADMIN.inheritedMaint;
    return this.setAdmin(server, on ? { set: bit } : { clear: bit }, nowMs);
  }

  /** Sets the user weight; with a static algorithm only 0 and the configured one are possible. */
  setWeight(server: ServerState, change: WeightChange, nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    const dynamic = isDynamic(this.#spec.side);
    const resolved = resolveWeight(change, server.spec.weight, dynamic);
    if ("refused" in resolved) return { ...this.#unchanged(), ...resolved };
    server.userWeight = resolved.weight;
    return this.#isMember(server) ? this.#afterChange(server, false) : this.#unchanged();
  }

  /** Sets what a server's slowness leaves of its weight, 1..100; static algorithms make nothing of it. */
  setSlowness(server: ServerState, percent: number, nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    server.slownessPercent = percent;
    return this.#isMember(server) ? this.#afterChange(server, false) : this.#unchanged();
  }

  /** Sets the limit of connections; 0 means unlimited. A `minconn` below it stays. */
  setMaxconn(server: ServerState, maxconn: number, nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    if (server.minconn === server.maxconn) server.minconn = maxconn;
    server.maxconn = maxconn;
    return { ...this.#unchanged(), dispatched: this.#dispatchTo(server) };
  }

  /** Whether connections that stick to nothing may go to the server unless it is full. */
  isElected(server: ServerState): boolean {
    return this.#isMember(server) && this.#election.isElectable(server);
  }

  /** When `tick()` is due; `undefined` while no server starts slowly or lets anyone wait for its pace. */
  nextTimeout(): Millis | undefined {
    const turns = this.servers.map(
      (server) => this.#places.nextTurnMs(server, this.isElected(server)) ?? Infinity,
    );
    const atMs = Math.min(this.#slowStarts.nextMs ?? Infinity, ...turns);
    return atMs === Infinity ? undefined : atMs;
  }

  /** Raises the weights and limits of servers that start slowly, and lets in whose turn it is. */
  tick(nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    const dispatched = this.servers
      .filter(({ spec }) => spec.connectRate !== undefined)
      .flatMap((server) => this.#dispatchTo(server));
    for (const server of this.#slowStarts.due(nowMs)) {
      this.#slowStarts.arm(server, nowMs);
      dispatched.push(...this.#afterChange(server, false).dispatched);
    }
    return { ...this.#unchanged(), dispatched };
  }

  /**
   * Takes the backend of a reload. Servers of the same name keep their state and their connections;
   * removed ones are never chosen again, and their connections may end in peace.
   */
  reconfigure(spec: BackendSpec, nowMs: Millis): QueueOutcome<T> {
    this.#places.nowMs = nowMs;
    const old = new Map(this.#byName);
    this.#spec = spec;
    this.#places.fullconn = fullconnOf(spec);
    this.#scale = scaleOf(spec.side);
    this.#byName.clear();
    const servers = spec.side.servers.map((server) => this.#inherit(old, server));
    const requeued: T[] = [];
    for (const removed of old.values()) {
      removed.become("stopped", nowMs);
      this.#slowStarts.disarm(removed);
      requeued.push(...this.#places.queues.takeAll(removed));
    }
    this.#election = this.#elect(servers);
    this.#algorithm = createAlgorithm(spec.side, this.#view, this.#random);
    const availability = this.#availability.become(this.#election.usedCount > 0, nowMs);
    const dispatched = servers.flatMap((server) => this.#dispatchTo(server));
    return { dispatched, requeued, availability };
  }

  /** `weight` in the statistics: the effective weight in the user's scale, rounded up. */
  shownWeight(server: ServerState): number {
    return Math.ceil((server.effectiveWeight * this.#scale.divisor) / this.#scale.multiplier);
  }

  /** Figures for samples (`nbsrv`, `queue`, `connslots`) and statistics. */
  counts(): BackendCounts {
    return countBackend(this.#election, this.#places);
  }

  /** `clear counters`: forgets the highest values, servers' included; with `all` also sums. */
  clearCounters(all: boolean): void {
    this.#places.queues.clearMax();
    for (const server of this.servers) server.clearCounters(all);
    if (all) this.#lbTotal = 0;
    if (all) this.#availability.clearTransitions();
  }

  #assign(request: AssignRequest<T>): Assignment {
    const { persisted } = request;
    if (persisted !== undefined && this.#mayPersist(persisted)) {
      const assignment = this.#place(request, persisted);
      if (assignment.kind !== "refused-full" || this.#spec.side.redispatch === 0) return assignment;
      const other = this.#assignByAlgorithm({ ...request, avoid: persisted });
      const moved = other.kind === "server" || other.kind === "queued";
      return moved ? { ...other, redispatchedFrom: persisted } : other;
    }
    return this.#assignByAlgorithm(request);
  }

  #mayPersist(server: ServerState): boolean {
    if (!this.#isMember(server)) return false;
    return server.isPersistable() || this.#spec.persist === true;
  }

  #assignByAlgorithm(request: AssignRequest<T>): Assignment {
    if (this.#election.usedCount === 0) return { kind: "none" };
    const server = this.#choose(request);
    if (server === undefined) {
      const position = this.#places.enqueue(request, undefined);
      return { kind: "queued", position };
    }
    if (server !== request.avoid) {
      server.counters.lbTotal += 1;
      this.#lbTotal += 1;
    }
    return this.#place(request, server);
  }

  #choose(request: AssignRequest<T>): ServerState | undefined {
    const { side } = this.#spec;
    if (this.#places.queues.sharedCount > 0 && queuesOnlyWhenFull(side)) return undefined;
    return this.#algorithm.choose({ avoid: request.avoid, hash: hashClient(side, request) });
  }

  /** Reserves a slot of the server, or a place in its queue. */
  #place(request: AssignRequest<T>, server: ServerState): Assignment {
    if (!this.#places.isFull(server)) {
      this.#places.reserve(server);
      this.#algorithm.onLoadChanged(server);
      return { kind: "server", server };
    }
    const { maxqueue } = server.spec;
    if (maxqueue > 0 && server.queued >= maxqueue) return { kind: "refused-full", server };
    // QUIRK: as in HAProxy, leastconn reorders servers by connections gained or lost, not queued.
    const position = this.#places.enqueue(request, server);
    if (server.spec.connectRate !== undefined) this.#algorithm.onLoadChanged(server);
    return { kind: "queued", server, position };
  }

  /** Gives the free slots of a server to those who wait for it or, if it is elected, for any. */
  #dispatchTo(server: ServerState): readonly Dispatch<T>[] {
    const dispatched = this.#places.dispatchTo(server, this.isElected(server));
    if (dispatched.length > 0) this.#algorithm.onLoadChanged(server);
    return dispatched;
  }

  /** Brings a server up, slowly if it is configured so. */
  #start(server: ServerState): void {
    server.become(server.slowstartSeconds > 0 ? "starting" : "running", this.#places.nowMs);
    if (server.operational === "starting") this.#slowStarts.arm(server, this.#places.nowMs);
  }

  /** Draws the consequences of a change of one server, for the algorithm and for those who wait. */
  #afterChange(server: ServerState, isGoing: boolean): QueueOutcome<T> {
    this.#updateWeight(server);
    this.#election.recount();
    this.#algorithm.onServerChanged(server);
    const availability = this.#availability.become(
      this.#election.usedCount > 0,
      this.#places.nowMs,
    );
    const mayLeave = this.#mayLeaveQueue() || server.spec.connectRate !== undefined;
    const requeued = isGoing && mayLeave ? this.#places.queues.takeAll(server) : [];
    const dispatched = [...this.#dispatchTo(server)];
    // The change may have elected a backup. It has no slot in use that could be given back, so
    // nothing but the change itself wakes who waits.
    if (this.#places.queues.sharedCount > 0) {
      for (const other of this.servers) dispatched.push(...this.#dispatchTo(other));
    }
    return { dispatched, requeued, availability };
  }

  /** Whether sessions that wait for a server that is gone may go to another. */
  #mayLeaveQueue(): boolean {
    return this.#spec.side.redispatch !== 0 && this.#spec.persist !== true;
  }

  #updateWeight(server: ServerState): void {
    if (server.operational === "starting" && server.hasStarted(this.#places.nowMs)) {
      server.become("running", this.#places.nowMs);
    }
    if (server.operational !== "starting") this.#slowStarts.disarm(server);
    const { nowMs } = this.#places;
    const dynamic = isDynamic(this.#spec.side);
    server.effectiveWeight = server.computeEffectiveWeight(this.#scale, dynamic, nowMs);
  }

  #inherit(old: Map<string, ServerState>, spec: Server): ServerState {
    const server = old.get(spec.name);
    if (server === undefined) return new ServerState(spec, this.#places.nowMs);
    old.delete(spec.name);
    const wasInMaintenance = server.isInMaintenance();
    server.replaceSpec(spec);
    if (server.isInMaintenance()) server.become("stopped", this.#places.nowMs);
    else if (wasInMaintenance) this.#start(server);
    return server;
  }

  #elect(servers: readonly ServerState[]): Election {
    for (const server of servers) {
      this.#byName.set(server.name, server);
      this.#updateWeight(server);
    }
    return new Election(servers, this.#spec.allBackups);
  }

  #isMember(server: ServerState): boolean {
    return this.#byName.get(server.name) === server;
  }

  #createView(): BackendView {
    const election = (): Election => this.#election;
    const places = this.#places;
    return {
      get election() {
        return election();
      },
      get served() {
        return places.served;
      },
      limitOf: (server) => places.limitOf(server),
    };
  }

  #unchanged(): QueueOutcome<T> {
    return { dispatched: [], requeued: [], availability: "unchanged" };
  }
}
