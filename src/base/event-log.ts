// The latest events of a process, in bounded memory.
import type { EventDraft, EventPage, EventSource, NodeEvent } from "./event.ts";

/** How much is kept, and how much is given at once. */
export interface EventBounds {
  readonly eventsMax: number;
  /** Of all kept events as JSON. */
  readonly bytesMax: number;
  /** Of the events of one page as JSON; at least one event is given. */
  readonly pageBytesMax: number;
  /** Of one text of an event, characters: the rest is cut off. */
  readonly textCharsMax: number;
  /** Values of an event's `data`: others are left out. */
  readonly dataMax: number;
}

interface Kept {
  readonly event: NodeEvent;
  readonly bytes: number;
}

/** See the head of this file. */
export class EventLog {
  readonly #source: EventSource;
  readonly #run: string;
  readonly #bounds: EventBounds;
  /** Consecutive numbers. */
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #latestSeq = 0;

  /** `run` tells this process from all others of its kind. */
  constructor(source: EventSource, run: string, bounds: EventBounds) {
    this.#source = source;
    this.#run = run;
    this.#bounds = bounds;
  }

  get latestSeq(): number {
    return this.#latestSeq;
  }

  /** Numbers and keeps an event, of `atMs` since the epoch; the oldest ones make room for it. */
  add(draft: EventDraft, atMs: number): NodeEvent {
    this.#latestSeq += 1;
    const event: NodeEvent = {
      seq: this.#latestSeq,
      atMs,
      source: this.#source,
      ...this.#bounded(draft),
    };
    const bytes = Buffer.byteLength(JSON.stringify(event)) + 1;
    this.#kept.push({ event, bytes });
    this.#bytes += bytes;
    const { eventsMax, bytesMax } = this.#bounds;
    while (this.#kept.length > eventsMax || (this.#bytes > bytesMax && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()!.bytes;
    }
    return event;
  }

  /** What came after the event of this number; 0: all that is kept. */
  since(seq: number): EventPage {
    const firstKept = this.#latestSeq - this.#kept.length + 1;
    const from = Math.max(seq + 1, firstKept);
    const events: NodeEvent[] = [];
    let bytes = 0;
    for (const { event, bytes: size } of this.#kept.slice(from - firstKept)) {
      bytes += size;
      if (bytes > this.#bounds.pageBytesMax && events.length > 0) break;
      events.push(event);
    }
    return {
      source: this.#source,
      run: this.#run,
      latestSeq: this.#latestSeq,
      missedCount: Math.max(0, firstKept - 1 - seq),
      events,
    };
  }

  #bounded(draft: EventDraft): EventDraft {
    const { textCharsMax, dataMax } = this.#bounds;
    const cut = (text: string): string =>
      text.length > textCharsMax ? `${text.slice(0, textCharsMax - 1)}…` : text;
    const { kind, severity, subject, text, cause, durationMs, data } = draft;
    return {
      kind,
      severity,
      subject: cut(subject),
      text: cut(text),
      ...(cause === undefined ? {} : { cause: cut(cause) }),
      ...(durationMs === undefined ? {} : { durationMs: Math.max(0, Math.round(durationMs)) }),
      ...(data === undefined
        ? {}
        : {
            data: Object.fromEntries(
              Object.entries(data)
                .slice(0, dataMax)
                .map(([name, value]) => [name, typeof value === "string" ? cut(value) : value]),
            ),
          }),
    };
  }
}
