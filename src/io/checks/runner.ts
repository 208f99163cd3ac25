// Carries out checks of all servers over real sockets.
import type { ConnectionOptions } from "node:tls";
import type { Millis } from "../../base/units.ts";
import type { CheckPlan } from "../../health/plan.ts";
import type { CheckReport } from "../../health/result.ts";
import { CheckRun } from "./run.ts";

/** What the runner needs from its owner. Callbacks may start and abort checks. */
export interface CheckRunnerDeps {
  nowMs(): Millis;
  onReport(server: string, report: CheckReport): void;
  /** `reply` is the agent's line, absent when it sent none. */
  onAgentReply(server: string, report: CheckReport, reply: string | undefined): void;
  /** TLS options of a server's checks; Node's defaults hold where there are none. */
  tlsFor(server: string): ConnectionOptions | undefined;
}

/** Runs at most one health check and one agent check per server at a time. */
export class CheckRunner {
  readonly #deps: CheckRunnerDeps;
  readonly #runs = new Map<string, CheckRun>();

  constructor(deps: CheckRunnerDeps) {
    this.#deps = deps;
  }

  /** Starts the check that `plan` describes; one of the same kind that still runs is aborted. */
  start(server: string, plan: CheckPlan): void {
    const kind = plan.kind === "agent" ? "agent" : "check";
    this.abort(server, kind);
    const key = runKey(server, kind);
    const run = new CheckRun(plan, {
      nowMs: () => this.#deps.nowMs(),
      tlsOptions: () => this.#deps.tlsFor(server),
      onDone: (report, reply) => {
        this.#runs.delete(key);
        if (kind === "check") this.#deps.onReport(server, report);
        else this.#deps.onAgentReply(server, report, reply);
      },
    });
    this.#runs.set(key, run);
    run.start();
  }

  /** Ends a running check without a report. */
  abort(server: string, kind: "check" | "agent" = "check"): void {
    const key = runKey(server, kind);
    this.#runs.get(key)?.abort();
    this.#runs.delete(key);
  }

  /** Ends all checks without reports. */
  close(): void {
    for (const run of this.#runs.values()) run.abort();
    this.#runs.clear();
  }
}

function runKey(server: string, kind: "check" | "agent"): string {
  return `${kind} ${server}`;
}
