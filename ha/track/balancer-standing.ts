// What the balancer of this node means to the election: nothing, a fault, or priority 1.
//
// Theory of operation. Each report and each timeout leads to one verdict. A balancer that is down
// is a fault, at once or, with `on-balancer-failure restart`, when it has not come back in time:
// until then everything stands as before, also while the new one gathers what it needs to be fit.
// An unfit balancer lowers the node to priority 1 rather than into FAULT, because two unfit nodes
// must still have one master. The VIP is handed over once for each time that fitness is lost.
import type { Millis } from "../../src/base/units.ts";
import type { TandemSettings } from "../config/model/configuration.ts";
import type { BalancerReport } from "../supervise/messages.ts";

/** The `#tandem` directives that this needs. */
export type BalancerPolicy = Pick<
  TandemSettings,
  "onBalancerFailure" | "restartInPlaceMs" | "minds"
>;

type Standing = "absent" | "fit" | "unfit" | "fault";

/** See the head of this file. */
export class BalancerStanding {
  #policy: BalancerPolicy;
  #report: BalancerReport = { state: "absent", isFit: true, reasons: [] };
  #standing: Standing = "absent";
  /** While a restart in place is awaited: since when the balancer is down. */
  #downSinceMs: Millis | undefined;
  #handOver: string | undefined;

  constructor(policy: BalancerPolicy) {
    this.#policy = policy;
  }

  /** The latest report. */
  get report(): BalancerReport {
    return this.#report;
  }

  /** Why no instance may serve; `undefined` when the balancer is no hindrance. */
  get fault(): string | undefined {
    return this.#standing === "fault" ? this.reason : undefined;
  }

  /** Whether this node should serve only when no other does. */
  get isUnfit(): boolean {
    return this.#standing === "unfit";
  }

  /** What the report gave as reasons. */
  get reason(): string {
    const { state, reasons } = this.#report;
    if (reasons.length > 0) return reasons.join("; ");
    if (state === "starting") return "the balancer is starting";
    if (state === "serving") return "the balancer is not fit to serve";
    return state === "given-up" ? "the balancer is given up" : "the balancer is down";
  }

  /** The result of scripts and processes that the built-in watch answers; `undefined` without a balancer. */
  get isUp(): boolean | undefined {
    return this.#standing === "absent" ? undefined : this.#standing !== "fault";
  }

  /** When the time for a restart in place ends. */
  get nextDueMs(): Millis | undefined {
    if (this.#downSinceMs === undefined) return undefined;
    return this.#downSinceMs + this.#policy.restartInPlaceMs;
  }

  reconfigure(policy: BalancerPolicy, nowMs: Millis): void {
    this.#policy = policy;
    if (policy.onBalancerFailure === "failover") this.#downSinceMs = undefined;
    this.tick(nowMs);
  }

  take(report: BalancerReport, nowMs: Millis): void {
    const { state } = this.#report;
    this.#report = report;
    const isServing = this.#standing === "fit" || this.#standing === "unfit";
    const isRestarted = report.state === "down" && this.#policy.onBalancerFailure === "restart";
    // Only a balancer that served has something to be kept while it is restarted. One that is lost
    // again before it was fit has no more time than the first one.
    if (isRestarted && isServing && state !== "down") this.#downSinceMs ??= nowMs;
    this.tick(nowMs);
  }

  /** Judges again: the time for a restart in place may be over. */
  tick(nowMs: Millis): void {
    const former = this.#standing;
    this.#standing = this.#judge(nowMs);
    const isLost = former === "fit" && this.#standing === "unfit";
    if (isLost) this.#handOver = this.reason;
    else if (this.#standing !== "unfit") this.#handOver = undefined;
  }

  /** Once for each time that fitness was lost: why the VIP should be handed over. */
  takeHandOver(): string | undefined {
    const reason = this.#handOver;
    this.#handOver = undefined;
    return reason;
  }

  #judge(nowMs: Millis): Standing {
    const { state, isFit } = this.#report;
    const isFitToServe = state === "serving" && (isFit || !this.#policy.minds.fitness);
    const isRestarting = state === "down" || (state === "serving" && !isFitToServe);
    if (isRestarting && this.#isAwaited(nowMs)) return this.#standing;
    this.#downSinceMs = undefined;
    if (state === "absent") return "absent";
    if (state !== "serving") return "fault";
    return isFitToServe ? "fit" : "unfit";
  }

  #isAwaited(nowMs: Millis): boolean {
    return this.nextDueMs !== undefined && nowMs < this.nextDueMs;
  }
}
