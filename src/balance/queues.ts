// All sessions that wait in a backend: in the queue of one server, or in the backend's own.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { ServerState } from "./server.ts";
import { ServerQueue } from "./server-queue.ts";
import { WaitingList, goesFirst } from "./waiting-list.ts";
import type { QueuePriority, Waiting } from "./waiting-list.ts";

/** A session that left a queue, and how many left the queue meanwhile, itself included. */
export interface Taken<T> {
  readonly token: T;
  readonly passedBy: number;
  readonly fromServerQueue: boolean;
}

/** The queues of a backend; keeps `queued` and its maximum in each server. */
export class Queues<T> {
  readonly #shared = new WaitingList<T>();
  readonly #own = new Map<ServerState, ServerQueue<T>>();
  readonly #byToken = new Map<T, Waiting<T>>();
  #sharedMax = 0;

  /** Sessions waiting anywhere in the backend. */
  get totalCount(): number {
    return this.#byToken.size;
  }

  /** Sessions waiting for any server. */
  get sharedCount(): number {
    return this.#shared.length;
  }

  /** The most sessions that ever waited for any server. */
  get sharedMax(): number {
    return this.#sharedMax;
  }

  /**
   * Lets a session wait for a server, or for any; yields how many are in that queue. `isReturning`
   * puts it into the lane of those whom a paced server knows.
   */
  add(
    token: T,
    server: ServerState | undefined,
    priority: QueuePriority | undefined,
    nowMs: Millis,
    isReturning = false,
  ): number {
    assert(!this.#byToken.has(token), "a session waits twice");
    const waiting: Waiting<T> = {
      token,
      server,
      priorityClass: priority?.class ?? 0,
      orderMs: nowMs + (priority?.offsetMs ?? 0),
      takenBefore: 0,
      previous: undefined,
      next: undefined,
      list: undefined,
    };
    this.#byToken.set(token, waiting);
    if (server === undefined) {
      this.#shared.add(waiting);
      this.#sharedMax = Math.max(this.#sharedMax, this.#shared.length);
      return this.#shared.length - 1;
    }
    const queue = this.#ownOf(server);
    queue.add(waiting, isReturning);
    server.queued = queue.length;
    server.counters.queuedMax = Math.max(server.counters.queuedMax, server.queued);
    return queue.length - 1;
  }

  /** `clear counters`: the longest shared queue counts from anew. */
  clearMax(): void {
    this.#sharedMax = 0;
  }

  /** Takes whom the server serves next: of its own queue and, if it may, of the shared one. */
  takeNext(server: ServerState, mayTakeShared: boolean): Taken<T> | undefined {
    const own = server.queued > 0 ? this.#own.get(server)?.first : undefined;
    const shared = mayTakeShared ? this.#shared.first : undefined;
    if (own === undefined) return shared && this.#take(shared);
    if (shared !== undefined && goesFirst(shared, own)) return this.#take(shared);
    this.#own.get(server)?.noteServed(own);
    return this.#take(own);
  }

  /** Takes all that wait for this server, first comer first. */
  takeAll(server: ServerState): readonly T[] {
    const tokens: T[] = [];
    const list = this.#own.get(server);
    while (list?.first !== undefined) tokens.push(this.#take(list.first).token);
    return tokens;
  }

  /** Lets a session go that no longer wants to wait; `undefined` if it does not wait. */
  cancel(token: T): Taken<T> | undefined {
    const waiting = this.#byToken.get(token);
    return waiting === undefined ? undefined : this.#take(waiting);
  }

  #take(waiting: Waiting<T>): Taken<T> {
    const { list, server, token } = waiting;
    assert(list !== undefined, "a waiting session stands in no queue");
    list.remove(waiting);
    this.#byToken.delete(token);
    if (server !== undefined) server.queued = this.#ownOf(server).length;
    return { token, passedBy: list.passedBy(waiting), fromServerQueue: server !== undefined };
  }

  #ownOf(server: ServerState): ServerQueue<T> {
    let queue = this.#own.get(server);
    if (queue === undefined) this.#own.set(server, (queue = new ServerQueue<T>()));
    return queue;
  }
}
