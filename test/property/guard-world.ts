// A guard's world on a fake clock: processes that start, beat, hang, stop, starve and die by chance,
// and a guard that is itself held up now and then. It checks at each step what must always hold.
import { Guard } from "../../ha/supervise/guard.ts";
import type { Child, GuardEffect, GuardSettings } from "../../ha/supervise/guard-events.ts";
import { EMPTY_WILL, type LastWill } from "../../ha/supervise/messages.ts";
import type { Chance } from "../sim/chance.ts";

export const SETTINGS: GuardSettings = {
  children: ["agent", "balancer"],
  balancerTimeoutMs: 300,
  agentTimeoutMs: 300,
  balancerStartTimeoutMs: 2_000,
  agentStartTimeoutMs: 2_000,
  stopTimeoutMs: 1_000,
  restartBudget: { count: 5, periodMs: 20_000 },
  hasReserve: true,
};

const STEP_MS = 5;
/** From a fault to the verdict: the timeout, one more question, delays of the pipe and of this clock. */
const VERDICT_MS = 300 + 50 + 25 + 60;

type Condition = "well" | "hung" | "stopped" | "starving";

interface Process {
  readonly child: Child;
  readonly run: number;
  condition: Condition;
  /** `undefined`: never. */
  readyAtMs: number | undefined;
  isReady: boolean;
  nextBeatMs: number;
  beatAtMs: number;
  /** Time that the guard was awake since the condition began. */
  badForMs: number;
  starvedMs: number;
  killedAtMs: number | undefined;
  diesAtMs: number | undefined;
  isAsked: boolean;
}

interface Arrival {
  readonly atMs: number;
  deliver(): void;
}

