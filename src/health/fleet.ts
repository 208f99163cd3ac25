// The servers under watch, and who tracks whom.
import type { Millis } from "../base/units.ts";
import type { EffectQueue } from "../base/effect-queue.ts";
import type { HealthEffect, OperationalState } from "./events.ts";
import type { MonitoredServer } from "./monitored.ts";
import type { Probe } from "./probe.ts";
import { newAgentProbe, newCheckProbe } from "./probe.ts";
import { isHealthy } from "./rise-fall.ts";
import { SlowWeight } from "./slow-weight.ts";

/** One server's running state; the monitor and `ServerStates` alone change it. */
export interface Entry {
  spec: MonitoredServer;
  state: OperationalState;
  /** In maintenance by its own line, an operator or its agent. */
  isForcedDown: boolean;
  /** In maintenance because the server it tracks is. */
  isInheritedDown: boolean;
  check: Probe | undefined;
  agent: Probe | undefined;
  /** Where late answers count against it. */
  slow: SlowWeight | undefined;
  consecutiveErrors: number;
  failedChecks: number;
  failedTraffic: number;
  transitionsDown: number;
  lastChangeMs: Millis;
}

/** All servers by key, in the order of the configuration. */
export class Fleet {
  #entries = new Map<string, Entry>();
  /** Servers by the key of the one they track. */
  #followers = new Map<string, Entry[]>();

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Takes over the servers of another configuration. */
  replace(entries: Map<string, Entry>): void {
    this.#entries = entries;
    this.#followers = new Map();
    for (const entry of entries.values()) {
      const { track } = entry.spec;
      if (track === undefined) continue;
      const list = this.#followers.get(track);
      if (list === undefined) this.#followers.set(track, [entry]);
      else list.push(entry);
    }
  }

  /** The server that this one tracks. */
  parentOf(entry: Entry): Entry | undefined {
    return entry.spec.track === undefined ? undefined : this.#entries.get(entry.spec.track);
  }

  /** The servers that track this one directly. */
  followersOf(key: string): readonly Entry[] {
    return this.#followers.get(key) ?? [];
  }
}

/** A server at its start: up unless `init-state` or `disabled` says otherwise. */
export function newEntry(spec: MonitoredServer, nowMs: Millis): Entry {
  const check = spec.check === undefined ? undefined : newCheckProbe(spec.check);
  const agent = spec.agent === undefined ? undefined : newAgentProbe(spec.agent);
  return {
    spec,
    state: !spec.disabled && (check === undefined || isHealthy(check)) ? "up" : "down",
    isForcedDown: spec.disabled,
    isInheritedDown: false,
    check,
    agent,
    slow: spec.slow && new SlowWeight(spec.slow),
    consecutiveErrors: 0,
    failedChecks: 0,
    failedTraffic: 0,
    transitionsDown: 0,
    lastChangeMs: nowMs,
  };
}

/** The probes that a server has. */
export function probesOf(entry: Entry): Probe[] {
  return [entry.check, entry.agent].filter((probe) => probe !== undefined);
}

/** Whether a server is out of service whatever its checks say. */
export function inMaintenance(entry: Entry): boolean {
  return entry.isForcedDown || entry.isInheritedDown;
}

/** Sets when a probe runs next, unless it rests: switched off, or a check in maintenance. */
export function scheduleProbe(entry: Entry, probe: Probe, dueMs: Millis): void {
  const rests = !probe.enabled || (probe.kind === "check" && inMaintenance(entry));
  probe.dueMs = rests || probe.inFlight ? undefined : dueMs;
}

/** Stops a probe, also while it runs. */
export function abortProbe(entry: Entry, probe: Probe, effects: EffectQueue<HealthEffect>): void {
  probe.dueMs = undefined;
  if (!probe.inFlight) return;
  probe.inFlight = false;
  effects.push({ kind: `abort-${probe.kind}`, server: entry.spec.key });
}
