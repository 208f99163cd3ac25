// One child of the guard through all its runs: started, ready, silent, killed, ended, started again.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { EventMark } from "../../src/base/event.ts";
import type { Millis } from "../../src/base/units.ts";
import { KILLED_LINGERS_MS, RESTART_PROVEN_AFTER_MS } from "../limits.ts";
import type { Child, GuardEffect, GuardSettings } from "./guard-events.ts";
import { RestartPlan } from "./restart-plan.ts";
import { type Inspection, SilenceWatch, type SilenceVerdict } from "./silence-watch.ts";

/**
 * off: not started, or ended for good. resting: between two runs. starting: runs, not yet ready.
 * stopping: was asked to end. killed: SIGKILL is sent, its end is awaited.
 */
export type ChildPhase = "off" | "resting" | "starting" | "ready" | "stopping" | "killed";

/** What a child's end means to the rest of the node; called while the child is in its new phase. */
export interface ChildOwner {
  /** A run is about to begin: the number of a process that stands ready for it, if there is one. */
  takeReserve?(nowMs: Millis): number | undefined;
  /** A run has begun. */
  started(): void;
  /** Called once for each run, as soon as it is dead or killed, before anything is restarted. */
  lost(cause: string, nowMs: Millis): void;
  /** The process has ended and is not started again. */
  gone(): void;
}

/** How one child stands. */
export interface ChildStatus {
  readonly phase: ChildPhase;
  /** The number of the current or last run, from 1 on; 0 before the first. */
  readonly run: number;
  readonly isGivenUp: boolean;
  /** When the current run became ready; `undefined` while none is. */
  readonly readySinceMs: Millis | undefined;
  /** Why the last run ended that was not asked to; `undefined` when none did. */
  readonly lastCause: string | undefined;
  /** Runs that ended unasked. */
  readonly lossCounts: LossCounts;
}

/** Runs that ended unasked; stuck: not ready in time, did not end in time, or its listeners fail. */
export type LossCounts = Readonly<Record<LossCause, number>>;

type LossCause = "exited" | "signalled" | "hung" | "stuck";

/** Starts, watches, kills and restarts one child. */
export class SupervisedChild {
  readonly #child: Child;
  readonly #effects: EffectQueue<GuardEffect>;
  readonly #owner: ChildOwner;
  readonly #plan: RestartPlan;
  #settings: GuardSettings;
  #phase: ChildPhase = "off";
  #run = 0;
  #isLost = false;
  #isStopping = false;
  #watch: SilenceWatch | undefined;
  #restartAtMs: Millis | undefined;
  /** While stopping: when patience ends. While killed: when to complain. */
  #deadlineMs: Millis | undefined;
  #startedMs: Millis = 0;
  #readySinceMs: Millis | undefined;
  #lastCause: string | undefined;
  #lossCounts: LossCounts = { exited: 0, signalled: 0, hung: 0, stuck: 0 };
  /** Since when nobody does its work, though it should. */
  #lostAtMs: Millis | undefined;
  #isStarvationTold = false;

  constructor(
    child: Child,
    settings: GuardSettings,
    effects: EffectQueue<GuardEffect>,
    owner: ChildOwner,
  ) {
    this.#child = child;
    this.#settings = settings;
    this.#effects = effects;
    this.#owner = owner;
    this.#plan = new RestartPlan(settings.restartBudget);
  }

  get phase(): ChildPhase {
    return this.#phase;
  }

  /** Whether a process is there that reads what it is told. */
  get isRunning(): boolean {
    return this.#phase === "starting" || this.#phase === "ready" || this.#phase === "stopping";
  }

  get status(): ChildStatus {
    return {
      phase: this.#phase,
      run: this.#run,
      isGivenUp: this.#plan.isGivenUp,
      readySinceMs: this.#readySinceMs,
      lastCause: this.#lastCause,
      lossCounts: this.#lossCounts,
    };
  }

