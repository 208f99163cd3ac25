// All tracking of a node: results of scripts, interfaces, processes, files and the balancer in,
// faults and effective priorities of the instances out.
//
// Theory of operation. Every event changes what is known of one tracked object. After each, the
// standing of every instance is summed up anew from all of them and told where it differs from what
// was told before: there is no running total that could drift. Effects come in this order: priority,
// faults, hand-over, so that a node that hands over already stands with its low priority.
import { assertNever } from "../../src/base/assert.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Machine } from "../../src/base/machine.ts";
import { Spans } from "../../src/base/spans.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import { BalancerStanding } from "./balancer-standing.ts";
import { bindInstances, type BoundInstance } from "./bindings.ts";
import type { Verdict } from "./contribution.ts";
import type { ScriptOutcome, TrackEffect, TrackEvent } from "./track-events.ts";
import type { TrackStatus } from "./track-status.ts";
import { TrackedProcess } from "./tracked-process.ts";
import { TrackedScript } from "./tracked-script.ts";
import { standingOf, type InstanceStanding, type TrackedWorld } from "./verdicts.ts";

export type { TrackStatus } from "./track-status.ts";

/** See the head of this file. */
export class Tracker implements Machine<TrackEvent, TrackEffect> {
  readonly #spans = new Spans();
  readonly #effects = new EffectQueue<TrackEffect>();
  readonly #balancer: BalancerStanding;
  readonly #runningInterfaces = new Set<string>();
  readonly #told = new Map<string, InstanceStanding>();
  #configuration: AgentConfiguration;
  #instances: readonly BoundInstance[];
  #scripts = new Map<string, TrackedScript>();
  #processes = new Map<string, TrackedProcess>();
  /**
   * What was told of processes and files, by the names of their blocks; also of those that only the
   * next configuration knows: whoever watches may be reconfigured first, and tells changes only.
   */
  readonly #counts = new Map<string, number>();
  readonly #files = new Map<string, number>();
  /** Interfaces that bear on an instance. */
  #trackedInterfaces: ReadonlySet<string>;
  #isStarted = false;

  constructor(configuration: AgentConfiguration) {
    this.#configuration = configuration;
    this.#balancer = new BalancerStanding(configuration.tandem);
    this.#instances = bindInstances(configuration);
    this.#trackedInterfaces = interfacesOf(this.#instances);
    this.#adopt(-Infinity);
  }

  handle(event: TrackEvent, nowMs: Millis): void {
    this.#take(event, nowMs);
    this.#runDue(nowMs);
    this.#settle();
  }

  poll(): TrackEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    if (!this.#isStarted) return undefined;
    let atMs = this.#balancer.nextDueMs ?? Infinity;
    for (const script of this.#scripts.values()) {
      if (!this.#isWatched(script) || script.isRunning) atMs = Math.min(atMs, script.nextDueMs);
    }
    for (const process of this.#processes.values()) {
      atMs = Math.min(atMs, process.nextDueMs ?? Infinity);
    }
    return atMs === Infinity ? undefined : atMs;
  }

  /**
   * Takes over another configuration. Objects of the same name keep their results. A script or
   * process that is new does not put running instances into FAULT before it has failed.
   */
  reconfigure(configuration: AgentConfiguration, nowMs: Millis): void {
    this.#configuration = configuration;
    this.#instances = bindInstances(configuration);
    this.#trackedInterfaces = interfacesOf(this.#instances);
    for (const name of this.#told.keys()) {
      if (!this.#instances.some((instance) => instance.name === name)) this.#told.delete(name);
    }
    this.#balancer.reconfigure(configuration.tandem, nowMs);
    prune(this.#files, configuration.files);
    prune(this.#counts, configuration.processes);
    this.#adopt(nowMs);
    this.#runDue(nowMs);
    this.#settle();
  }

  status(): TrackStatus {
    const { files } = this.#configuration;
    return {
      scripts: [...this.#scripts.values()].map((script) => ({
        name: script.configuration.name,
        isUp: this.#scriptVerdict(script) === "up",
        isKnown: script.lastOutcome !== undefined || this.#isWatched(script),
        isRunning: script.isRunning,
        value: script.value,
        lastOutcome: script.lastOutcome,
        isBalancerWatch: this.#isWatched(script),
      })),
      interfaces: [...this.#trackedInterfaces].map((name) => ({
        name,
        isUp: this.#runningInterfaces.has(name),
      })),
      processes: [...this.#processes.values()].map((process) => ({
        name: process.configuration.name,
        isUp: this.#processVerdict(process) === "up",
        count: process.count,
      })),
      files: files.map(({ name }) => ({ name, value: this.#files.get(name) ?? 0 })),
      instances: this.#instances.map((instance) => {
        const { priority, faults } = standingOf(instance, this.#world());
        return { name: instance.name, priority, faults };
      }),
    };
  }

