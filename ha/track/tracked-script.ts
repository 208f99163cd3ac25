// One vrrp_script: when it runs, and what its results say.
import type { Millis } from "../../src/base/units.ts";
import type { ScriptConfiguration } from "../config/model/tracking.ts";
import { SCRIPT_LOST_AFTER_MS } from "../limits.ts";
import type { Verdict } from "./contribution.ts";
import { ScriptCounter } from "./script-counter.ts";
import type { ScriptOutcome } from "./track-events.ts";

/** A change of state as its log line tells it. */
export interface ScriptNews {
  readonly isUp: boolean;
  /** `succeeded`, `failed (exited with status 1)`, `timed_out`. */
  readonly text: string;
}

/** See the head of this file. */
export class TrackedScript {
  #configuration: ScriptConfiguration;
  readonly #counter: ScriptCounter;
  /** Whether instances go on as if it were up until its first result. */
  readonly #isPatient: boolean;
  #dueMs: Millis;
  /** While it runs: when its end must have been told of. */
  #lostAtMs: Millis | undefined;
  #lastOutcome: ScriptOutcome | undefined;
  #failure = "";

  /** The first run is due at once. */
  constructor(configuration: ScriptConfiguration, isPatient: boolean, nowMs: Millis) {
    this.#configuration = configuration;
    this.#isPatient = isPatient;
    this.#counter = new ScriptCounter(configuration, configuration.startsFailed);
    this.#dueMs = nowMs;
  }

  get configuration(): ScriptConfiguration {
    return this.#configuration;
  }

  get isRunning(): boolean {
    return this.#lostAtMs !== undefined;
  }

  get lastOutcome(): ScriptOutcome | undefined {
    return this.#lastOutcome;
  }

  /** The counter's value, 0..rise+fall-1. */
  get value(): number {
    return this.#counter.value;
  }

  get verdict(): Verdict {
    if (!this.#counter.isKnown) return this.#isPatient ? "up" : "unknown";
    return this.#counter.isUp ? "up" : "down";
  }

  /** Why it is down: how the run ended that made it so. */
  get failure(): string {
    return this.#failure;
  }

  get nextDueMs(): Millis {
    return this.#lostAtMs === undefined ? this.#dueMs : Math.min(this.#dueMs, this.#lostAtMs);
  }

  /** Takes another configuration; results so far go on counting. */
  reconfigure(configuration: ScriptConfiguration, nowMs: Millis): void {
    this.#configuration = configuration;
    this.#counter.retune(configuration);
    this.#dueMs = Math.min(this.#dueMs, nowMs + configuration.intervalMs);
  }

  /** Whether a run is to be started now. A run that is due while another is on is left out. */
  isDue(nowMs: Millis): boolean {
    if (nowMs < this.#dueMs) return false;
    const { intervalMs, timeoutMs } = this.#configuration;
    // Runs that were missed are not made up for.
    const nextMs = this.#dueMs + intervalMs;
    this.#dueMs = nextMs > nowMs ? nextMs : nowMs + intervalMs;
    if (this.#lostAtMs !== undefined) return false;
    this.#lostAtMs = nowMs + timeoutMs + SCRIPT_LOST_AFTER_MS;
    return true;
  }

  /** Whether a run has not been told of for so long that nothing more is to be expected of it. */
  isLost(nowMs: Millis): boolean {
    return this.#lostAtMs !== undefined && nowMs >= this.#lostAtMs;
  }

  /** A run has ended; `undefined` when that changes nothing. */
  ended(outcome: ScriptOutcome): ScriptNews | undefined {
    if (this.#lostAtMs === undefined) return undefined;
    this.#lostAtMs = undefined;
    this.#lastOutcome = outcome;
    const change = this.#counter.take(isGood(outcome));
    if (change === undefined) return undefined;
    const text = change === "up" ? "succeeded" : describe(outcome);
    if (change === "down") this.#failure = text;
    return { isUp: change === "up", text };
  }
}

function isGood(outcome: ScriptOutcome): boolean {
  return outcome.kind === "exited" && outcome.code === 0;
}

function describe(outcome: ScriptOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return `failed (exited with status ${outcome.code})`;
    case "signalled":
      return `failed (due to signal ${outcome.signal})`;
    case "timed-out":
      return "timed_out";
    case "failed-to-start":
      return `failed (could not be started: ${outcome.message})`;
  }
}
