// One line for each change of the balancer's standing, with its cause: what priorities and faults
// follow is logged by the election.
import type { BalancerReport } from "../supervise/messages.ts";

/** A line for the log. */
export interface BalancerNews {
  readonly kind: "log";
  readonly level: "info" | "warning";
  readonly text: string;
}

/** What changed; `undefined` when nothing did that is worth a line. */
export function balancerNews(
  before: BalancerReport,
  after: BalancerReport,
): BalancerNews | undefined {
  if (after.state !== "serving") {
    // The guard itself tells of ends and starts.
    return undefined;
  }
  if (before.state === "serving" && before.isFit === after.isFit) return undefined;
  if (after.isFit) return { kind: "log", level: "info", text: "The balancer is fit to serve" };
  const text = `The balancer is not fit to serve: ${after.reasons.join("; ")}`;
  return { kind: "log", level: "warning", text };
}