  #take(event: TrackEvent, nowMs: Millis): void {
    switch (event.kind) {
      case "start":
        this.#isStarted = true;
        break;
      case "timeout":
        break;
      case "script-ended":
        this.#onScriptEnded(event.script, event.outcome, nowMs);
        break;
      case "interface":
        this.#onInterface(event.name, event.isRunning, nowMs);
        break;
      case "processes":
        this.#onProcesses(event.name, event.count, nowMs);
        break;
      case "file":
        this.#files.set(event.name, event.value ?? 0);
        break;
      case "balancer":
        this.#balancer.take(event.report, nowMs);
        break;
      default:
        assertNever(event);
    }
  }

  #onScriptEnded(name: string, outcome: ScriptOutcome, nowMs: Millis): void {
    const script = this.#scripts.get(name);
    if (script?.isRunning !== true) return;
    const before = script.lastOutcome;
    const news = script.ended(outcome);
    if (this.#isWatched(script)) return;
    const isChanged = before !== undefined && !isSameOutcome(before, outcome);
    if (isChanged && outcome.kind === "exited") {
      this.#log("info", `Script \`${name}\` now returning ${outcome.code}`);
    }
    if (news === undefined) return;
    this.#tellOf("script", name, news.isUp, `VRRP_Script(${name}) ${news.text}`, nowMs);
  }

  #onInterface(name: string, isRunning: boolean, nowMs: Millis): void {
    if (this.#runningInterfaces.has(name) === isRunning) return;
    if (isRunning) this.#runningInterfaces.add(name);
    else this.#runningInterfaces.delete(name);
    if (!this.#isStarted || !this.#trackedInterfaces.has(name)) return;
    const text = `Netlink reports ${name} ${isRunning ? "up" : "down"}`;
    this.#tellOf("interface", name, isRunning, text, nowMs);
  }

  #onProcesses(name: string, count: number, nowMs: Millis): void {
    this.#counts.set(name, count);
    const process = this.#processes.get(name);
    if (process?.counted(count, nowMs) === true) this.#tellQuorum(process, nowMs);
  }

  /** Makes the tracked objects those of the configuration. */
  #adopt(nowMs: Millis): void {
    const isPatient = this.#isStarted;
    const scripts = new Map<string, TrackedScript>();
    for (const configuration of this.#configuration.scripts) {
      const { name } = configuration;
      const former = this.#scripts.get(name);
      former?.reconfigure(configuration, nowMs);
      scripts.set(name, former ?? new TrackedScript(configuration, isPatient, nowMs));
    }
    this.#scripts = scripts;
    const processes = new Map<string, TrackedProcess>();
    for (const configuration of this.#configuration.processes) {
      const { name } = configuration;
      const former = this.#processes.get(name);
      if (former?.reconfigure(configuration) === true) this.#tellQuorum(former, nowMs);
      const process = former ?? new TrackedProcess(configuration, isPatient);
      const count = this.#counts.get(name);
      if (former === undefined && count !== undefined) process.counted(count, nowMs);
      processes.set(name, process);
    }
    this.#processes = processes;
  }

  #runDue(nowMs: Millis): void {
    if (!this.#isStarted) return;
    this.#balancer.tick(nowMs);
    for (const process of this.#processes.values()) {
      if (process.tick(nowMs)) this.#tellQuorum(process, nowMs);
    }
    for (const script of this.#scripts.values()) {
      const { name, command, timeoutMs } = script.configuration;
      if (script.isLost(nowMs)) {
        this.#log("error", `VRRP_Script(${name}): nothing was heard of its last run`);
        this.#onScriptEnded(name, { kind: "timed-out" }, nowMs);
      }
      if (this.#isWatched(script) || !script.isDue(nowMs)) continue;
      this.#effects.push({ kind: "run-script", script: name, command, timeoutMs });
    }
  }

  /** Tells what has changed. */
  #settle(): void {
    if (!this.#isStarted) return;
    const world = this.#world();
    for (const instance of this.#instances) {
      const { name } = instance;
      const former = this.#told.get(name);
      const standing = standingOf(instance, world);
      this.#told.set(name, standing);
      if (standing.priority !== former?.priority) {
        this.#effects.push({ kind: "priority", instance: name, priority: standing.priority });
      }
      if (former !== undefined && isSameFaults(former, standing)) continue;
      const { faults, isAwaiting } = standing;
      this.#effects.push({ kind: "faults", instance: name, faults, isAwaiting });
    }
    const reason = this.#balancer.takeHandOver();
    if (reason === undefined) return;
    for (const { name } of this.#instances) {
      // A fault has ended all service already.
      if (this.#told.get(name)?.faults.length !== 0) continue;
      this.#effects.push({ kind: "hand-over", instance: name, reason });
    }
  }

  #world(): TrackedWorld {
    return {
      isRunning: (name) => this.#runningInterfaces.has(name),
      script: (name) => {
        const script = this.#scripts.get(name);
        if (script === undefined) return { verdict: "unknown", failure: "", isAwaited: true };
        return {
          verdict: this.#scriptVerdict(script),
          failure: this.#failureOf(script),
          isAwaited: script.lastOutcome === undefined && !this.#isWatched(script),
        };
      },
      process: (name) => {
        const process = this.#processes.get(name);
        return process === undefined ? "unknown" : this.#processVerdict(process);
      },
      file: (name) => this.#files.get(name) ?? 0,
      balancerFault: this.#balancer.fault,
      unfitness: this.#balancer.isUnfit ? this.#balancer.reason : undefined,
    };
  }

  /** Whether the balancer's watch answers for it rather than a run. */
  #isWatched(script: TrackedScript): boolean {
    return script.configuration.isBalancerWatch && this.#balancer.isUp !== undefined;
  }

  #scriptVerdict(script: TrackedScript): Verdict {
    return this.#watchVerdict(script.configuration.isBalancerWatch) ?? script.verdict;
  }

  #processVerdict(process: TrackedProcess): Verdict {
    return this.#watchVerdict(process.configuration.isBalancerWatch) ?? process.verdict;
  }

  #watchVerdict(isBalancerWatch: boolean): Verdict | undefined {
    const { isUp } = this.#balancer;
    if (!isBalancerWatch || isUp === undefined) return undefined;
    return isUp ? "up" : "down";
  }

  #failureOf(script: TrackedScript): string {
    if (this.#isWatched(script)) return "says that the balancer does not serve";
    return script.failure === "" ? "has not succeeded yet" : script.failure;
  }

  #tellQuorum(process: TrackedProcess, nowMs: Millis): void {
    const { name, isBalancerWatch } = process.configuration;
    if (this.#watchVerdict(isBalancerWatch) !== undefined) return;
    if (!this.#isStarted) return;
    const isUp = process.verdict === "up";
    const text = `Quorum ${isUp ? "gained" : "lost"} for tracked process ${name}`;
    this.#tellOf("process", name, isUp, text, nowMs);
  }

  /** A tracked thing went up or down. */
  #tellOf(
    what: "script" | "interface" | "process",
    name: string,
    isUp: boolean,
    text: string,
    nowMs: Millis,
  ): void {
    const durationMs = this.#spans.turn(`${what} ${name}`, nowMs);
    this.#effects.push({
      kind: "log",
      level: isUp ? "info" : "warning",
      text,
      event: {
        kind: isUp ? "track.up" : "track.down",
        subject: name,
        ...(durationMs === undefined ? {} : { durationMs }),
        data: { what },
      },
    });
  }

  #log(level: "info" | "warning" | "error", text: string): void {
    this.#effects.push({ kind: "log", level, text });
  }
}

function prune(facts: Map<string, number>, objects: readonly { readonly name: string }[]): void {
  const names = new Set(objects.map(({ name }) => name));
  for (const name of facts.keys()) if (!names.has(name)) facts.delete(name);
}

function interfacesOf(instances: readonly BoundInstance[]): ReadonlySet<string> {
  const bindings = instances.flatMap((instance) => instance.bindings);
  return new Set(bindings.filter(({ kind }) => kind === "interface").map(({ name }) => name));
}

function isSameOutcome(one: ScriptOutcome, other: ScriptOutcome): boolean {
  if (one.kind !== "exited" || other.kind !== "exited") return one.kind === other.kind;
  return one.code === other.code;
}

function isSameFaults(one: InstanceStanding, other: InstanceStanding): boolean {
  return (
    one.isAwaiting === other.isAwaiting &&
    one.faults.length === other.faults.length &&
    one.faults.every((fault, index) => fault === other.faults[index])
  );
}
