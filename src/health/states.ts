// How servers change state: by their checks, by the server they track, by maintenance.
import type { Millis } from "../base/units.ts";
import type { EffectQueue } from "../base/effect-queue.ts";
import type { HealthEffect, OperationalState, StateCause, StateChange } from "./events.ts";
import type { Entry, Fleet } from "./fleet.ts";
import { abortProbe, inMaintenance, scheduleProbe } from "./fleet.ts";
import { isHealthy } from "./rise-fall.ts";

const EFFECT_OF_STATE = {
  up: "server-up",
  down: "server-down",
  stopping: "server-stopping",
} as const satisfies Record<OperationalState, StateChange["kind"]>;

/** Changes states and passes changes on along chains of tracking. */
export class ServerStates {
  readonly #fleet: Fleet;
  readonly #effects: EffectQueue<HealthEffect>;

  constructor(fleet: Fleet, effects: EffectQueue<HealthEffect>) {
    this.#fleet = fleet;
    this.#effects = effects;
  }

  /** After a reconfiguration: state follows from maintenance, the tracked server and the probes. */
  settle(entry: Entry, hasLostChecks: boolean, nowMs: Millis): void {
    if (entry.isForcedDown) this.#enterMaintenance(entry, nowMs);
    else if (entry.isInheritedDown && !this.#hasParentInMaintenance(entry)) {
      this.#setInheritedMaintenance(entry, false, entry.spec.track ?? entry.spec.key, nowMs);
    } else if (!inMaintenance(entry)) this.#settleState(entry, hasLostChecks, nowMs);
  }

  /** Nobody would bring a server up again whose checks are gone; one that had none stays as forced. */
  #settleState(entry: Entry, hasLostChecks: boolean, nowMs: Millis): void {
    const parent = this.#fleet.parentOf(entry);
    if (parent !== undefined) {
      const cause: StateCause = { kind: "tracked", via: parent.spec.key };
      if (!inMaintenance(parent)) this.become(entry, parent.state, cause, nowMs);
    } else if (hasLostChecks) {
      this.become(entry, "up", { kind: "forced", text: "checks removed" }, nowMs);
    }
  }

  #hasParentInMaintenance(entry: Entry): boolean {
    const parent = this.#fleet.parentOf(entry);
    return parent !== undefined && inMaintenance(parent);
  }

  /** The one way to change a state; servers that track this one change with it. */
  become(entry: Entry, to: OperationalState, cause: StateCause, nowMs: Millis): void {
    if (entry.state === to) return;
    entry.state = to;
    entry.lastChangeMs = nowMs;
    if (to === "down") entry.transitionsDown += 1;
    const { key } = entry.spec;
    this.#effects.push({ kind: EFFECT_OF_STATE[to], server: key, cause });
    for (const follower of this.#fleet.followersOf(key)) {
      if (!inMaintenance(follower)) this.become(follower, to, { kind: "tracked", via: key }, nowMs);
    }
  }

  setForcedMaintenance(entry: Entry, on: boolean, nowMs: Millis): void {
    if (entry.isForcedDown === on) return;
    entry.isForcedDown = on;
    if (entry.isInheritedDown) return;
    if (on) this.#enterMaintenance(entry, nowMs);
    else this.#leaveMaintenance(entry, nowMs);
  }

  #setInheritedMaintenance(entry: Entry, on: boolean, via: string, nowMs: Millis): void {
    if (entry.isInheritedDown === on) return;
    entry.isInheritedDown = on;
    this.#effects.push({ kind: "inherit-maintenance", server: entry.spec.key, on, via });
    if (entry.isForcedDown) return;
    if (on) this.#enterMaintenance(entry, nowMs);
    else this.#leaveMaintenance(entry, nowMs);
  }

  #enterMaintenance(entry: Entry, nowMs: Millis): void {
    if (entry.check !== undefined) abortProbe(entry, entry.check, this.#effects);
    if (entry.state !== "down") {
      entry.state = "down";
      entry.transitionsDown += 1;
      entry.lastChangeMs = nowMs;
    }
    const { key } = entry.spec;
    for (const follower of this.#fleet.followersOf(key)) {
      this.#setInheritedMaintenance(follower, true, key, nowMs);
    }
  }

  /** The server is taken for good until its check, which runs at once, says otherwise. */
  #leaveMaintenance(entry: Entry, nowMs: Millis): void {
    const { check, agent } = entry;
    if (check !== undefined) {
      check.health = check.rise;
      scheduleProbe(entry, check, nowMs);
    }
    const parent = this.#fleet.parentOf(entry);
    const isAgentDown = agent?.enabled === true && !isHealthy(agent);
    entry.state = isAgentDown ? "down" : (parent?.state ?? "up");
    entry.lastChangeMs = nowMs;
    const { key } = entry.spec;
    for (const follower of this.#fleet.followersOf(key)) {
      this.#setInheritedMaintenance(follower, false, key, nowMs);
    }
  }
}
