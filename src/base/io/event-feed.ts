// The events of this process: numbered, dated, kept, and given to those who ask at its control socket.
//
// A client that has all may wait for the next one ("waitMs"): its answer comes with the event, so
// that nobody asks in a circle, and events reach their readers before a process can die of their cause.
import type { EventDraft, EventPage, EventSource, NodeEvent } from "../event.ts";
import { EventLog, type EventBounds } from "../event-log.ts";
import type { ControlRequest } from "./control-server.ts";

/** What a process keeps of its events, and how clients may wait. */
export const EVENT_BOUNDS: EventBounds & {
  readonly waitersMax: number;
  readonly waitMsMax: number;
} = {
  eventsMax: 1_000,
  bytesMax: 512 * 1024,
  pageBytesMax: 64 * 1024,
  textCharsMax: 512,
  dataMax: 16,
  /** Clients that wait at once: others are answered as things stand. */
  waitersMax: 4,
  waitMsMax: 10_000,
};

/** A client that waited so lately comes back for more, ms. */
const FOLLOWER_PAUSE_MS = 1_000;

/** Bytes of a page on the wire at the most: one event may be larger than a page. */
export const EVENT_PAGE_BYTES_MAX = 128 * 1024;

/** What a process gives those who follow its events when it ends, ms. */
export const EVENT_HANDOVER_MS = 1_000;

/** See the head of this file. */
export class EventFeed {
  readonly #log: EventLog;
  readonly #tell: (event: NodeEvent) => void;
  readonly #waiters = new Set<() => void>();
  #isWaking = false;
  /** When a client was last answered that had waited, epoch ms. */
  #followedMs = -Infinity;
  /** Told of each client that has all there is. */
  #onUpToDate: (() => void) | undefined;

  /** `tell` gets each event once, before `add` returns. `run` is another one in each process. */
  constructor(
    source: EventSource,
    tell: (event: NodeEvent) => void = () => undefined,
    run = `${process.pid}-${Date.now()}`,
  ) {
    this.#log = new EventLog(source, run, EVENT_BOUNDS);
    this.#tell = tell;
  }

  add(draft: EventDraft): NodeEvent {
    const event = this.#log.add(draft, Date.now());
    this.#tell(event);
    if (this.#waiters.size > 0 && !this.#isWaking) {
      this.#isWaking = true;
      // What else happens in this turn goes along.
      setImmediate(() => this.#wake());
    }
    return event;
  }

  /**
   * The answer to the command `events`: `since` is the number of the last event that the client has,
   * `waitMs` how long it may wait for another one. Whatever else these are counts as 0.
   */
  answer(request: ControlRequest): EventPage | Promise<EventPage> {
    const since = wholeNumber(request["since"]);
    const waitMs = Math.min(wholeNumber(request["waitMs"]), EVENT_BOUNDS.waitMsMax);
    if (since === this.#log.latestSeq) this.#onUpToDate?.();
    const mayWait = waitMs > 0 && this.#waiters.size < EVENT_BOUNDS.waitersMax;
    if (!mayWait || since !== this.#log.latestSeq) return this.#log.since(since);
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(settle);
        this.#followedMs = Date.now();
        resolve(this.#log.since(since));
      };
      const timer = setTimeout(settle, waitMs).unref();
      this.#waiters.add(settle);
    });
  }

  /**
   * Before the end of the process: resolves when those who follow have all events, after `msMax` at the
   * latest, and at once when nobody follows.
   */
  async handedOver(msMax: number): Promise<void> {
    const isAwaited = Date.now() - this.#followedMs <= FOLLOWER_PAUSE_MS;
    let awaitedCount = Math.max(this.#waiters.size, isAwaited ? 1 : 0);
    if (awaitedCount === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, msMax);
      this.#onUpToDate = () => {
        awaitedCount -= 1;
        if (awaitedCount > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
    this.#onUpToDate = undefined;
  }

  #wake(): void {
    this.#isWaking = false;
    for (const settle of [...this.#waiters]) settle();
  }
}

function wholeNumber(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
