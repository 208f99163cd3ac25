// The health of all servers of a configuration.
//
// Theory of operation. Each server has up to two probes, its health check and its agent check. A
// probe waits until it is due, runs (the shell carries it out), reports, and waits again; its
// counter of rise and fall turns reports into up and down (haproxy configuration §5.2). A server is
// up when every probe that is enabled says so. Servers that track another have its state. Client
// traffic may fail a check early (`observe`). In maintenance a server counts as down, its check
// rests and its agent goes on, since the agent may end the maintenance.
//
// Who starts what: `reconfigure` and events fill the queue of effects; states before the first
// effect are read by `statusOf`.
import type { Machine } from "../base/machine.ts";
import type { Millis } from "../base/units.ts";
import { parseAgentReply } from "./agent-reply.ts";
import { EffectQueue } from "../base/effect-queue.ts";
import type { HealthEffect, HealthEvent, HealthStatus, StateCause } from "./events.ts";
import type { Entry } from "./fleet.ts";
import { abortProbe, Fleet, inMaintenance, newEntry, probesOf, scheduleProbe } from "./fleet.ts";
import type { MonitoredServer } from "./monitored.ts";
import type { Probe } from "./probe.ts";
import {
  countVerdict,
  newAgentProbe,
  newCheckProbe,
  probeStatus,
  resetProbe,
  retuneProbe,
} from "./probe.ts";
import type { CheckReport } from "./result.ts";
import { fullHealth, isHealthy } from "./rise-fall.ts";
import { jitter, paceOf, spreadStarts } from "./schedule.ts";
import { SlowWeight } from "./slow-weight.ts";
import { ServerStates } from "./states.ts";

/** Settings of the monitor itself. */
export interface MonitorSettings {
  /** `spread-checks`, 0..50 percent. */
  readonly spreadPercent: number;
  /** `max-spread-checks`. */
  readonly spreadMaxMs?: Millis;
  /** Uniform in 0..1. */
  random(): number;
}

/** Decides when each server is checked and which servers are up. */
export class HealthMonitor implements Machine<HealthEvent, HealthEffect> {
  #settings: MonitorSettings;
  readonly #effects = new EffectQueue<HealthEffect>();
  readonly #fleet = new Fleet();
  readonly #states = new ServerStates(this.#fleet, this.#effects);
  /** The earliest due time; valid while `#isDueExact`. */
  #nextDueMs: Millis | undefined;
  #isDueExact = true;

  constructor(settings: MonitorSettings) {
    this.#settings = settings;
  }

