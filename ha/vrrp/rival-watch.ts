// What a master does about rivals, and how often. A neighbour may send 60,000 adverts a second:
// each kind of reaction comes at once and then at a bounded rate.
import type { Millis } from "../../src/base/units.ts";
import {
  ANSWERS_PER_INTERVAL,
  REANNOUNCE_AGAIN_MAX_MS,
  REANNOUNCE_APART_MIN_MS,
  RIVAL_SAID_AGAIN_MS,
} from "../limits.ts";
import { Recurrence } from "./recurrence.ts";

/** The pace of one virtual router's answers, announcements and log lines about rivals. */
export class RivalWatch {
  #answeredAtMs = -Infinity;
  #announcedAtMs = -Infinity;
  #announceAtMs: Millis | undefined;
  #toldAtMs = -Infinity;
  readonly #lines = new Recurrence();
  /** The first and the last advert of the present contest. */
  #contest: { readonly fromMs: Millis; readonly untilMs: Millis } | undefined;

  /** When an announcement is owed; `undefined`: none is. */
  nextTimeout(): Millis | undefined {
    return this.#announceAtMs;
  }

  /** Forgets what is owed: the router is no longer master. */
  end(): void {
    this.#announceAtMs = undefined;
    this.#contest = undefined;
  }

  /** Notes an advert of a rival; true when a contest begins with it. */
  hear(nowMs: Millis): boolean {
    const isFirst = this.#contest === undefined;
    this.#contest = { fromMs: this.#contest?.fromMs ?? nowMs, untilMs: nowMs };
    return isFirst;
  }

  /** How long rivals were heard, when none was for `quietMs`; told once. */
  takeGone(quietMs: Millis, nowMs: Millis): Millis | undefined {
    if (this.#contest === undefined || nowMs - this.#contest.untilMs < quietMs) return undefined;
    const { fromMs, untilMs } = this.#contest;
    this.#contest = undefined;
    return untilMs - fromMs;
  }

  /** Whether an advert may be sent now because a rival was heard. */
  mayAnswer(intervalMs: Millis, nowMs: Millis): boolean {
    if (nowMs - this.#answeredAtMs < intervalMs / ANSWERS_PER_INTERVAL) return false;
    this.#answeredAtMs = nowMs;
    return true;
  }

  /**
   * Notes that a rival was heard. `true`: announce the VIPs now. Another announcement is owed
   * shortly after, since the rival may have given its VIPs up only after this one.
   */
  shouldAnnounce(intervalMs: Millis, nowMs: Millis): boolean {
    const apartMs = Math.max(
      REANNOUNCE_APART_MIN_MS,
      Math.min(intervalMs / 2, REANNOUNCE_AGAIN_MAX_MS),
    );
    const isDue = nowMs - this.#announcedAtMs >= apartMs;
    if (isDue) this.#announcedAtMs = nowMs;
    this.#announceAtMs ??= this.#announcedAtMs + apartMs;
    return isDue;
  }

  /** Takes the announcement that is owed, if its time has come. */
  takeOwed(nowMs: Millis): boolean {
    if (this.#announceAtMs === undefined || nowMs < this.#announceAtMs) return false;
    this.#announceAtMs = undefined;
    this.#announcedAtMs = nowMs;
    return true;
  }

  /** Whether `text` may be said now. */
  maySay(text: string, nowMs: Millis): boolean {
    return this.#lines.maySay(text, nowMs);
  }

  /** Whether others may be told of a weaker rival now: once a second. */
  mayTell(nowMs: Millis): boolean {
    if (nowMs - this.#toldAtMs < RIVAL_SAID_AGAIN_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }
}
