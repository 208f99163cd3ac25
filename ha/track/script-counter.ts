// Rise and fall of a vrrp_script.

/** What makes a counter. */
export interface ScriptThresholds {
  /** Results in a row until up, from 1 on. */
  readonly rise: number;
  /** Results in a row until down, from 1 on. */
  readonly fall: number;
}

/**
 * One value, 0..rise+fall-1; from `rise` on the script counts as up. Keepalived's way of counting:
 * a good result while up restores the highest value, a bad one while down the lowest. Before the
 * first result one good one is enough, or one bad one.
 */
export class ScriptCounter {
  #thresholds: ScriptThresholds;
  #value: number;
  #isKnown: boolean;

  /** With `startsFailed` it counts as down from the start, and has to rise. */
  constructor(thresholds: ScriptThresholds, startsFailed: boolean) {
    this.#thresholds = thresholds;
    this.#isKnown = startsFailed;
    this.#value = startsFailed ? 0 : thresholds.rise - 1;
  }

  /** 0..rise+fall-1. */
  get value(): number {
    return this.#value;
  }

  /** Whether there was a result, or failure is assumed. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  get isUp(): boolean {
    return this.#value >= this.#thresholds.rise;
  }

  /** Takes a result; gives the new state when that is a change, or the first. */
  take(isGood: boolean): "up" | "down" | undefined {
    const wasKnown = this.#isKnown;
    const wasUp = this.isUp;
    this.#isKnown = true;
    this.#value = isGood ? this.#afterGood() : this.#afterBad();
    if (wasKnown && this.isUp === wasUp) return undefined;
    return this.isUp ? "up" : "down";
  }

  /** Takes other thresholds; what is up stays up. */
  retune(thresholds: ScriptThresholds): void {
    const isSame =
      thresholds.rise === this.#thresholds.rise && thresholds.fall === this.#thresholds.fall;
    if (isSame) return;
    const wasUp = this.isUp;
    this.#thresholds = thresholds;
    if (wasUp) this.#value = this.#highest();
    else this.#value = this.#isKnown ? 0 : thresholds.rise - 1;
  }

  #highest(): number {
    return this.#thresholds.rise + this.#thresholds.fall - 1;
  }

  #afterGood(): number {
    return this.#value < this.#thresholds.rise - 1 ? this.#value + 1 : this.#highest();
  }

  #afterBad(): number {
    return this.#value > this.#thresholds.rise ? this.#value - 1 : 0;
  }
}
