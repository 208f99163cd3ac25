// The monitor and the runner joined as the balancer joins them, for tests.
import type { ConnectionOptions } from "node:tls";
import type { CheckRunnerDeps } from "../../src/io/checks/runner.ts";
import { CheckRunner } from "../../src/io/checks/runner.ts";
import { describeChange, describeCheck } from "../../src/health/describe.ts";
import type { HealthEffect, HealthEvent, StateChange } from "../../src/health/events.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { MonitoredServer } from "../../src/health/monitored.ts";
import type { CheckPlan } from "../../src/health/plan.ts";
import { endLater } from "../support/cleanup.ts";

/** A server with what its checks do. */
export interface CheckedServer {
  readonly monitored: MonitoredServer;
  readonly check?: CheckPlan;
  readonly agent?: CheckPlan;
}

/** Runs checks for real and collects the lines that a log would show. Ends with the test. */
export class ChecksHarness {
  readonly lines: string[] = [];
  readonly monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
  readonly #servers: ReadonlyMap<string, CheckedServer>;
  readonly #runner: CheckRunner;
  #timer: NodeJS.Timeout | undefined;

  constructor(servers: readonly CheckedServer[], tls: ConnectionOptions) {
    this.#servers = new Map(servers.map((server) => [server.monitored.key, server]));
    const deps: CheckRunnerDeps = {
      nowMs: () => performance.now(),
      onReport: (server, report) => this.feed({ kind: "check-done", server, report }),
      onAgentReply: (server, report, reply) =>
        this.feed({
          kind: "agent-done",
          server,
          report,
          ...(reply === undefined ? {} : { reply }),
        }),
      tlsFor: () => tls,
    };
    this.#runner = new CheckRunner(deps);
    endLater(() => {
      clearTimeout(this.#timer);
      this.#runner.close();
    });
    this.monitor.reconfigure(
      servers.map((server) => server.monitored),
      performance.now(),
    );
    this.#drain();
  }

  feed(event: HealthEvent): void {
    this.monitor.handle(event, performance.now());
    this.#drain();
  }

  #drain(): void {
    for (let effect = this.monitor.poll(); effect !== undefined; effect = this.monitor.poll()) {
      this.#carryOut(effect);
    }
    clearTimeout(this.#timer);
    const dueMs = this.monitor.nextTimeout();
    if (dueMs === undefined) return;
    const waitMs = Math.max(0, Math.ceil(dueMs - performance.now()));
    this.#timer = setTimeout(() => this.feed({ kind: "timeout" }), waitMs);
  }

  #carryOut(effect: HealthEffect): void {
    const server = this.#servers.get(effect.server)!;
    switch (effect.kind) {
      case "start-check":
        if (server.check !== undefined) this.#runner.start(effect.server, server.check);
        return;
      case "start-agent":
        if (server.agent !== undefined) this.#runner.start(effect.server, server.agent);
        return;
      case "abort-check":
        this.#runner.abort(effect.server, "check");
        return;
      case "abort-agent":
        this.#runner.abort(effect.server, "agent");
        return;
      case "server-up":
      case "server-down":
      case "server-stopping":
        this.lines.push(this.#describe(server, effect));
        return;
      case "log-check":
        this.lines.push(
          describeCheck(described(server), effect.agent, effect.report, effect.health, false),
        );
        return;
      default:
        return;
    }
  }

  /** Every server is alone in its backend. */
  #describe(server: CheckedServer, effect: StateChange): string {
    const to = this.monitor.statusOf(effect.server)!.state;
    const active = to === "up" ? 1 : 0;
    const counts = { active, backup: 0, sessions: 0, requeued: 0, queued: 0 };
    return describeChange(described(server), to, effect.cause, counts);
  }
}

function described(server: CheckedServer): { key: string; backup: boolean; logChecks: boolean } {
  const { key, logChecks } = server.monitored;
  return { key, backup: false, logChecks };
}