  /** Whether this is the run that events speak of now; others are late. */
  isCurrent(run: number): boolean {
    return run === this.#run && this.#phase !== "off" && this.#phase !== "resting";
  }

  start(nowMs: Millis): void {
    this.#become("starting");
    this.#run += 1;
    this.#isLost = false;
    this.#isStarvationTold = false;
    this.#startedMs = nowMs;
    this.#watch = new SilenceWatch(this.#timeoutMs("start"), nowMs);
    const reserve = this.#owner.takeReserve?.(nowMs);
    const spawn = { kind: "spawn", child: this.#child, run: this.#run } as const;
    this.#effects.push(reserve === undefined ? spawn : { ...spawn, reserve });
    this.#owner.started();
  }

  /** It said that it is ready; true when that is news. */
  ready(nowMs: Millis): boolean {
    if (this.#phase !== "starting") return false;
    this.#become("ready");
    this.#readySinceMs = nowMs;
    this.#watch = new SilenceWatch(this.#timeoutMs("beat"), nowMs);
    const gapMs = nowMs - (this.#lostAtMs ?? this.#startedMs);
    const text = `${this.#title()} is ready after ${duration(nowMs - this.#startedMs)}`;
    this.#log("info", text, {
      ...this.#mark("process.ready"),
      severity: "notice",
      ...(this.#lostAtMs === undefined ? {} : { cause: this.#lastCause ?? "it had ended" }),
      durationMs: gapMs,
    });
    this.#lostAtMs = undefined;
    return true;
  }

  /** It beat. A child that is not ready yet has only its time to start. */
  heard(nowMs: Millis): void {
    if (this.#phase === "ready" || this.#phase === "stopping") this.#watch?.heard(nowMs);
  }

  /** The kernel said what it does. */
  inspected(inspection: Inspection, nowMs: Millis): void {
    this.#judge(this.#watch?.inspected(inspection, nowMs), nowMs);
    if (this.#phase !== "ready" || this.#watch === undefined) return;
    if (this.#isStarvationTold || this.#watch.silentMs(nowMs) < this.#timeoutMs("beat")) return;
    this.#isStarvationTold = true;
    this.#log(
      "warning",
      `${this.#title()} is silent because it waits for a CPU: this machine is overloaded`,
    );
  }

  /** Its process has ended. */
  ended(code: number | null, signal: string | null, nowMs: Millis): void {
    // While all stops, a signal to every process (Ctrl-C, systemd's KillMode=control-group) ends some
    // before they are asked to.
    const isExpected = this.#phase === "stopping" || (this.#isStopping && code === 0);
    const livedMs = this.#readySinceMs === undefined ? 0 : nowMs - this.#readySinceMs;
    this.#become(this.#isStopping ? "off" : "resting");
    const what = signal === null ? "exited" : "signalled";
    this.#lose(describeEnd(code, signal), isExpected ? undefined : what, nowMs);
    this.#readySinceMs = undefined;
    if (isExpected) this.#log("info", `${this.#title()} has ended`, this.#mark("process.ended"));
    if (this.#isStopping) this.#owner.gone();
    else this.#planRestart(livedMs, nowMs);
  }

  /** From now on it is not started again. */
  retire(): void {
    this.#isStopping = true;
    if (this.#phase === "resting") this.#become("off");
  }

  /** Asks it to end, with `request`; true while that takes time, false when nothing runs. */
  stop(request: GuardEffect, nowMs: Millis): boolean {
    this.retire();
    if (this.#phase === "killed") {
      this.#deadlineMs = nowMs + this.#stopTimeoutMs();
      return true;
    }
    if (!this.isRunning) return false;
    if (this.#phase === "starting") {
      this.#watch = new SilenceWatch(this.#timeoutMs("beat"), nowMs);
    }
    this.#become("stopping");
    this.#deadlineMs = nowMs + this.#stopTimeoutMs();
    this.#effects.push(request);
    return true;
  }

  /** Kills a run that is of no use any more. */
  kill(cause: string, nowMs: Millis, what: "hung" | "stuck" = "stuck"): void {
    if (!this.isRunning) return;
    this.#become("killed");
    this.#deadlineMs = nowMs + this.#lingerMs();
    this.#effects.push({
      kind: "signal",
      child: this.#child,
      run: this.#run,
      signal: "SIGKILL",
    });
    this.#lose(`${cause}, and was killed`, what, nowMs);
  }

  /** New settings; what was given up is tried again at once. */
  reload(settings: GuardSettings, nowMs: Millis): void {
    this.#settings = settings;
    this.#plan.refill(settings.restartBudget);
    this.#watch?.retune(this.#timeoutMs(this.#phase === "starting" ? "start" : "beat"));
    if (this.#phase === "resting") this.start(nowMs);
  }

  /** Does what is due. */
  tick(nowMs: Millis): void {
    if (isDue(this.#restartAtMs, nowMs)) {
      this.#restartAtMs = undefined;
      this.start(nowMs);
    }
    const provenAtMs = this.#provenAtMs();
    if (isDue(provenAtMs, nowMs)) {
      this.#plan.prove();
      this.#log("info", `${this.#title()} is counted on again`);
    }
    if (isDue(this.#deadlineMs, nowMs)) this.#onDeadline(nowMs);
    if (this.#watch === undefined || !isDue(this.#watch.dueMs, nowMs)) return;
    const verdict = this.#watch.look(nowMs);
    if (verdict === "inspect") {
      this.#effects.push({ kind: "inspect", child: this.#child, run: this.#run });
    } else {
      this.#judge(verdict, nowMs);
    }
  }

  nextTimeout(): Millis | undefined {
    const instants = [
      this.#restartAtMs,
      this.#provenAtMs(),
      this.#deadlineMs,
      this.#watch?.dueMs,
    ].filter((instant) => instant !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** The guard itself was held up: what it waits for gets that time on top. */
  shift(lateMs: Millis, nowMs: Millis): void {
    this.#watch?.shift(lateMs, nowMs);
    if (this.#deadlineMs !== undefined) this.#deadlineMs += lateMs;
  }

  #judge(verdict: SilenceVerdict | undefined, nowMs: Millis): void {
    if (verdict === undefined || !this.isRunning || this.#watch === undefined) return;
    if (verdict === "stopped") {
      this.kill("it is stopped (state T, as by SIGSTOP)", nowMs, "hung");
    } else if (this.#phase === "starting") {
      this.kill(`it was not ready within ${duration(this.#timeoutMs("start"))}`, nowMs);
    } else if (this.#phase === "ready") {
      const silentMs = this.#watch.silentMs(nowMs);
      this.kill(`it hangs: no beat for ${duration(silentMs)}`, nowMs, "hung");
    } else {
      // Whoever is ending may be busy with it; the deadline bounds that.
      this.#watch.heard(nowMs);
    }
  }

  #onDeadline(nowMs: Millis): void {
    if (this.#phase === "stopping") {
      this.kill(`it did not end within ${duration(this.#stopTimeoutMs())}`, nowMs);
      return;
    }
    this.#log(
      "error",
      `${this.#title()} was killed and does not end: the kernel holds it, ` +
        "usually in an access to a disk or a network file system that does not answer",
    );
    this.#deadlineMs = undefined;
    if (!this.#isStopping) return;
    this.#become("off");
    this.#owner.gone();
  }

  /** `what`: `undefined` for an end that was asked for. */
  #lose(cause: string, what: LossCause | undefined, nowMs: Millis): void {
    if (this.#isLost) return;
    this.#isLost = true;
    if (what !== undefined) this.#lastCause = cause;
    this.#owner.lost(cause, nowMs);
    if (what === undefined) return;
    this.#lossCounts = { ...this.#lossCounts, [what]: this.#lossCounts[what] + 1 };
    this.#lostAtMs ??= nowMs;
    this.#log("error", `${this.#title()} is lost: ${cause}`, {
      ...this.#mark("process.lost"),
      cause,
      ...(this.#readySinceMs === undefined ? {} : { durationMs: nowMs - this.#readySinceMs }),
    });
  }

  #planRestart(livedMs: Millis, nowMs: Millis): void {
    const { delayMs, isGivenUp, count } = this.#plan.ended(livedMs, nowMs);
    const budget = this.#settings.restartBudget;
    if (delayMs === 0) this.start(nowMs);
    else this.#restartAtMs = nowMs + delayMs;
    if (!isGivenUp) {
      const when = delayMs === 0 ? "at once" : `in ${duration(delayMs)}`;
      const share = `${count} of ${budget.count} within ${duration(budget.periodMs)}`;
      this.#log("warning", `The ${this.#child} is restarted ${when} (restart ${share})`);
      return;
    }
    const cause = this.#lastCause ?? "it was asked to";
    this.#log(
      "error",
      `The ${this.#child} is given up: it ended too often (restart budget ${budget.count} within ` +
        `${duration(budget.periodMs)}), at last because ${cause}. ${CONSEQUENCES[this.#child]} ` +
        `See what it logged before its end, mend that, then reload this service; ` +
        `without that it is tried once every ${duration(delayMs)}`,
      { ...this.#mark("process.given-up"), cause },
    );
  }

  #become(phase: ChildPhase): void {
    this.#phase = phase;
    this.#deadlineMs = undefined;
    this.#restartAtMs = undefined;
    if (phase === "off" || phase === "resting" || phase === "killed") this.#watch = undefined;
  }

  #provenAtMs(): Millis | undefined {
    if (!this.#plan.isGivenUp || this.#phase !== "ready") return undefined;
    return this.#readySinceMs! + RESTART_PROVEN_AFTER_MS;
  }

  #stopTimeoutMs(): Millis {
    const { stopTimeoutMs, agentStopTimeoutMs } = this.#settings;
    return this.#child === "agent" ? (agentStopTimeoutMs ?? stopTimeoutMs) : stopTimeoutMs;
  }

  #timeoutMs(of: "start" | "beat"): Millis {
    const settings = this.#settings;
    if (this.#child === "agent") {
      return of === "start" ? settings.agentStartTimeoutMs : settings.agentTimeoutMs;
    }
    return of === "start" ? settings.balancerStartTimeoutMs : settings.balancerTimeoutMs;
  }

  #lingerMs(): Millis {
    return this.#isStopping
      ? Math.min(KILLED_LINGERS_MS, this.#stopTimeoutMs())
      : KILLED_LINGERS_MS;
  }

  #title(): string {
    const name = this.#child === "agent" ? "Agent" : "Balancer";
    return `${name} (run ${this.#run})`;
  }

  #log(level: "info" | "warning" | "error", text: string, event?: EventMark): void {
    const line = { kind: "log", level, text, child: this.#child } as const;
    this.#effects.push(event === undefined ? line : { ...line, event });
  }

  #mark(kind: string): Pick<EventMark, "kind" | "subject" | "data"> {
    return { kind, subject: this.#child, data: { run: this.#run } };
  }
}

const CONSEQUENCES: Readonly<Record<Child, string>> = {
  agent: "This node holds no virtual IP and stands in no election.",
  balancer: "This node serves nobody and leaves the virtual IP to the other one.",
};

/** How a process ended, for people. */
export function describeEnd(code: number | null, signal: string | null): string {
  return signal === null
    ? `it exited with status ${code ?? "unknown"}`
    : `it was killed by ${signal}`;
}

function duration(ms: Millis): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}

function isDue(atMs: Millis | undefined, nowMs: Millis): boolean {
  return atMs !== undefined && atMs <= nowMs;
}
