// Reads the events of one process, each once, over its restarts.
import type { EventPosition, NodeEvent } from "../event.ts";
import { readEventPage } from "../event-page.ts";
import { askControl, type ControlFailure } from "./control-client.ts";
import { EVENT_PAGE_BYTES_MAX } from "./event-feed.ts";

/** What came of a question for events. */
export type EventReading =
  | {
      readonly kind: "events";
      readonly events: readonly NodeEvent[];
      /** Events that were lost before they could be read. */
      readonly missedCount: number;
      /** There are more: ask again. */
      readonly hasMore: boolean;
    }
  | { readonly kind: "failure"; readonly failure: ControlFailure; readonly text: string };

/** From asking to the whole answer, beside the wait, ms. */
const ANSWER_MS_MAX = 2_000;

/** See the head of this file. */
export class EventReader {
  readonly #path: string;
  #run: string | undefined;
  #seq = 0;

  /** `path`: a control socket; `from`: what was read already. */
  constructor(path: string, from?: EventPosition) {
    this.#path = path;
    this.#run = from?.run;
    this.#seq = from?.seq ?? 0;
  }

  /** What was read; `undefined` before the first answer. */
  get position(): EventPosition | undefined {
    return this.#run === undefined ? undefined : { run: this.#run, seq: this.#seq };
  }

  /** The next events; waits up to `waitMs` for one. Never rejects; ask one at a time. */
  async next(waitMs = 0): Promise<EventReading> {
    const since = this.#seq;
    const reply = await askControl(
      this.#path,
      "events",
      { answerMs: waitMs + ANSWER_MS_MAX, answerBytesMax: EVENT_PAGE_BYTES_MAX },
      { since, waitMs },
    );
    if (reply.kind === "failure") return reply;
    const page = readEventPage(reply.value);
    if (page === undefined) {
      return { kind: "failure", failure: "garbled", text: "the answer holds no events" };
    }
    // Another process: what was asked for were another one's numbers.
    const isNewRun = this.#run !== undefined && this.#run !== page.run;
    this.#run = page.run;
    if (isNewRun && since > 0) {
      this.#seq = 0;
      return { kind: "events", events: [], missedCount: 0, hasMore: true };
    }
    // A page whose events are all of another version's is passed over.
    this.#seq = page.events.at(-1)?.seq ?? page.latestSeq;
    return {
      kind: "events",
      events: page.events,
      missedCount: page.missedCount,
      hasMore: this.#seq < page.latestSeq,
    };
  }
}
