// `slow` of `option mqtt-check`: a broker that answers, but slowly, gets less. Its weight follows the
// smoothed time of its answers, in small steps in both directions, so that one late answer moves little
// and a broker is not filled at once when it is quick again.
import type { Millis } from "../base/units.ts";
import type { SlowCheck } from "../config/model/check.ts";
import {
  SLOW_CHANGE_PERCENT_MIN,
  SLOW_RETURN_RATIO,
  SLOW_SAMPLE_RATIO_MAX,
  SLOW_SMOOTHING,
  SLOW_STEP_PERCENT,
} from "../limits.ts";

/** A server has become slow or quick; it was the other for `afterMs`, or since it is looked at. */
export interface SlowTurn {
  readonly to: "slow" | "quick";
  readonly afterMs: Millis;
}

/** A change of weight. */
export interface WeightStep {
  /** Of the weight that the server has otherwise, 1..100. */
  readonly percent: number;
  /** What its answers take, smoothed. */
  readonly meanMs: Millis;
  /** It has just begun or ceased to be slow, after so long. */
  readonly turn?: SlowTurn;
}

/** One server's slowness. */
export class SlowWeight {
  #settings: SlowCheck;
  #meanMs: Millis | undefined;
  #isSlow = false;
  #percent = 100;
  #turnedMs: Millis | undefined;

  constructor(settings: SlowCheck) {
    this.#settings = settings;
  }

  /** Of the weight that the server has otherwise, 1..100. */
  get percent(): number {
    return this.#percent;
  }

  /** Takes other settings, which answers from now on are measured by. */
  retune(settings: SlowCheck): void {
    this.#settings = settings;
  }

  /** Takes the time of an answer; what is to change. */
  note(answerMs: Millis, nowMs: Millis): WeightStep | undefined {
    const { thresholdMs } = this.#settings;
    const sampleMs = Math.min(answerMs, SLOW_SAMPLE_RATIO_MAX * thresholdMs);
    const meanMs = this.#meanMs ?? sampleMs;
    this.#meanMs = meanMs + SLOW_SMOOTHING * (sampleMs - meanMs);
    const wasSlow = this.#isSlow;
    // Between the two limits it stays what it is.
    if (this.#meanMs > thresholdMs) this.#isSlow = true;
    else if (this.#meanMs < SLOW_RETURN_RATIO * thresholdMs) this.#isSlow = false;
    const before = this.#percent;
    this.#approach(this.#isSlow ? this.#aim(thresholdMs / this.#meanMs) : 100);
    const isTurn = this.#isSlow !== wasSlow;
    const turnedMs = (this.#turnedMs ??= nowMs);
    if (before === this.#percent && !isTurn) return undefined;
    const step = { percent: this.#percent, meanMs: this.#meanMs };
    if (!isTurn) return step;
    this.#turnedMs = nowMs;
    return { ...step, turn: { to: this.#isSlow ? "slow" : "quick", afterMs: nowMs - turnedMs } };
  }

  /** A broker that takes twice as long as it may gets half. */
  #aim(ratio: number): number {
    return Math.min(100, Math.max(this.#settings.percentMin, Math.round(100 * ratio)));
  }

  #approach(aim: number): void {
    const isEnd = aim === 100 || aim === this.#settings.percentMin;
    const distance = aim - this.#percent;
    if (!isEnd && Math.abs(distance) < SLOW_CHANGE_PERCENT_MIN) return;
    const step = Math.max(-SLOW_STEP_PERCENT, Math.min(SLOW_STEP_PERCENT, distance));
    this.#percent += step;
  }
}
