// The guard: parent of agent and balancer.
//
// Theory of operation. Each child is started, says that it is ready, and beats. A child that falls
// silent is looked at and killed; a child that ended is started again (child.ts). What the guard
// adds is what one child's end means for the other. The agent's end: its will is executed at once,
// so that no virtual IP outlives it. The balancer's end, and every change of its fitness: the agent
// is told; a balancer in reserve becomes the next run (reserve.ts). To stop, the agent goes first,
// so that no device is led to a balancer that is ending.
//
// Being late itself is the guard's own fault: all deadlines move by it.
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { FromBalancer } from "../../src/base/life.ts";
import type { Machine } from "../../src/base/machine.ts";
import type { Millis } from "../../src/base/units.ts";
import { GUARD_REPEAT_MS, OWN_STALL_LOGGED_MS } from "../limits.ts";
import { ABSENT_BALANCER, BalancerWatch, isSameReport } from "./balancer-watch.ts";
import { type ChildStatus, describeEnd, SupervisedChild } from "./child.ts";
import type { Child, GuardEffect, GuardEvent, GuardSettings } from "./guard-events.ts";
import { type BalancerReport, EMPTY_WILL, type LastWill, type ToGuard } from "./messages.ts";
import { beatPeriod } from "./pace.ts";
import { ReserveKeeper } from "./reserve.ts";
import { TickleRelay } from "./tickle-relay.ts";
import { isEmptyWill, isSameWill } from "./will.ts";

/** What a guard knows, for people and for programs that ask. */
export interface GuardStatus {
  readonly isStopping: boolean;
  /** `undefined` for a child that is not supervised. */
  readonly agent: ChildStatus | undefined;
  readonly balancer: ChildStatus | undefined;
  /** What the agent is told of the balancer. */
  readonly report: BalancerReport;
}

/** Supervises the children of one node. */
export class Guard implements Machine<GuardEvent, GuardEffect> {
  readonly #effects = new EffectQueue<GuardEffect>();
  readonly #agent: SupervisedChild | undefined;
  readonly #balancer: SupervisedChild | undefined;
  readonly #reserve: ReserveKeeper;
  readonly #tickles = new TickleRelay(this.#effects);
  #balancerWatch = new BalancerWatch();
  /** Of the agent's current run. */
  #will: LastWill = EMPTY_WILL;
  /** The last will that was executed for the agent's current run. */
  #executedWill: LastWill = EMPTY_WILL;
  /** What the agent's current run was told. */
  #toldReport: BalancerReport | undefined;
  #isBalancerReloadDue = false;
  #phase: "new" | "running" | "stopping" | "exited" = "new";
  #beatMs: Millis;
  #nextBeatMs: Millis | undefined;
  #handledMs: Millis = -Infinity;
  #stallToldMs: Millis = -Infinity;

