// Lines about what others do as often as they like. Unlike complaints about packets (loudness.ts),
// these tell a story that people follow, so the first of them come at once and a second apart.
import type { Millis } from "../../src/base/units.ts";
import {
  LOUDNESS_PERIOD_MS,
  RECURRENCE_FORGOTTEN_MS,
  RECURRENCE_SAID_MAX,
  RECURRENCE_TEXTS_MAX,
  RIVAL_SAID_AGAIN_MS,
} from "../limits.ts";

interface Said {
  saidAtMs: Millis;
  /** When it was last wanted to be said. */
  wantedAtMs: Millis;
  count: number;
}

/** Says each text a few times, then once a minute for as long as it goes on. Its memory is bounded. */
export class Recurrence {
  readonly #said = new Map<string, Said>();

  /** Whether `text` may be said now. A text that nobody wanted to say for a while is a new one. */
  maySay(text: string, nowMs: Millis): boolean {
    const known = this.#said.get(text);
    if (known !== undefined && !isForgotten(known, nowMs)) return again(known, nowMs);
    if (known === undefined && !this.#hasRoom(nowMs)) return false;
    this.#said.set(text, { saidAtMs: nowMs, wantedAtMs: nowMs, count: 1 });
    return true;
  }

  #hasRoom(nowMs: Millis): boolean {
    if (this.#said.size < RECURRENCE_TEXTS_MAX) return true;
    for (const [text, said] of this.#said) if (isForgotten(said, nowMs)) this.#said.delete(text);
    return this.#said.size < RECURRENCE_TEXTS_MAX;
  }
}

function isForgotten(said: Said, nowMs: Millis): boolean {
  return nowMs - said.wantedAtMs >= RECURRENCE_FORGOTTEN_MS;
}

function again(said: Said, nowMs: Millis): boolean {
  said.wantedAtMs = nowMs;
  const apartMs = said.count < RECURRENCE_SAID_MAX ? RIVAL_SAID_AGAIN_MS : LOUDNESS_PERIOD_MS;
  if (nowMs - said.saidAtMs < apartMs) return false;
  said.saidAtMs = nowMs;
  said.count += 1;
  return true;
}
