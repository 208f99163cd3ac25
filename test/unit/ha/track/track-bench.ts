// Drives a tracker by hand: events in, effects out as short texts.
import type { AgentConfiguration } from "../../../../ha/config/model/configuration.ts";
import type { BalancerReport } from "../../../../ha/supervise/messages.ts";
import type { ScriptOutcome, TrackEffect, TrackEvent } from "../../../../ha/track/track-events.ts";
import { Tracker } from "../../../../ha/track/tracker.ts";
import { agentConfiguration, type AgentDraft } from "../../../support/agent-configuration.ts";

export const FIT: BalancerReport = { state: "serving", isFit: true, reasons: [] };
export const UNFIT: BalancerReport = { state: "serving", isFit: false, reasons: ["no broker"] };
export const DOWN: BalancerReport = {
  state: "down",
  isFit: false,
  reasons: ["the balancer is down: killed by SIGKILL"],
};
export const STARTING: BalancerReport = { state: "starting", isFit: false, reasons: [] };

export function exited(code: number): ScriptOutcome {
  return { kind: "exited", code };
}

/** A tracker and the time. */
export class TrackBench {
  readonly tracker: Tracker;
  nowMs = 1_000;

  constructor(configuration: AgentConfiguration) {
    this.tracker = new Tracker(configuration);
  }

  /** With eth0 up and started; effects of the start are taken away. */
  static started(draft: AgentDraft): TrackBench {
    const bench = new TrackBench(agentConfiguration(draft));
    bench.feed({ kind: "interface", name: "eth0", isRunning: true });
    bench.feed({ kind: "start" });
    return bench;
  }

  feed(event: TrackEvent): string[] {
    this.tracker.handle(event, this.nowMs);
    return this.take();
  }

  ended(outcome: ScriptOutcome, script = "chk"): string[] {
    return this.feed({ kind: "script-ended", script, outcome });
  }

  /** Lets time pass; timers fire when due. */
  pass(ms: number): string[] {
    const endMs = this.nowMs + ms;
    const seen: string[] = [];
    for (;;) {
      const dueMs = this.tracker.nextTimeout() ?? Infinity;
      if (dueMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      seen.push(...this.feed({ kind: "timeout" }));
    }
    this.nowMs = endMs;
    return seen;
  }

  take(): string[] {
    const seen: string[] = [];
    for (let effect = this.tracker.poll(); effect !== undefined; effect = this.tracker.poll()) {
      seen.push(textOf(effect));
    }
    return seen;
  }

  /** Priority and number of faults of an instance as the status shows them. */
  standing(name = "VI_1"): string {
    const found = this.tracker.status().instances.find((instance) => instance.name === name)!;
    return found.faults.length === 0 ? String(found.priority) : "FAULT";
  }
}

function textOf(effect: TrackEffect): string {
  switch (effect.kind) {
    case "run-script":
      return `run ${effect.script}`;
    case "priority":
      return `${effect.instance} ${effect.priority}`;
    case "faults": {
      const faults = effect.faults.length === 0 ? "well" : effect.faults.join(" + ");
      return `${effect.instance} ${faults}${effect.isAwaiting === true ? " (awaited)" : ""}`;
    }
    case "hand-over":
      return `hand over ${effect.instance}: ${effect.reason}`;
    case "log":
      return `log ${effect.text}`;
  }
}