/** See the head of this file. Faults are on until `calm`. */
export class GuardWorld {
  readonly guard = new Guard(SETTINGS);
  readonly violations: string[] = [];
  readonly spawns: Record<Child, number[]> = { agent: [], balancer: [] };
  /** When reserves were prepared. */
  readonly reserves: number[] = [];
  nowMs = 0;
  exitCode: number | undefined;
  readonly #chance: Chance;
  readonly #processes = new Map<Child, Process>();
  /** The reserve that lives. */
  #reserve: number | undefined;
  #arrivals: Arrival[] = [];
  #isCalm = false;
  #stalledUntilMs = 0;
  #willNumber = 0;
  /** Wills of the agent's run as the guard has read them, and what it executed. */
  #heard: LastWill = EMPTY_WILL;
  #executed: LastWill[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
    this.guard.handle({ kind: "start" }, this.nowMs);
    this.#drain();
  }

  get hasReserve(): boolean {
    return this.#reserve !== undefined;
  }

  process(child: Child): Process | undefined {
    return this.#processes.get(child);
  }

  calm(): void {
    this.#isCalm = true;
    for (const each of this.#processes.values()) {
      if (each.condition === "starving") each.condition = "well";
    }
  }

  stop(): void {
    this.guard.handle({ kind: "stop" }, this.nowMs);
    this.#drain();
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs && this.exitCode === undefined) this.#step();
  }

  #step(): void {
    this.nowMs += STEP_MS;
    if (!this.#isCalm) this.#fault();
    for (const each of this.#processes.values()) this.#live(each);
    if (this.nowMs < this.#stalledUntilMs) return;
    // As an event loop does: timers first, then the pipes.
    if ((this.guard.nextTimeout() ?? Infinity) <= this.nowMs) {
      this.guard.handle({ kind: "timeout" }, this.nowMs);
      this.#drain();
    }
    const due = this.#arrivals.filter((each) => each.atMs <= this.nowMs);
    this.#arrivals = this.#arrivals.filter((each) => each.atMs > this.nowMs);
    for (const each of due) {
      each.deliver();
      this.#drain();
    }
    for (const each of this.#processes.values()) this.#checkJudged(each);
  }

  #fault(): void {
    const chance = this.#chance;
    if (chance.oneIn(600)) this.#stalledUntilMs = this.nowMs + chance.below(3_000);
    if (chance.oneIn(4_000)) {
      this.guard.handle({ kind: "reload", settings: SETTINGS }, this.nowMs);
      this.#drain();
    }
    if (this.#reserve !== undefined && chance.oneIn(4_000)) this.#endReserve(this.#reserve);
    for (const each of this.#processes.values()) {
      if (each.condition === "starving" && chance.oneIn(50)) each.condition = "well";
      if (each.condition !== "well" || !chance.oneIn(400)) continue;
      each.badForMs = 0;
      each.condition = chance.pick(["hung", "stopped", "starving", "well"] as const);
      if (each.condition === "well") each.diesAtMs ??= this.nowMs;
    }
  }

  #live(each: Process): void {
    if (each.diesAtMs !== undefined && each.diesAtMs <= this.nowMs) {
      this.#die(each);
      return;
    }
    if (each.killedAtMs !== undefined) return;
    if (each.condition === "starving") each.starvedMs += STEP_MS;
    if (each.condition !== "well") {
      if (this.nowMs >= this.#stalledUntilMs) each.badForMs += STEP_MS;
      return;
    }
    if (!each.isReady && each.readyAtMs !== undefined && each.readyAtMs <= this.nowMs) {
      each.isReady = true;
      each.nextBeatMs = this.nowMs;
      this.#say(each, () => this.#readyMessage(each));
    }
    if (each.isReady && each.nextBeatMs <= this.nowMs) {
      each.nextBeatMs = this.nowMs + 50;
      this.#say(each, () => this.#beatMessage(each));
    }
    if (each.child === "agent" && each.isReady && this.#chance.oneIn(40)) this.#bequeath(each);
    if (each.isAsked && this.#chance.oneIn(10)) each.diesAtMs = this.nowMs;
  }

  #bequeath(each: Process): void {
    this.#willNumber += 1;
    const words = [`will ${this.#willNumber}`];
    const will = this.#chance.oneIn(3)
      ? EMPTY_WILL
      : { commands: [{ program: undefined, words }], packets: [] };
    this.#say(each, () => {
      this.#heard = will;
      const message = { kind: "will", will } as const;
      this.guard.handle({ kind: "from-agent", run: each.run, message }, this.nowMs);
    });
  }

  #readyMessage({ child, run }: Process): void {
    if (child === "agent") {
      this.guard.handle({ kind: "from-agent", run, message: { kind: "ready" } }, this.nowMs);
      return;
    }
    const message = { kind: "ready", listeners: [] } as const;
    this.guard.handle({ kind: "from-balancer", run, message }, this.nowMs);
  }

  #beatMessage(each: Process): void {
    const { child, run } = each;
    each.beatAtMs = this.nowMs;
    each.starvedMs = 0;
    if (child === "agent") {
      this.guard.handle({ kind: "from-agent", run, message: { kind: "beat" } }, this.nowMs);
      return;
    }
    const fitness = { isFit: true, reasons: [] };
    const message = { kind: "beat", fitness, probe: "ok" } as const;
    this.guard.handle({ kind: "from-balancer", run, message }, this.nowMs);
  }

  /** Through the pipe: in order, with a delay, and not after the end of the process is known. */
  #say(each: Process, deliver: () => void): void {
    const last = this.#arrivals.at(-1)?.atMs ?? 0;
    const atMs = Math.max(last, this.nowMs + this.#chance.below(20));
    this.#arrivals.push({
      atMs,
      deliver: () => {
        if (this.#processes.get(each.child) === each) deliver();
      },
    });
  }

  #die(each: Process): void {
    each.diesAtMs = Infinity;
    each.killedAtMs ??= this.nowMs;
    const { child, run } = each;
    this.#say(each, () => {
      this.#processes.delete(child);
      this.guard.handle({ kind: "ended", child, run, code: null, signal: "SIGKILL" }, this.nowMs);
      this.#drain();
      if (child === "agent") this.#checkWill(run);
    });
  }

  #drain(): void {
    for (let effect = this.guard.poll(); effect !== undefined; effect = this.guard.poll()) {
      this.#carryOut(effect);
    }
  }

  #carryOut(effect: GuardEffect): void {
    switch (effect.kind) {
      case "spawn":
        if (effect.reserve !== undefined) this.#takeReserve(effect.reserve);
        this.#spawn(effect.child, effect.run);
        return;
      case "prepare-reserve":
        this.#prepare(effect.reserve);
        return;
      case "end-reserve":
        this.#takeReserve(effect.reserve);
        return;
      case "signal":
        this.#signal(effect.child, effect.run, effect.signal);
        return;
      case "inspect": {
        const { child, run } = effect;
        const each = this.#processes.get(child);
        if (each?.run !== run) return;
        const waitedForCpuMs = each.starvedMs;
        const isStopped = each.condition === "stopped";
        const event = { kind: "inspected", child, run, waitedForCpuMs, isStopped } as const;
        this.guard.handle(event, this.nowMs);
        return;
      }
      case "execute-will": {
        const agent = this.#processes.get("agent");
        if (agent !== undefined && agent.killedAtMs === undefined) {
          this.#violate("a will is executed while its author lives");
        }
        this.#executed.push(effect.will);
        return;
      }
      case "tell-agent": {
        const agent = this.#processes.get("agent");
        if (effect.message === "stop" && agent !== undefined) agent.isAsked = true;
        return;
      }
      case "exit":
        this.exitCode = effect.code;
        return;
      case "tell-agent-balancer":
      case "tell-agent-tickle":
      case "tell-balancer-vips":
      case "beat-balancer":
      case "log":
        return;
    }
  }

  #prepare(reserve: number): void {
    if (this.#reserve !== undefined) this.#violate("two reserves at once");
    const phase = this.guard.status().balancer?.phase;
    // The verdict on it may have come in the same breath.
    if (phase !== "ready" && phase !== "killed") this.#violate("a reserve in hard times");
    this.#reserve = reserve;
    this.reserves.push(this.nowMs);
  }

  /** The news takes its time: meanwhile, the guard may want to use it. */
  #endReserve(reserve: number): void {
    const atMs = this.nowMs + this.#chance.below(20);
    const event = { kind: "reserve-ended", reserve, code: null, signal: "SIGKILL" } as const;
    this.#arrivals.push({
      atMs,
      deliver: () => {
        if (this.#reserve === reserve) this.#reserve = undefined;
        this.guard.handle(event, this.nowMs);
      },
    });
  }

  #takeReserve(reserve: number): void {
    if (this.#reserve !== reserve) this.#violate(`reserve ${reserve} is used and not there`);
    this.#reserve = undefined;
  }

  #spawn(child: Child, run: number): void {
    const chance = this.#chance;
    if (this.#processes.has(child)) this.#violate(`two runs of the ${child} at once`);
    this.spawns[child].push(this.nowMs);
    if (child === "agent") {
      this.#checkWill(run - 1);
      this.#heard = EMPTY_WILL;
      this.#executed = [];
    }
    const isBad = !this.#isCalm && chance.oneIn(8);
    this.#processes.set(child, {
      child,
      run,
      condition: "well",
      readyAtMs: isBad ? undefined : this.nowMs + chance.below(300),
      isReady: false,
      nextBeatMs: 0,
      beatAtMs: this.nowMs,
      badForMs: 0,
      starvedMs: 0,
      killedAtMs: undefined,
      diesAtMs: !this.#isCalm && chance.oneIn(8) ? this.nowMs + chance.below(200) : undefined,
      isAsked: false,
    });
  }

  #signal(child: Child, run: number, signal: string): void {
    const each = this.#processes.get(child);
    if (each?.run !== run) return;
    if (signal === "SIGTERM") each.isAsked = true;
    if (signal !== "SIGKILL") return;
    const isHealthy = each.condition === "well" && each.isReady && each.killedAtMs === undefined;
    // After a fault that has just passed, beats may still be on their way.
    const isLong = this.nowMs - each.beatAtMs < 200;
    if (isHealthy && isLong && !each.isAsked) this.#violate(`a healthy ${child} is killed`);
    // One that would never be ready may starve at the end of its time.
    const isExcused = each.condition === "starving" && each.readyAtMs !== undefined;
    if (isExcused) this.#violate(`a starving ${child} is killed`);
    each.killedAtMs ??= this.nowMs;
    each.diesAtMs ??= this.nowMs + this.#chance.below(30);
  }

  /** Everything that the guard has read of a dead run's will is executed, and once. */
  #checkWill(run: number): void {
    const texts = this.#executed.map((will) => will.commands[0]!.words[0]!);
    if (new Set(texts).size !== texts.length)
      this.#violate(`run ${run}: a will twice: ${texts.join()}`);
    const wanted = this.#heard.commands[0]?.words[0];
    if (wanted !== undefined && texts.at(-1) !== wanted) {
      this.#violate(`run ${run}: "${wanted}" is not executed, but ${texts.join() || "nothing"}`);
    }
    if (wanted === undefined && texts.length > 1) this.#violate(`run ${run}: too many wills`);
  }

  #checkJudged(each: Process): void {
    const isBad = each.condition === "hung" || each.condition === "stopped";
    if (!isBad || each.killedAtMs !== undefined || each.isAsked) return;
    const limitMs = each.isReady ? VERDICT_MS : SETTINGS.agentStartTimeoutMs + VERDICT_MS;
    // Waits for a CPU since its last beat are forgiven, also those before it hung. Each stall gives a
    // silent child a little more time, and so does each timer that is late by a part of a step.
    if (each.badForMs > 1.25 * (limitMs + each.starvedMs) + 500) {
      this.#violate(`a ${each.condition} ${each.child} lives on`);
    }
  }

  #violate(text: string): void {
    this.violations.push(`at ${this.nowMs} ms: ${text}`);
  }
}
