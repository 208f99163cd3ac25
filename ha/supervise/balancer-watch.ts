// What the guard knows of the balancer, as it tells the agent.
import type { Fitness } from "../../src/base/life.ts";
import type { ChildStatus } from "./child.ts";
import type { BalancerReport } from "./messages.ts";
import { ProbeStreak } from "./probe-streak.ts";

/** The report where no balancer is supervised. */
export const ABSENT_BALANCER: BalancerReport = { state: "absent", isFit: true, reasons: [] };

/** What the current run of the balancer said of itself. */
export class BalancerWatch {
  readonly probes = new ProbeStreak();
  #fitness: Fitness | undefined;
  #endingReason: string | undefined;

  /** Its latest word on whether it can serve. */
  says(fitness: Fitness): void {
    this.#fitness = fitness;
  }

  /** It ends on its own. */
  endsBecause(reason: string): void {
    this.#endingReason = reason;
  }

  /** How a balancer whose process stands so is told of. */
  report(child: ChildStatus): BalancerReport {
    const { phase, isGivenUp, lastCause } = child;
    if (isGivenUp) return notServing("given-up", givenUpReason(child));
    if (phase === "ready" && this.#fitness !== undefined && this.#endingReason === undefined) {
      return { state: "serving", isFit: this.#fitness.isFit, reasons: this.#fitness.reasons };
    }
    const isUp = phase === "ready" || phase === "starting";
    if (isUp && this.#endingReason !== undefined) {
      return notServing("down", `the balancer ends: ${this.#endingReason}`);
    }
    if (lastCause === undefined && (isUp || phase === "off")) {
      return notServing("starting", "the balancer is starting");
    }
    return notServing("down", `the balancer is down: ${lastCause ?? "it ended"}`);
  }
}

function notServing(state: BalancerReport["state"], reason: string): BalancerReport {
  return { state, isFit: false, reasons: [reason] };
}

function givenUpReason(child: ChildStatus): string {
  const cause = child.lastCause ?? "it ended";
  return child.phase === "ready"
    ? `the balancer was given up (${cause}) and runs again, but not yet for long enough`
    : `the balancer is given up: ${cause}`;
}

/** Whether two reports say the same. */
export function isSameReport(one: BalancerReport | undefined, other: BalancerReport): boolean {
  return (
    one?.state === other.state &&
    one.isFit === other.isFit &&
    one.reasons.length === other.reasons.length &&
    one.reasons.every((reason, index) => reason === other.reasons[index])
  );
}
