// A queue of waiting sessions: by priority class, then by the time they came (moved by an offset),
// then in order of arrival. Anyone may leave from the middle at no cost.
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/units.ts";
import type { ServerState } from "./server.ts";

/** `set-priority-class` and `set-priority-offset`; lower is served first, 0 is usual. */
export interface QueuePriority {
  readonly class: number;
  readonly offsetMs: Millis;
}

/** One waiting session. */
export interface Waiting<T> {
  readonly token: T;
  /** The server it waits for; absent when any will do. */
  readonly server: ServerState | undefined;
  readonly priorityClass: number;
  readonly orderMs: Millis;
  /** How many had been taken from its list when it came. */
  takenBefore: number;
  previous: Waiting<T> | undefined;
  next: Waiting<T> | undefined;
  list: WaitingList<T> | undefined;
}

/** A linked list of waiting sessions, sorted. */
export class WaitingList<T> {
  #first: Waiting<T> | undefined;
  #last: Waiting<T> | undefined;
  #length = 0;
  #takenCount = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Waiting<T> | undefined {
    return this.#first;
  }

  /** Puts a session behind all that go first. Constant time without priorities. */
  add(waiting: Waiting<T>): void {
    let before = this.#last;
    while (before !== undefined && goesFirst(waiting, before)) before = before.previous;
    waiting.list = this;
    waiting.takenBefore = this.#takenCount;
    waiting.previous = before;
    waiting.next = before === undefined ? this.#first : before.next;
    if (waiting.next === undefined) this.#last = waiting;
    else waiting.next.previous = waiting;
    if (before === undefined) this.#first = waiting;
    else before.next = waiting;
    this.#length += 1;
  }

  /** Takes a session out, wherever it stands. */
  remove(waiting: Waiting<T>): void {
    assert(waiting.list === this, "a session leaves a queue it does not stand in");
    if (waiting.previous === undefined) this.#first = waiting.next;
    else waiting.previous.next = waiting.next;
    if (waiting.next === undefined) this.#last = waiting.previous;
    else waiting.next.previous = waiting.previous;
    waiting.list = waiting.previous = waiting.next = undefined;
    this.#length -= 1;
    this.#takenCount += 1;
  }

  /** How many left the list since the session came: `srv_queue` and `backend_queue` of the log. */
  passedBy(waiting: Waiting<T>): number {
    return this.#takenCount - waiting.takenBefore;
  }
}

/** Whether `a` is served before `b`, which came earlier. */
export function goesFirst<T>(a: Waiting<T>, b: Waiting<T>): boolean {
  if (a.priorityClass !== b.priorityClass) return a.priorityClass < b.priorityClass;
  return a.orderMs < b.orderMs;
}
