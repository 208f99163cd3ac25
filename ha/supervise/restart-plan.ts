// When a child that ended is started again. The first restart is immediate, the following wait
// longer and longer; a child that keeps ending is given up for a while rather than left to flap.
import type { Millis } from "../../src/base/units.ts";
import {
  RESTART_DELAY_FIRST_MS,
  RESTART_DELAY_MAX_MS,
  RESTART_FORGIVEN_AFTER_MS,
  RESTART_GIVEN_UP_MIN_MS,
} from "../limits.ts";

/** Restarts that one child may have within a period before it is given up. */
export interface RestartBudget {
  readonly count: number;
  readonly periodMs: Millis;
}

/** What follows the end of a run. */
export interface RestartDecision {
  /** From the end to the next start. */
  readonly delayMs: Millis;
  /** The budget is spent: the next start is the one try of this period. */
  readonly isGivenUp: boolean;
  /** Restarts within the period, this one included. */
  readonly count: number;
}

/** The restarts of one child. */
export class RestartPlan {
  #budget: RestartBudget;
  #restartsMs: Millis[] = [];
  /** Restarts since a run lasted long enough to be forgiven what was before it. */
  #streak = 0;
  #isGivenUp = false;
  /** After giving up, until a run has lasted: any end gives up again. */
  #isOnProbation = false;

  constructor(budget: RestartBudget) {
    this.#budget = budget;
  }

  /** Whether the child counts as given up, also while its one try of the period runs. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** A run has ended that had been ready for `livedMs`, 0 when it never was. */
  ended(livedMs: Millis, nowMs: Millis): RestartDecision {
    if (livedMs >= RESTART_FORGIVEN_AFTER_MS) {
      this.#streak = 0;
      this.#isOnProbation = false;
    }
    const { count, periodMs } = this.#budget;
    this.#restartsMs = this.#restartsMs.filter((atMs) => atMs > nowMs - periodMs);
    if (this.#isOnProbation || this.#restartsMs.length >= count) {
      this.#isGivenUp = true;
      this.#isOnProbation = true;
      const delayMs = Math.max(periodMs, RESTART_GIVEN_UP_MIN_MS);
      return { delayMs, isGivenUp: true, count: this.#restartsMs.length };
    }
    this.#restartsMs.push(nowMs);
    const delayMs = delayOf(this.#streak);
    this.#streak += 1;
    return { delayMs, isGivenUp: false, count: this.#restartsMs.length };
  }

  /** A run that followed giving up has been ready long enough to be counted on. */
  prove(): void {
    this.#isGivenUp = false;
  }

  /** Forgets all restarts: somebody mended something. */
  refill(budget: RestartBudget): void {
    this.#budget = budget;
    this.#restartsMs = [];
    this.#streak = 0;
    this.#isGivenUp = false;
    this.#isOnProbation = false;
  }
}

function delayOf(streak: number): Millis {
  if (streak === 0) return 0;
  return Math.min(RESTART_DELAY_FIRST_MS * 2 ** (streak - 1), RESTART_DELAY_MAX_MS);
}