  /** Takes over another configuration by difference: servers that are in both keep their health. */
  reconfigure(
    servers: readonly MonitoredServer[],
    nowMs: Millis,
    settings: MonitorSettings = this.#settings,
  ): void {
    this.#settings = settings;
    const former = new Map(this.#fleet.entries);
    const entries = new Map<string, Entry>();
    const added: Probe[] = [];
    const toggled: Entry[] = [];
    const unchecked: Entry[] = [];
    for (const spec of servers) {
      const entry = former.get(spec.key) ?? newEntry(spec, nowMs);
      entries.set(spec.key, entry);
      if (!former.delete(spec.key)) {
        added.push(...probesOf(entry));
        continue;
      }
      if (entry.spec.disabled !== spec.disabled) toggled.push(entry);
      const hadChecks = isChecked(entry);
      this.#respecify(entry, spec, added, nowMs);
      if (hadChecks && !isChecked(entry)) unchecked.push(entry);
    }
    for (const gone of former.values()) this.#abortAll(gone);
    this.#spread(added, nowMs);
    this.#fleet.replace(entries);
    for (const entry of toggled) {
      this.#states.setForcedMaintenance(entry, entry.spec.disabled, nowMs);
    }
    for (const entry of entries.values()) {
      this.#states.settle(entry, unchecked.includes(entry), nowMs);
    }
    this.#isDueExact = false;
  }

  handle(event: HealthEvent, nowMs: Millis): void {
    this.#isDueExact = false;
    if (event.kind === "timeout") {
      this.#startDue(nowMs);
      return;
    }
    const entry = this.#fleet.entries.get(event.server);
    // A report may arrive for a server that a reload removed.
    if (entry === undefined) return;
    switch (event.kind) {
      case "check-done":
        this.#onReport(entry, entry.check, event.report, nowMs);
        return;
      case "agent-done":
        if (entry.agent?.inFlight === true && event.reply !== undefined) {
          this.#obeyAgent(event.server, event.reply);
        }
        this.#onReport(entry, entry.agent, event.report, nowMs);
        return;
      case "traffic":
        this.#onTraffic(entry, event.ok, nowMs);
        return;
      case "maintenance":
        this.#states.setForcedMaintenance(entry, event.on, nowMs);
        return;
      case "enable-checks":
        this.#enable(entry, entry.check, event.on, nowMs);
        return;
      case "enable-agent":
        this.#enable(entry, entry.agent, event.on, nowMs);
        return;
      case "force-health": {
        const probe = event.check === "check" ? entry.check : entry.agent;
        this.#forceHealth(entry, probe, event, nowMs);
        return;
      }
    }
  }

  poll(): HealthEffect | undefined {
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    if (this.#isDueExact) return this.#nextDueMs;
    let next: Millis | undefined;
    for (const { check, agent } of this.#fleet.entries.values()) {
      if (check?.dueMs !== undefined) next = Math.min(next ?? Infinity, check.dueMs);
      if (agent?.dueMs !== undefined) next = Math.min(next ?? Infinity, agent.dueMs);
    }
    this.#nextDueMs = next;
    this.#isDueExact = true;
    return next;
  }

  /** The health of one server; `undefined` for an unknown key. */
  statusOf(server: string): HealthStatus | undefined {
    const entry = this.#fleet.entries.get(server);
    if (entry === undefined) return undefined;
    const { state, check, agent, spec } = entry;
    return {
      state,
      up: state === "up",
      maintenance: entry.isForcedDown ? "forced" : entry.isInheritedDown ? "inherited" : "none",
      ...(check === undefined ? {} : { check: probeStatus(check) }),
      ...(agent === undefined ? {} : { agent: probeStatus(agent) }),
      ...(spec.track === undefined ? {} : { tracked: spec.track }),
      failedChecks: entry.failedChecks,
      failedTraffic: entry.failedTraffic,
      transitionsDown: entry.transitionsDown,
      lastChangeMs: entry.lastChangeMs,
    };
  }

  /** `clear counters all`: failures and outages count from anew. */
  clearCounters(): void {
    for (const entry of this.#fleet.entries.values()) {
      entry.failedChecks = 0;
      entry.failedTraffic = 0;
      entry.transitionsDown = 0;
    }
  }

  /** The keys of the servers that track this one directly; drains are passed on to them. */
  followersOf(server: string): string[] {
    return this.#fleet.followersOf(server).map((entry) => entry.spec.key);
  }

  #respecify(entry: Entry, spec: MonitoredServer, added: Probe[], nowMs: Millis): void {
    const isOther = entry.spec.identity !== spec.identity;
    entry.spec = spec;
    const check = spec.check === undefined ? undefined : newCheckProbe(spec.check);
    const agent = spec.agent === undefined ? undefined : newAgentProbe(spec.agent);
    entry.check = this.#replaceProbe(entry, entry.check, check, added, nowMs);
    entry.agent = this.#replaceProbe(entry, entry.agent, agent, added, nowMs);
    this.#replaceSlowness(entry, isOther);
    if (isOther) {
      for (const probe of probesOf(entry)) {
        abortProbe(entry, probe, this.#effects);
        resetProbe(probe, probe.kind === "agent" || entry.state !== "down");
        scheduleProbe(entry, probe, nowMs);
      }
    }
  }

  #replaceProbe(
    entry: Entry,
    former: Probe | undefined,
    next: Probe | undefined,
    added: Probe[],
    nowMs: Millis,
  ): Probe | undefined {
    if (next === undefined) {
      if (former !== undefined) abortProbe(entry, former, this.#effects);
      return undefined;
    }
    if (former === undefined) {
      // A server that gets its first check keeps its state until the check has spoken.
      if (next.kind === "check") resetProbe(next, entry.state !== "down");
      added.push(next);
      return next;
    }
    retuneProbe(former, next, nowMs);
    return former;
  }

  /** How late another address answers is not known yet. */
  #replaceSlowness(entry: Entry, isOther: boolean): void {
    const { spec, slow } = entry;
    if (!isOther && spec.slow !== undefined && slow !== undefined) return slow.retune(spec.slow);
    entry.slow = spec.slow && new SlowWeight(spec.slow);
    if (slow === undefined || slow.percent === 100) return;
    this.#effects.push({ kind: "set-slowness", server: spec.key, percent: 100 });
  }

  #spread(probes: readonly Probe[], nowMs: Millis): void {
    const pauses = probes.map((probe) => paceOf(probe.pace, probe));
    const offsets = spreadStarts(pauses, this.#settings.spreadMaxMs);
    probes.forEach((probe, index) => (probe.dueMs = nowMs + offsets[index]!));
  }

  #startDue(nowMs: Millis): void {
    for (const [server, { check, agent }] of this.#fleet.entries) {
      if (isDue(check, nowMs)) this.#start(check, { kind: "start-check", server });
      if (isDue(agent, nowMs)) this.#start(agent, { kind: "start-agent", server });
    }
  }

