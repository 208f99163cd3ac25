// Carries out check scripts over real sockets.
import type { ConnectionOptions } from "node:tls";
import type { Millis } from "../../base/units.ts";
import type { CheckPlan } from "../../health/plan.ts";
import type { CheckReport } from "../../health/result.ts";

/** What the runner needs from its owner. */
export interface CheckRunnerDeps {
  nowMs(): Millis;
  onReport(server: string, report: CheckReport): void;
  onAgentReply(server: string, report: CheckReport, reply: string | undefined): void;
  /** TLS options of a server's checks; `undefined`: none are known and defaults apply. */
  tlsFor(server: string): ConnectionOptions | undefined;
  /** The PROXY header that says "this is a local connection". */
  encodeProxyLocal(version: 1 | 2): Uint8Array;
}

/** Runs at most one check and one agent check per server at a time. */
export declare class CheckRunner {
  constructor(deps: CheckRunnerDeps);
  start(server: string, plan: CheckPlan): void;
  abort(server: string, kind?: "check" | "agent"): void;
  close(): void;
}
