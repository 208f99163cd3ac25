// Drives a guard by hand: events in, effects out as short texts.
import { Guard } from "../../../../ha/supervise/guard.ts";
import type {
  Child,
  GuardEffect,
  GuardEvent,
  GuardSettings,
} from "../../../../ha/supervise/guard-events.ts";
import type { LastWill } from "../../../../ha/supervise/messages.ts";
import type { Fitness, ProbeResult } from "../../../../src/base/life.ts";

export const SETTINGS: GuardSettings = {
  children: ["agent", "balancer"],
  balancerTimeoutMs: 300,
  agentTimeoutMs: 300,
  balancerStartTimeoutMs: 10_000,
  agentStartTimeoutMs: 10_000,
  stopTimeoutMs: 2_000,
  restartBudget: { count: 10, periodMs: 60_000 },
};

export const WILL: LastWill = {
  commands: [{ program: undefined, words: ["addr", "del", "10.98.0.100/24", "dev", "eth0"] }],
  packets: [],
};

export const FIT: Fitness = { isFit: true, reasons: [] };

/** A guard and the time. Children beat by themselves unless they are silenced. */
export class GuardBench {
  readonly guard: Guard;
  /** All effects but beats and logs so far, as text; cleared by `take`. */
  #seen: string[] = [];
  readonly logs: string[] = [];
  readonly runs: Record<Child, number> = { agent: 0, balancer: 0 };
  /** The last one that was prepared. */
  reserve = 0;
  readonly silent = new Set<Child>();
  fitness: Fitness = FIT;
  probe: ProbeResult = "ok";
  probeCount: number | undefined;
  /** What the kernel answers; without it, a question stays unanswered. */
  inspection: { waitedForCpuMs: number; isStopped: boolean } | undefined = {
    waitedForCpuMs: 0,
    isStopped: false,
  };
  /** Whether SIGKILL is followed by the end at once. */
  doKillsWork = true;
  beats = { agent: 0, balancer: 0 };
  nowMs = 1_000;
  #beatMs = 1_050;

  constructor(settings: Partial<GuardSettings> = {}) {
    this.guard = new Guard({ ...SETTINGS, ...settings });
  }

  /** Starts the guard and has all children ready and heard. */
  static running(settings: Partial<GuardSettings> = {}): GuardBench {
    const bench = new GuardBench(settings);
    bench.feed({ kind: "start" });
    if (bench.runs.agent > 0) bench.agentReady();
    if (bench.runs.balancer > 0) bench.balancerReady();
    bench.take();
    return bench;
  }

  feed(event: GuardEvent): void {
    this.guard.handle(event, this.nowMs);
    this.#drain();
  }

  agentReady(): void {
    this.feed({ kind: "from-agent", run: this.runs.agent, message: { kind: "ready" } });
  }

  balancerReady(): void {
    const { run } = { run: this.runs.balancer };
    this.feed({ kind: "from-balancer", run, message: { kind: "ready", listeners: [] } });
    this.beat("balancer");
  }

  beat(child: Child): void {
    const run = this.runs[child];
    if (child === "agent") {
      this.feed({ kind: "from-agent", run, message: { kind: "beat" } });
      return;
    }
    const { fitness, probe, probeCount } = this;
    const message = {
      kind: "beat",
      fitness,
      probe,
      ...(probeCount === undefined ? {} : { probeCount }),
    } as const;
    this.feed({ kind: "from-balancer", run, message });
  }

  will(will: LastWill, run = this.runs.agent): void {
    this.feed({ kind: "from-agent", run, message: { kind: "will", will } });
  }

  end(child: Child, code: number | null = null, signal: string | null = "SIGKILL"): void {
    this.feed({ kind: "ended", child, run: this.runs[child], code, signal });
  }

  endReserve(reserve = this.reserve): void {
    this.feed({ kind: "reserve-ended", reserve, code: 1, signal: null });
  }

  /** Lets time pass; timers fire when due, children that are not silent beat every 50 ms. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    if (this.#beatMs < this.nowMs) this.#beatMs = this.nowMs + 50;
    for (;;) {
      const dueMs = this.guard.nextTimeout() ?? Infinity;
      const nextMs = Math.min(dueMs, this.#beatMs, endMs);
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (nextMs === this.#beatMs) {
        this.#beatMs += 50;
        for (const child of ["agent", "balancer"] as const) {
          const isReady = this.guard.status()[child]?.phase === "ready";
          if (isReady && !this.silent.has(child)) this.beat(child);
        }
      }
      if (dueMs <= this.nowMs) this.feed({ kind: "timeout" });
      if (this.nowMs >= endMs && (this.guard.nextTimeout() ?? Infinity) > endMs) return;
    }
  }

  /** Time passes in which this process does not run. */
  stall(ms: number): void {
    this.nowMs += ms;
  }

  /** What was asked for since the last call. */
  take(): string[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  #drain(): void {
    for (let effect = this.guard.poll(); effect !== undefined; effect = this.guard.poll()) {
      this.#carryOut(effect);
    }
  }

  #carryOut(effect: GuardEffect): void {
    switch (effect.kind) {
      case "log":
        this.logs.push(`${effect.level}: ${effect.text}`);
        return;
      case "beat-balancer":
        this.beats.balancer += 1;
        return;
      case "tell-agent":
        if (effect.message === "beat") this.beats.agent += 1;
        else this.#seen.push(`tell agent ${effect.message}`);
        return;
      case "tell-agent-balancer": {
        const { state, isFit, reasons } = effect.report;
        this.#seen.push(["report", state, isFit ? "fit" : "unfit", ...reasons].join(" | "));
        return;
      }
      case "spawn":
        this.runs[effect.child] = effect.run;
        this.silent.delete(effect.child);
        this.#seen.push(
          `spawn ${effect.child} ${effect.run}` +
            (effect.reserve === undefined ? "" : ` from reserve ${effect.reserve}`),
        );
        return;
      case "prepare-reserve":
        this.reserve = effect.reserve;
        this.#seen.push(`prepare reserve ${effect.reserve}`);
        return;
      case "end-reserve":
        this.#seen.push(`end reserve ${effect.reserve}`);
        return;
      case "signal":
        this.#seen.push(`${effect.signal} ${effect.child} ${effect.run}`);
        if (effect.signal === "SIGKILL" && this.doKillsWork) {
          this.#endSoon(effect.child, effect.run);
        }
        return;
      case "inspect":
        this.#seen.push(`inspect ${effect.child}`);
        if (this.inspection !== undefined) {
          const { child, run } = effect;
          this.guard.handle({ kind: "inspected", child, run, ...this.inspection }, this.nowMs);
        }
        return;
      case "execute-will":
        this.#seen.push(`will ${effect.will.commands.map(({ words }) => words.join(" ")).join()}`);
        return;
      case "tell-balancer-vips":
        this.#seen.push(`vips ${effect.held.join(" ")}`);
        return;
      case "tell-agent-tickle":
        this.#seen.push(`tickle ${effect.connections}`);
        return;
      case "exit":
        this.#seen.push(`exit ${effect.code}`);
        return;
    }
  }

  #endSoon(child: Child, run: number): void {
    // The end is heard after all that was asked for in the same breath.
    const late: GuardEffect[] = [];
    for (let effect = this.guard.poll(); effect !== undefined; effect = this.guard.poll()) {
      late.push(effect);
    }
    late.forEach((effect) => this.#carryOut(effect));
    this.guard.handle({ kind: "ended", child, run, code: null, signal: "SIGKILL" }, this.nowMs);
  }
}
