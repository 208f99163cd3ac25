// Sends events to a web server, whatever that server does: a bounded queue, batches, a timeout, and
// longer and longer pauses after failures.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeEvent } from "../../src/base/event.ts";

/** How an `EventPoster` paces itself. */
export interface PosterPace {
  /** Events that wait; the oldest ones make room. */
  readonly queueMax: number;
  readonly batchMax: number;
  /** For one request, ms. */
  readonly timeoutMs: number;
  /** The first pause after a failure, which doubles up to the last, ms. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

const PACE: PosterPace = {
  queueMax: 1_000,
  batchMax: 100,
  timeoutMs: 5_000,
  pauseMs: 1_000,
  pauseMsMax: 60_000,
};

/** See the head of this file. */
export class EventPoster {
  readonly #url: string;
  readonly #complain: (text: string) => void;
  readonly #pace: PosterPace;
  #queue: NodeEvent[] = [];
  #droppedCount = 0;
  #working: Promise<void> | undefined;
  #isFailing = false;

  /** `complain` is told once when deliveries begin to fail, and once when they succeed again. */
  constructor(url: string, complain: (text: string) => void, pace: PosterPace = PACE) {
    this.#url = url;
    this.#complain = complain;
    this.#pace = pace;
  }

  /** Queues events; never waits. */
  add(events: readonly NodeEvent[]): void {
    this.#queue.push(...events);
    const over = this.#queue.length - this.#pace.queueMax;
    if (over > 0) {
      this.#queue.splice(0, over);
      this.#droppedCount += over;
    }
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    let pauseMs = this.#pace.pauseMs;
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, this.#pace.batchMax);
      const droppedCount = this.#droppedCount;
      const problem = await this.#post(batch, droppedCount);
      if (problem === undefined) {
        // Some of them may have been pushed out meanwhile.
        const sent = new Set(batch);
        this.#queue = this.#queue.filter((event) => !sent.has(event));
        this.#droppedCount -= droppedCount;
        pauseMs = this.#pace.pauseMs;
        if (this.#isFailing) this.#complain("events are delivered again");
        this.#isFailing = false;
        continue;
      }
      if (!this.#isFailing) this.#complain(`events cannot be delivered, and wait: ${problem}`);
      this.#isFailing = true;
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, this.#pace.pauseMsMax);
    }
  }

  async #post(events: readonly NodeEvent[], droppedCount: number): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ schemaVersion: 1, host: hostname(), droppedCount, events }),
        redirect: "error",
        signal: AbortSignal.timeout(this.#pace.timeoutMs),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `the server answers ${response.status}`;
    } catch (error) {
      // The URL, which may hold a secret, is not repeated.
      const { name, cause } = error as { name: string; cause?: { code?: string } };
      return name === "TimeoutError" ? "no answer in time" : (cause?.code ?? name);
    }
  }
}
