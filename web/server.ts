// Everything that the page asks of the server it came from.
import type {
  EntryView,
  LiveDocument,
  SearchPage,
  SessionView,
} from "../src/dashboard/document.ts";

/** From asking to the whole answer, ms. */
const ANSWER_MS_MAX = 5_000;

/** What an answer that is none says. */
export class AnswerError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** What can be done to a server of a backend. */
export type Action = "ready" | "drain" | "maint";

/** The server, by the URL of its statistics. */
export class StatsServer {
  readonly uri: string;

  constructor(uri: string) {
    this.uri = uri;
  }

  /** What is new since a version. */
  live(run: string, since: number): Promise<LiveDocument> {
    return this.#get<LiveDocument>(`;live;run=${encodeURIComponent(run)};since=${since}`);
  }

  sessions(text: string, from: number, stop: AbortSignal): Promise<SearchPage<SessionView>> {
    return this.#get(`;sessions;q=${encodeURIComponent(text)};from=${from}`, stop);
  }

  entries(
    table: string,
    text: string,
    from: number,
    stop: AbortSignal,
  ): Promise<SearchPage<EntryView>> {
    const which = `;table=${encodeURIComponent(table)};q=${encodeURIComponent(text)}`;
    return this.#get(`;entries${which};from=${from}`, stop);
  }

  /** Does something to a server; HAProxy's word for how that ended. */
  async act(action: Action, backend: string, server: string): Promise<string> {
    const body = new URLSearchParams({ s: server, action, b: backend });
    const answer = await fetch(`${this.uri};live`, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const { outcome } = await read<{ outcome: string }>(answer);
    return outcome;
  }

  async #get<T>(suffix: string, stop?: AbortSignal): Promise<T> {
    const late = AbortSignal.timeout(ANSWER_MS_MAX);
    const signal = stop === undefined ? late : AbortSignal.any([late, stop]);
    return read<T>(await fetch(this.uri + suffix, { signal, cache: "no-store" }));
  }
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new AnswerError(answer.status, text.trim().slice(0, 200));
  return JSON.parse(text) as T;
}
