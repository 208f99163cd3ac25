// One vrrp_track_process: whether enough, and not too many, of its processes run.
import type { Millis } from "../../src/base/units.ts";
import type { ProcessConfiguration } from "../config/model/tracking.ts";
import type { Verdict } from "./contribution.ts";

/** See the head of this file. */
export class TrackedProcess {
  readonly #isPatient: boolean;
  #configuration: ProcessConfiguration;
  #count: number | undefined;
  #isUp: boolean | undefined;
  /** When a quorum that was gained or lost begins to count. */
  #settlesAtMs: Millis | undefined;

  /** `isPatient`: instances go on as if it were up until it is first counted. */
  constructor(configuration: ProcessConfiguration, isPatient: boolean) {
    this.#configuration = configuration;
    this.#isPatient = isPatient;
  }

  get configuration(): ProcessConfiguration {
    return this.#configuration;
  }

  /** As last counted; `undefined` before the first time. */
  get count(): number | undefined {
    return this.#count;
  }

  get verdict(): Verdict {
    if (this.#isUp === undefined) return this.#isPatient ? "up" : "unknown";
    return this.#isUp ? "up" : "down";
  }

  get nextDueMs(): Millis | undefined {
    return this.#settlesAtMs;
  }

  /** Takes another configuration; true when that changes the verdict. */
  reconfigure(configuration: ProcessConfiguration): boolean {
    this.#configuration = configuration;
    if (this.#count === undefined || this.#settlesAtMs !== undefined) return false;
    return this.#settle();
  }

  /** So many run now; true when that changes the verdict. The first count needs no delay. */
  counted(count: number, nowMs: Millis): boolean {
    this.#count = count;
    const hasQuorum = this.#hasQuorum();
    if (this.#isUp === undefined) return this.#settle();
    if (hasQuorum === this.#isUp) {
      this.#settlesAtMs = undefined;
      return false;
    }
    const { forkDelayMs, terminateDelayMs } = this.#configuration;
    this.#settlesAtMs ??= nowMs + (hasQuorum ? forkDelayMs : terminateDelayMs);
    return this.tick(nowMs);
  }

  /** True when a delay has ended and the verdict has changed. */
  tick(nowMs: Millis): boolean {
    if (this.#settlesAtMs === undefined || nowMs < this.#settlesAtMs) return false;
    return this.#settle();
  }

  #settle(): boolean {
    this.#settlesAtMs = undefined;
    const wasUp = this.#isUp;
    this.#isUp = this.#hasQuorum();
    return this.#isUp !== wasUp;
  }

  #hasQuorum(): boolean {
    const { quorum, quorumMax } = this.#configuration;
    const count = this.#count ?? 0;
    // `quorum_max 0` says that none may run: the quorum itself, at least 1, does not bind then.
    if (quorumMax === 0) return count === 0;
    return count >= quorum && (quorumMax === undefined || count <= quorumMax);
  }
}
