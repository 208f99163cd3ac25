// A balancer in reserve: loaded and waiting, so that the next run need not load the program.
//
// It is started only in quiet times, when the balancer has been ready for a while: neither a start nor
// a crash loop has to compete with it. It opens nothing and serves nobody, so that its own end is no
// restart; it is only prepared again, later each time.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Millis } from "../../src/base/units.ts";
import {
  RESERVE_CALM_MS,
  RESERVE_RETRY_FIRST_MS,
  RESERVE_RETRY_MAX_MS,
  RESTART_FORGIVEN_AFTER_MS,
} from "../limits.ts";
import type { GuardEffect } from "./guard-events.ts";

/** Decides when a reserve is prepared, used, and ended. */
export class ReserveKeeper {
  readonly #effects: EffectQueue<GuardEffect>;
  #isWanted: boolean;
  /** Of the last one, from 1 on. */
  #number = 0;
  /** Since when the last one stands; `undefined` when none does. */
  #standsSinceMs: Millis | undefined;
  /** When the current run of the balancer counts as quiet; `undefined` while none is ready. */
  #calmAtMs: Millis | undefined;
  /** After reserves that ended by themselves. */
  #notBeforeMs: Millis = -Infinity;
  /** Reserves in a row that ended before they had stood for long. */
  #earlyEnds = 0;

  constructor(isWanted: boolean, effects: EffectQueue<GuardEffect>) {
    this.#isWanted = isWanted;
    this.#effects = effects;
  }

  /** A run of the balancer is ready. */
  balancerReady(nowMs: Millis): void {
    this.#calmAtMs = nowMs + RESERVE_CALM_MS;
  }

  /** The balancer's run has ended or is of no use any more. */
  balancerLost(): void {
    this.#calmAtMs = undefined;
  }

  /** Gives the reserve away to the next run; `undefined` when none stands. */
  take(nowMs: Millis): number | undefined {
    if (this.#standsSinceMs === undefined) return undefined;
    this.#forgive(nowMs);
    this.#standsSinceMs = undefined;
    return this.#number;
  }

  /** A reserve has ended by itself, or could not be started. */
  ended(reserve: number, how: string, nowMs: Millis): void {
    if (reserve !== this.#number || this.#standsSinceMs === undefined) return;
    this.#forgive(nowMs);
    this.#standsSinceMs = undefined;
    const delayMs = Math.min(RESERVE_RETRY_FIRST_MS * 2 ** this.#earlyEnds, RESERVE_RETRY_MAX_MS);
    this.#earlyEnds += 1;
    this.#notBeforeMs = nowMs + delayMs;
    this.#effects.push({
      kind: "log",
      level: "warning",
      text:
        `The balancer in reserve is lost: ${how}. Devices do not notice; the next one is ` +
        `prepared in ${delayMs / 1_000} s at the earliest`,
      child: "balancer",
    });
  }

  /** Whether one is wanted may have changed. */
  reload(isWanted: boolean, nowMs: Millis): void {
    this.#isWanted = isWanted;
    if (!isWanted) this.#end();
    else this.tick(nowMs);
  }

  /** The guard stops: none is needed any more. */
  stop(): void {
    this.#isWanted = false;
    this.#end();
  }

  /** Does what is due. */
  tick(nowMs: Millis): void {
    const dueMs = this.nextTimeout();
    if (dueMs === undefined || nowMs < dueMs) return;
    this.#number += 1;
    this.#standsSinceMs = nowMs;
    this.#effects.push({ kind: "prepare-reserve", reserve: this.#number });
  }

  nextTimeout(): Millis | undefined {
    if (!this.#isWanted || this.#standsSinceMs !== undefined) return undefined;
    return this.#calmAtMs === undefined ? undefined : Math.max(this.#calmAtMs, this.#notBeforeMs);
  }

  #end(): void {
    if (this.#standsSinceMs === undefined) return;
    this.#standsSinceMs = undefined;
    this.#effects.push({ kind: "end-reserve", reserve: this.#number });
  }

  #forgive(nowMs: Millis): void {
    if (nowMs - this.#standsSinceMs! >= RESTART_FORGIVEN_AFTER_MS) this.#earlyEnds = 0;
  }
}