  #start(probe: Probe, effect: HealthEffect): void {
    probe.inFlight = true;
    probe.dueMs = undefined;
    this.#effects.push(effect);
  }

  #onReport(entry: Entry, probe: Probe | undefined, report: CheckReport, nowMs: Millis): void {
    if (probe?.inFlight !== true) return;
    probe.inFlight = false;
    this.#applyVerdict(entry, probe, report, nowMs);
    const settings = this.#settings;
    const pauseMs = paceOf(probe.pace, probe);
    const waitMs = jitter(pauseMs, settings.spreadPercent, () => settings.random());
    scheduleProbe(entry, probe, nowMs + waitMs);
  }

  #applyVerdict(entry: Entry, probe: Probe, report: CheckReport, nowMs: Millis): void {
    const formerCode = probe.lastReport?.code;
    probe.lastReport = report;
    if (report.code === "CHECKED") return;
    const moved = countVerdict(probe, report);
    if (moved && !report.ok) entry.failedChecks += 1;
    if (report.ok) entry.consecutiveErrors = 0;
    if (entry.spec.logChecks && (moved || formerCode !== report.code)) {
      const { health, rise, fall } = probe;
      this.#effects.push({
        kind: "log-check",
        server: entry.spec.key,
        agent: probe.kind === "agent",
        report,
        health: { health, rise, fall },
      });
    }
    if (probe.kind === "check" && report.answerMs !== undefined) {
      const step = entry.slow?.note(report.answerMs, nowMs);
      if (step) this.#effects.push({ kind: "set-slowness", server: entry.spec.key, ...step });
    }
    this.#maybeChange(entry, probe, report, nowMs);
  }

  #maybeChange(entry: Entry, probe: Probe, report: CheckReport, nowMs: Millis): void {
    if (inMaintenance(entry) || entry.spec.track !== undefined) return;
    const cause: StateCause = { kind: probe.kind, report };
    if (!report.ok) {
      if (!isHealthy(probe)) this.#states.become(entry, "down", cause, nowMs);
      return;
    }
    const allWell = probesOf(entry).every((each) => !each.enabled || isHealthy(each));
    if (!allWell) return;
    if (report.code === "L7OKC") {
      this.#states.become(entry, "stopping", cause, nowMs);
      return;
    }
    // An agent's "up" does not make the check's conditional pass a full one.
    if (probe.kind === "agent" && entry.check?.lastReport?.code === "L7OKC") return;
    this.#states.become(entry, "up", cause, nowMs);
  }

  #obeyAgent(server: string, line: string): void {
    const reply = parseAgentReply(line);
    if (reply.admin !== undefined) {
      this.#effects.push({ kind: "set-admin", server, state: reply.admin });
    }
    if (reply.weightPercent !== undefined) {
      this.#effects.push({ kind: "set-weight", server, percent: reply.weightPercent });
    }
    if (reply.maxconn !== undefined) {
      this.#effects.push({ kind: "set-maxconn", server, maxconn: reply.maxconn });
    }
  }

  /** `observe layer4`: `error-limit` failures in a row count as one failed check, or as more. */
  #onTraffic(entry: Entry, ok: boolean, nowMs: Millis): void {
    const { check, spec } = entry;
    if (spec.observe === undefined || check === undefined || inMaintenance(entry)) return;
    if (ok) {
      entry.consecutiveErrors = 0;
      return;
    }
    entry.consecutiveErrors += 1;
    if (entry.consecutiveErrors < spec.errorLimit) return;
    const info =
      `Detected ${entry.consecutiveErrors} consecutive errors, ` +
      "last one was: L4 unsuccessful connection";
    entry.consecutiveErrors = 0;
    entry.failedTraffic += 1;
    if (spec.onError === "mark-down") check.health = check.rise;
    if (spec.onError === "sudden-death") check.health = Math.min(check.health, check.rise + 1);
    if (spec.onError !== "fastinter") {
      const report: CheckReport = { ok: false, code: "HANA", info, durationMs: -1 };
      this.#applyVerdict(entry, check, report, nowMs);
    }
    const { fastIntervalMs } = check.pace;
    if (fastIntervalMs !== undefined && check.dueMs !== undefined) {
      check.dueMs = Math.min(check.dueMs, nowMs + fastIntervalMs);
    }
  }

  #enable(entry: Entry, probe: Probe | undefined, on: boolean, nowMs: Millis): void {
    if (probe === undefined || probe.enabled === on) return;
    probe.enabled = on;
    if (on) scheduleProbe(entry, probe, nowMs);
    else abortProbe(entry, probe, this.#effects);
  }

  #forceHealth(
    entry: Entry,
    probe: Probe | undefined,
    { state, reason }: Extract<HealthEvent, { kind: "force-health" }>,
    nowMs: Millis,
  ): void {
    if (entry.spec.track !== undefined) return;
    if (probe !== undefined) probe.health = state === "down" ? 0 : fullHealth(probe);
    if (inMaintenance(entry)) return;
    this.#states.become(
      entry,
      state,
      { kind: "forced", text: reason ?? "changed from CLI" },
      nowMs,
    );
  }

  #abortAll(entry: Entry): void {
    for (const probe of probesOf(entry)) abortProbe(entry, probe, this.#effects);
  }
}

/** Whether anything but an operator says how the server is. */
function isChecked(entry: Entry): boolean {
  return probesOf(entry).length > 0 || entry.spec.track !== undefined;
}

function isDue(probe: Probe | undefined, nowMs: Millis): probe is Probe {
  return probe?.dueMs !== undefined && probe.dueMs <= nowMs;
}
