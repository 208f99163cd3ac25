// A process that drives one machine as the real shells do: one timer, events in order, effects after
// each event. It can be frozen (what comes in waits, as in pipes and sockets) and killed.
import type { Machine } from "../../../src/base/machine.ts";
import type { SimNode } from "./sim-node.ts";

/** Datagrams and lines that wait for a frozen process, at most. */
const INBOX_MAX = 500;

/** See the head of this file. */
export class SimProcess<Event extends { readonly kind: string }, Effect> {
  readonly machine: Machine<Event | { readonly kind: "timeout" }, Effect>;
  isAlive = true;
  isFrozen = false;
  frozenAtMs = 0;
  readonly #node: SimNode;
  readonly #carryOut: (effect: Effect) => void;
  #inbox: Event[] = [];
  #armedAtMs = Infinity;
  #isDraining = false;

  constructor(
    node: SimNode,
    machine: Machine<Event | { readonly kind: "timeout" }, Effect>,
    carryOut: (effect: Effect) => void,
  ) {
    this.#node = node;
    this.machine = machine;
    this.#carryOut = carryOut;
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }

  /** Brings an event to it. */
  deliver(event: Event): void {
    if (!this.isAlive) return;
    if (!this.isFrozen) this.feed(event);
    else if (this.#inbox.length < INBOX_MAX) this.#inbox.push(event);
  }

  /** Handles an event now. */
  feed(event: Event | { readonly kind: "timeout" }): void {
    const { machine } = this;
    machine.handle(event, this.#node.clockMs);
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let effect = machine.poll(); effect !== undefined; effect = machine.poll()) {
      this.#carryOut(effect);
    }
    this.#isDraining = false;
    this.#arm();
  }

  freeze(): void {
    if (this.isFrozen) return;
    this.isFrozen = true;
    this.frozenAtMs = this.#node.world.clock.nowMs;
  }

  /** Runs again: its timer first or what waits for it first, as chance has it. */
  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    if (!this.isAlive) return;
    const isTimerFirst = this.#node.world.chance.oneIn(2);
    if (isTimerFirst) this.#fire();
    // What it hears may end it, and then it hears no more.
    for (let event = this.#inbox.shift(); event !== undefined; event = this.#inbox.shift()) {
      this.feed(event);
    }
    if (!isTimerFirst) this.#fire();
  }

  kill(): void {
    this.isAlive = false;
    this.#inbox = [];
  }

  /** The node's clock has changed: timers are due at other times. */
  rearm(): void {
    this.#armedAtMs = Infinity;
    if (this.isRunning) this.#arm();
  }

  #arm(): void {
    const dueMs = this.machine.nextTimeout();
    if (!this.isAlive || dueMs === undefined) return;
    const { world } = this.#node;
    const inMs = Math.max(0, Math.ceil(dueMs - this.#node.clockMs)) + world.timerLateMs();
    const atMs = world.clock.nowMs + inMs;
    if (atMs >= this.#armedAtMs) return;
    this.#armedAtMs = atMs;
    this.#node.after(inMs, () => {
      if (this.#armedAtMs !== atMs) return;
      this.#armedAtMs = Infinity;
      if (this.isRunning) this.#fire();
    });
  }

  #fire(): void {
    if (!this.isAlive) return;
    this.#armedAtMs = Infinity;
    const dueMs = this.machine.nextTimeout();
    if (dueMs !== undefined && dueMs <= this.#node.clockMs) this.feed({ kind: "timeout" });
    else this.#arm();
  }
}