  constructor(settings: GuardSettings) {
    const has = (child: Child): boolean => settings.children.includes(child);
    this.#reserve = new ReserveKeeper(settings.hasReserve === true, this.#effects);
    this.#beatMs = beatPeriod(settings);
    if (has("agent")) {
      this.#agent = new SupervisedChild("agent", settings, this.#effects, {
        started: () => this.#onAgentStarted(),
        lost: () => {
          this.#executeWill();
          this.#tickles.hold([], this.#balancer?.phase === "ready");
        },
        gone: () => this.#stopBalancer(this.#handledMs),
      });
    }
    if (has("balancer")) {
      this.#balancer = new SupervisedChild("balancer", settings, this.#effects, {
        takeReserve: (nowMs) => this.#reserve.take(nowMs),
        started: () => {
          this.#balancerWatch = new BalancerWatch();
          this.#isBalancerReloadDue = false;
        },
        lost: () => {
          this.#reserve.balancerLost();
          this.#report();
        },
        gone: () => {
          if (this.#agent === undefined || this.#agent.phase === "off") this.#exit();
        },
      });
    }
  }

  handle(event: GuardEvent, nowMs: Millis): void {
    if (this.#phase === "exited") return;
    this.#ownLateness(nowMs);
    this.#handledMs = nowMs;
    switch (event.kind) {
      case "start":
        this.#start(nowMs);
        break;
      case "timeout":
        this.#tick(nowMs);
        break;
      case "ended":
        this.#childOf(event)?.ended(event.code, event.signal, nowMs);
        break;
      case "reserve-ended":
        this.#reserve.ended(event.reserve, describeEnd(event.code, event.signal), nowMs);
        break;
      case "from-agent":
        if (this.#agent?.isCurrent(event.run) === true) this.#onAgent(event.message, nowMs);
        break;
      case "from-balancer":
        if (this.#balancer?.isCurrent(event.run) === true) this.#onBalancer(event.message, nowMs);
        break;
      case "inspected":
        this.#childOf(event)?.inspected(event, nowMs);
        break;
      case "reload":
        this.#reload(event.settings, nowMs);
        break;
      case "stop":
        this.#stop(nowMs);
        break;
    }
    this.#report();
  }

  poll(): GuardEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    if (this.#phase === "new" || this.#phase === "exited") return undefined;
    return earliest([
      this.#nextBeatMs,
      this.#agent?.nextTimeout(),
      this.#balancer?.nextTimeout(),
      this.#reserve.nextTimeout(),
    ]);
  }

  /** How often guard and children beat. */
  get beatMs(): Millis {
    return this.#beatMs;
  }

  status(): GuardStatus {
    return {
      isStopping: this.#phase === "stopping" || this.#phase === "exited",
      agent: this.#agent?.status,
      balancer: this.#balancer?.status,
      report: this.#currentReport(),
    };
  }

  #start(nowMs: Millis): void {
    if (this.#phase !== "new") return;
    this.#phase = "running";
    this.#nextBeatMs = nowMs + this.#beatMs;
    this.#agent?.start(nowMs);
    this.#balancer?.start(nowMs);
  }

  #tick(nowMs: Millis): void {
    if (this.#nextBeatMs !== undefined && this.#nextBeatMs <= nowMs) {
      this.#nextBeatMs = nowMs + this.#beatMs;
      if (this.#agent?.isRunning === true) {
        this.#effects.push({ kind: "tell-agent", message: "beat" });
      }
      if (this.#balancer?.isRunning === true) this.#effects.push({ kind: "beat-balancer" });
    }
    this.#agent?.tick(nowMs);
    this.#balancer?.tick(nowMs);
    this.#reserve.tick(nowMs);
  }

  #onAgentStarted(): void {
    this.#will = EMPTY_WILL;
    this.#executedWill = EMPTY_WILL;
    this.#toldReport = undefined;
  }

  #onAgent(message: ToGuard, nowMs: Millis): void {
    switch (message.kind) {
      case "beat":
        this.#agent?.heard(nowMs);
        return;
      case "ready":
        this.#agent?.ready(nowMs);
        return;
      case "will":
        this.#will = message.will;
        // A will that was still in the pipe when its author was killed.
        if (this.#agent?.phase === "killed") this.#executeWill();
        return;
      case "vips":
        if (this.#agent?.phase === "killed") return;
        this.#tickles.hold(message.held, this.#balancer?.phase === "ready");
        return;
    }
  }

  #onBalancer(message: FromBalancer, nowMs: Millis): void {
    const balancer = this.#balancer;
    if (balancer === undefined) return;
    switch (message.kind) {
      case "ready":
        if (!balancer.ready(nowMs)) return;
        this.#reserve.balancerReady(nowMs);
        this.#tickles.balancerReady();
        if (this.#isBalancerReloadDue) this.#reloadBalancer();
        return;
      case "stopping":
        this.#balancerWatch.endsBecause(message.reason);
        return;
      case "tickle":
        if (this.#agent?.phase === "ready") this.#tickles.tickle(message.connections, nowMs);
        return;
      case "beat":
        balancer.heard(nowMs);
        this.#balancerWatch.says(message.fitness);
        if (
          this.#balancerWatch.probes.note(message.probe, message.probeCount, nowMs) &&
          balancer.phase === "ready"
        ) {
          balancer.kill("its listeners do not answer: probe after probe failed", nowMs);
        }
        return;
    }
  }

  #reload(settings: GuardSettings, nowMs: Millis): void {
    if (this.#phase !== "running") return;
    this.#beatMs = beatPeriod(settings);
    // Who beats too seldom for a shorter timeout is told at once.
    this.#nextBeatMs = nowMs;
    if (this.#agent?.isRunning === true) {
      this.#effects.push({ kind: "tell-agent", message: "reload" });
    }
    if (this.#balancer?.phase === "ready") this.#reloadBalancer();
    // SIGHUP ends a process that has not yet come to handling it.
    else this.#isBalancerReloadDue = this.#balancer?.phase === "starting";
    this.#agent?.reload(settings, nowMs);
    this.#balancer?.reload(settings, nowMs);
    this.#reserve.reload(settings.hasReserve === true, nowMs);
  }

  #reloadBalancer(): void {
    this.#isBalancerReloadDue = false;
    const run = this.#balancer!.status.run;
    this.#effects.push({ kind: "signal", child: "balancer", run, signal: "SIGHUP" });
  }

  #stop(nowMs: Millis): void {
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#reserve.stop();
    if (this.#agent?.stop({ kind: "tell-agent", message: "stop" }, nowMs) === true) {
      this.#balancer?.retire();
      return;
    }
    this.#stopBalancer(nowMs);
  }

  #stopBalancer(nowMs: Millis): void {
    const run = this.#balancer?.status.run ?? 0;
    const request = { kind: "signal", child: "balancer", run, signal: "SIGTERM" } as const;
    if (this.#balancer?.stop(request, nowMs) !== true) this.#exit();
  }

  #exit(): void {
    this.#phase = "exited";
    this.#effects.push({ kind: "exit", code: 0 });
  }

  #executeWill(): void {
    const will = this.#will;
    if (isEmptyWill(will) || isSameWill(will, this.#executedWill)) return;
    this.#executedWill = will;
    this.#effects.push({ kind: "execute-will", will });
  }

  /** Tells the agent of the balancer when there is something new to say. */
  #report(): void {
    if (this.#agent?.isRunning !== true) return;
    const report = this.#currentReport();
    if (isSameReport(this.#toldReport, report)) return;
    this.#toldReport = report;
    this.#effects.push({ kind: "tell-agent-balancer", report });
  }

  #currentReport(): BalancerReport {
    if (this.#balancer === undefined) return ABSENT_BALANCER;
    return this.#balancerWatch.report(this.#balancer.status);
  }

  #childOf(event: { readonly child: Child; readonly run: number }): SupervisedChild | undefined {
    const child = event.child === "agent" ? this.#agent : this.#balancer;
    return child?.isCurrent(event.run) === true ? child : undefined;
  }

  /** Time that passed since a timer was due, while nothing was handled: this process did not run. */
  #ownLateness(nowMs: Millis): void {
    const dueMs = this.nextTimeout();
    if (dueMs === undefined) return;
    const lateMs = nowMs - Math.max(dueMs, this.#handledMs);
    if (lateMs <= 0) return;
    this.#agent?.shift(lateMs, nowMs);
    this.#balancer?.shift(lateMs, nowMs);
    if (lateMs < OWN_STALL_LOGGED_MS || nowMs - this.#stallToldMs < GUARD_REPEAT_MS) return;
    this.#stallToldMs = nowMs;
    this.#effects.push({
      kind: "log",
      level: "warning",
      text: `The guard itself was held up for ${Math.round(lateMs)} ms: a pause of the machine, or too much load`,
      event: { kind: "guard.late", subject: "guard", durationMs: lateMs },
    });
  }
}

function earliest(instants: readonly (Millis | undefined)[]): Millis | undefined {
  let first: Millis | undefined;
  for (const instant of instants) {
    if (instant !== undefined && (first === undefined || instant < first)) first = instant;
  }
  return first;
}
