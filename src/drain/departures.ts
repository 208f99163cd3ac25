// Who leaves when. Members of a drain leave one after another at its pace, in the order given; several
// drains go on beside each other.
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import { Pace } from "./pace.ts";

/** What happens to drains; a drain is named by a key. */
export type DepartureEvent<T> =
  /** Begins, or begins anew with other members. */
  | {
      readonly kind: "drain";
      readonly key: string;
      readonly members: readonly T[];
      readonly ratePerSecond: number;
    }
  /** Whoever has not left stays. */
  | { readonly kind: "cancel"; readonly key: string }
  | { readonly kind: "timeout" };

/** A member is to leave now. */
export interface Departure<T> {
  readonly key: string;
  readonly member: T;
}

/** A drain as it stands. */
export interface DrainFigures {
  readonly key: string;
  readonly ratePerSecond: number;
  /** Members that have not left, those that have gone by themselves included. */
  readonly leftCount: number;
}

interface Drain<T> {
  readonly members: readonly T[];
  readonly pace: Pace;
  nextIndex: number;
}

/** All drains of a process. */
export class Departures<T> implements Machine<DepartureEvent<T>, Departure<T>> {
  readonly #drains = new Map<string, Drain<T>>();
  readonly #effects: Departure<T>[] = [];
  readonly #isPresent: (member: T) => boolean;

  /** `isPresent` tells who has not gone by itself; others take no turn. */
  constructor(isPresent: (member: T) => boolean) {
    this.#isPresent = isPresent;
  }

  /** Drains that go on, oldest first. */
  get figures(): readonly DrainFigures[] {
    return [...this.#drains].map(([key, { members, nextIndex, pace }]) => ({
      key,
      ratePerSecond: pace.ratePerSecond,
      leftCount: members.length - nextIndex,
    }));
  }

  /** Whether the drain of this name goes on. */
  has(key: string): boolean {
    return this.#drains.has(key);
  }

  handle(event: DepartureEvent<T>, nowMs: Millis): void {
    if (event.kind === "cancel") {
      this.#drains.delete(event.key);
      return;
    }
    if (event.kind === "drain") {
      const { key, members, ratePerSecond } = event;
      this.#drains.set(key, { members, pace: new Pace(ratePerSecond, nowMs), nextIndex: 0 });
    }
    for (const [key, drain] of this.#drains) this.#advance(key, drain, nowMs);
  }

  poll(): Departure<T> | undefined {
    return this.#effects.shift();
  }

  nextTimeout(): Millis | undefined {
    let dueMs = Infinity;
    for (const { pace } of this.#drains.values()) dueMs = Math.min(dueMs, pace.dueMs);
    return dueMs === Infinity ? undefined : dueMs;
  }

  #advance(key: string, drain: Drain<T>, nowMs: Millis): void {
    for (;;) {
      const member = this.#nextPresent(drain);
      if (member === undefined) {
        this.#drains.delete(key);
        return;
      }
      if (!drain.pace.take(nowMs)) return;
      drain.nextIndex++;
      this.#effects.push({ key, member });
    }
  }

  #nextPresent(drain: Drain<T>): T | undefined {
    for (; drain.nextIndex < drain.members.length; drain.nextIndex++) {
      const member = drain.members[drain.nextIndex]!;
      if (this.#isPresent(member)) return member;
    }
    return undefined;
  }
}
