// Brings events to whoever wants them, whatever that one does: a bounded queue, batches in their order,
// one delivery at a time, and longer and longer pauses after failures.
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeEvent } from "../event.ts";

/** How an `EventDelivery` paces itself. */
export interface DeliveryPace {
  /** Events that wait; the oldest ones make room. */
  readonly queueMax: number;
  readonly batchMax: number;
  /** The first pause after a failure, which doubles up to the last, ms. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** How often a batch is tried before it counts as dropped; `Infinity`: until it makes room. */
  readonly triesMax: number;
}

/** Until a web server takes them. */
export const WEBHOOK_PACE: DeliveryPace = {
  queueMax: 1_000,
  batchMax: 100,
  pauseMs: 1_000,
  pauseMsMax: 60_000,
  triesMax: Infinity,
};

/**
 * Delivers events, oldest first, and says how many were dropped since the last delivery. Resolves to
 * what went wrong; never rejects, and ends in bounded time.
 */
export type Deliver = (
  events: readonly NodeEvent[],
  droppedCount: number,
) => Promise<string | undefined>;

/** What a delivery tells of. */
export interface DeliveryListener {
  /** Told once when deliveries begin to fail: why. */
  failing(problem: string): void;
  /** Told once when they succeed again, after so many events were dropped. */
  recovered(droppedCount: number): void;
  /** These are done with: delivered, or dropped. */
  settled?(events: readonly NodeEvent[]): void;
}

/** See the head of this file. */
export class EventDelivery {
  readonly #deliver: Deliver;
  readonly #listener: DeliveryListener;
  readonly #pace: DeliveryPace;
  #queue: NodeEvent[] = [];
  /** Since the last delivery. */
  #droppedCount = 0;
  #working: Promise<void> | undefined;
  #isFailing = false;

  constructor(deliver: Deliver, listener: DeliveryListener, pace: DeliveryPace = WEBHOOK_PACE) {
    this.#deliver = deliver;
    this.#listener = listener;
    this.#pace = pace;
  }

  /** Queues events; never waits. */
  add(events: readonly NodeEvent[]): void {
    if (events.length === 0) return;
    this.#queue.push(...events);
    const over = this.#queue.length - this.#pace.queueMax;
    if (over > 0) this.#drop(this.#queue.slice(0, over));
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    let pauseMs = this.#pace.pauseMs;
    let tries = 0;
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, this.#pace.batchMax);
      const droppedCount = this.#droppedCount;
      const problem = await this.#deliver(batch, droppedCount);
      if (problem === undefined) {
        this.#settle(batch);
        this.#droppedCount -= droppedCount;
        pauseMs = this.#pace.pauseMs;
        tries = 0;
        if (this.#isFailing) this.#listener.recovered(droppedCount);
        this.#isFailing = false;
        continue;
      }
      if (!this.#isFailing) this.#listener.failing(problem);
      this.#isFailing = true;
      tries += 1;
      if (tries >= this.#pace.triesMax) {
        this.#drop(batch);
        tries = 0;
        continue;
      }
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, this.#pace.pauseMsMax);
    }
  }

  #drop(events: readonly NodeEvent[]): void {
    this.#droppedCount += this.#settle(events);
  }

  /** How many of them were in the queue still: some may have made room meanwhile. */
  #settle(events: readonly NodeEvent[]): number {
    const gone = new Set(events);
    const formerCount = this.#queue.length;
    this.#queue = this.#queue.filter((event) => !gone.has(event));
    this.#listener.settled?.(events);
    return formerCount - this.#queue.length;
  }
}
