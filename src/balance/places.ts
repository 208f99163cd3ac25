// The places of a backend: slots in servers, and where to wait for one.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { AssignRequest, Dispatch, QueuePositions } from "./assignment.ts";
import { ConnectRate } from "./connect-rate.ts";
import { Queues, type Taken } from "./queues.ts";
import type { ServerState } from "./server.ts";

/** Keeps `served` of the servers and the queues; `T` names a session. */
export class Places<T> {
  readonly #queues = new Queues<T>();
  #served = 0;
  /** Sessions that neither have nor await a slot: the one being placed or leaving. */
  #movingCount = 0;
  /** Connections of the backend at which `maxconn` applies in full; 0 for always. */
  fullconn = 0;
  /** The time of the event at hand. */
  nowMs: Millis;

  constructor(nowMs: Millis) {
    this.nowMs = nowMs;
  }

  /** Connections of all servers. */
  get served(): number {
    return this.#served;
  }

  /** Who waits. */
  get queues(): Omit<Queues<T>, "add" | "takeNext"> {
    return this.#queues;
  }

  /** Connections the server may have at this moment; 0 means unlimited. */
  limitOf(server: ServerState): number {
    const connCount = this.#served + this.#queues.totalCount + this.#movingCount;
    return server.maxconnEffective(connCount, this.fullconn, this.nowMs);
  }

  /** Whether the server must let a session wait: it has no free slot, or others wait for it. */
  isFull(server: ServerState): boolean {
    if (server.maxconn > 0 && (server.queued > 0 || !this.#hasSlot(server))) return true;
    const rate = this.#rateOf(server);
    return rate !== undefined && (server.queued > 0 || !rate.isOpen(this.nowMs));
  }

  /** When the server's pace lets the next of those in who wait; absent if it is not that which keeps them. */
  nextTurnMs(server: ServerState, mayTakeShared: boolean): Millis | undefined {
    if (server.queued === 0 && !(mayTakeShared && this.#queues.sharedCount > 0)) return undefined;
    return this.#hasSlot(server) ? this.#rateOf(server)?.nextMs(this.nowMs) : undefined;
  }

  /** Takes a slot. */
  reserve(server: ServerState): void {
    this.#rateOf(server)?.take(this.nowMs);
    server.served += 1;
    this.#served += 1;
    server.counters.servedMax = Math.max(server.counters.servedMax, server.served);
  }

  /** Gives a slot back. */
  free(server: ServerState): void {
    assert(server.served > 0, "a slot of a server is given back once");
    server.served -= 1;
    this.#served -= 1;
  }

  /** Lets a session wait for a server, or for any; yields how many wait before it. */
  enqueue(request: AssignRequest<T>, server: ServerState | undefined): number {
    const { token, priority, isReturning } = request;
    const isFirst = isReturning === true && server?.spec.connectRate !== undefined;
    return this.#queues.add(token, server, priority, this.nowMs, isFirst);
  }

  /** Counts the session at hand among the backend's connections while `place` runs. */
  whileMoving<R>(place: () => R): R {
    this.#movingCount = 1;
    try {
      return place();
    } finally {
      this.#movingCount = 0;
    }
  }

  /** Gives the free slots of a server to those who wait for it and, if it may, for any. */
  dispatchTo(server: ServerState, mayTakeShared: boolean): readonly Dispatch<T>[] {
    if (this.#queues.totalCount === 0) return [];
    const dispatched: Dispatch<T>[] = [];
    const rate = this.#rateOf(server);
    while (this.#hasSlot(server) && rate?.isOpen(this.nowMs) !== false) {
      const taken = this.#queues.takeNext(server, mayTakeShared);
      if (taken === undefined) break;
      this.reserve(server);
      dispatched.push({ token: taken.token, server, ...queuePositions(taken) });
    }
    return dispatched;
  }

  /** A reload may have set another limit. */
  #rateOf(server: ServerState): ConnectRate | undefined {
    const { connectRate: spec } = server.spec;
    const rate = server.connectRate;
    if (rate?.spec.perSecond === spec?.perSecond && rate?.spec.burst === spec?.burst) return rate;
    const created = spec === undefined ? undefined : new ConnectRate(spec, this.nowMs);
    server.connectRate = created;
    return created;
  }

  #hasSlot(server: ServerState): boolean {
    return server.maxconn === 0 || server.served < this.limitOf(server);
  }
}

/** What the log says of a session that has left a queue; zeros for one that was in none. */
export function queuePositions(taken: Taken<unknown> | undefined): QueuePositions {
  const passedBy = taken?.passedBy ?? 0;
  return taken?.fromServerQueue === true
    ? { serverQueuePosition: passedBy, backendQueuePosition: 0 }
    : { serverQueuePosition: 0, backendQueuePosition: passedBy };
}
