// One running server of a backend: its states, its limits and its load. The balancer of its
// backend is the only one to change it, except for the counters.
import type { Millis } from "../base/units.ts";
import type { Server } from "../config/model/server.ts";
import { ADMIN, ADMIN_DRAIN_MASK, ADMIN_MAINT_MASK } from "./admin.ts";
import type { ConnectRate } from "./connect-rate.ts";
import { clearServerCounters, createServerCounters } from "./counters.ts";
import type { ServerCounters } from "./counters.ts";
import { scaleWeight } from "./weight.ts";
import type { WeightScale } from "./weight.ts";

/** Whether a server answers, whatever the administrator says: `srv_op_state` in words. */
export type OperationalState = "stopped" | "starting" | "running" | "stopping";

/** A server as it runs. Fields are for reading; `counters` may be added to by anyone. */
export class ServerState {
  readonly name: string;
  readonly counters: ServerCounters = createServerCounters();
  /** Replaced on reload. */
  spec: Server;
  operational: OperationalState;
  /** Bits of `ADMIN`. */
  admin: number;
  /** 0..256, as configured or set at run time. */
  userWeight: number;
  /** What is left of the weight while its answers are late (`slow` of `option mqtt-check`), 1..100. */
  slownessPercent = 100;
  /** What the algorithm works with: scaled, and reduced while starting slowly or while it is slow. */
  effectiveWeight = 0;
  /** As configured or set at run time; 0 means unlimited. */
  maxconn: number;
  /** The lower end of the dynamic limit; equal to `maxconn` when there is none. */
  minconn: number;
  /** Connections assigned, those still connecting included. */
  served = 0;
  /** Sessions waiting in the server's own queue. */
  queued = 0;
  /** When the server last went up, down, into or out of maintenance or drain. */
  lastChangeMs: Millis;
  /** When a connection to it last started; absent before the first. */
  lastSessionMs: Millis | undefined;
  /** Its connects, where it is presented with so many a second only. Kept by the balancer. */
  connectRate: ConnectRate | undefined;
  /** Time spent down, without the current outage. */
  #downMs: Millis = 0;

  constructor(spec: Server, nowMs: Millis) {
    this.name = spec.name;
    this.spec = spec;
    this.admin = spec.disabled ? ADMIN.configMaint | ADMIN.forcedMaint : 0;
    this.operational = spec.disabled || startsDown(spec) ? "stopped" : "running";
    this.userWeight = spec.weight;
    ({ maxconn: this.maxconn, minconn: this.minconn } = connectionLimits(spec));
    this.lastChangeMs = nowMs;
  }

  /** As configured, else its place in the backend; consistent hashing depends on it. */
  get id(): number {
    return this.spec.id;
  }

  get isBackup(): boolean {
    return this.spec.backup;
  }

  /** `slowstart` in whole seconds, as weights are recomputed once a second; 0 for none. */
  get slowstartSeconds(): number {
    return Math.ceil(this.spec.slowstartMs / 1000);
  }

  isInMaintenance(): boolean {
    return (this.admin & ADMIN_MAINT_MASK) !== 0;
  }

  isDraining(): boolean {
    return (this.admin & ADMIN_DRAIN_MASK) !== 0;
  }

  /** Whether the algorithm may choose the server. */
  isUsable(): boolean {
    return (
      this.effectiveWeight > 0 &&
      !this.isInMaintenance() &&
      !this.isDraining() &&
      (this.operational === "running" || this.operational === "starting")
    );
  }

  /** Whether it answers at full strength, whether or not it is to be chosen. */
  isRunning(): boolean {
    const { operational } = this;
    return (operational === "running" || operational === "stopping") && !this.isInMaintenance();
  }

  /** Whether clients that stick to the server still get it: also when it drains or weighs 0. */
  isPersistable(): boolean {
    return this.operational !== "stopped" && !this.isInMaintenance();
  }

  /** Counts a connection that is started, first try or retry. */
  countConnection(nowMs: Millis): void {
    this.counters.total += 1;
    this.lastSessionMs = nowMs;
  }

  /** `clear counters`: forgets the highest values; with `all` also sums and the last session. */
  clearCounters(all: boolean): void {
    clearServerCounters(this.counters, all);
    if (all) this.lastSessionMs = undefined;
  }

  /** All time spent down, the current outage included. */
  downMs(nowMs: Millis): Millis {
    const sinceMs = this.operational === "stopped" ? Math.max(0, nowMs - this.lastChangeMs) : 0;
    return this.#downMs + sinceMs;
  }

  /** The one way to change the operational state; keeps the downtime. */
  become(state: OperationalState, nowMs: Millis): void {
    if (state === this.operational) return;
    const isSlowstartEnd = this.operational === "starting" && state === "running";
    if (this.operational === "stopped") this.#downMs = this.downMs(nowMs);
    this.operational = state;
    if (!isSlowstartEnd) this.lastChangeMs = nowMs;
  }

  /**
   * Connections the server may have at once: between `minconn` and `maxconn` as the backend fills
   * up to `fullconn`, and rising from 1 during slowstart. 0 means unlimited.
   */
  maxconnEffective(backendConnCount: number, fullconn: number, nowMs: Millis): number {
    let limit = this.maxconn;
    if (this.minconn !== this.maxconn && backendConnCount < fullconn) {
      limit = Math.max(this.minconn, Math.floor((backendConnCount * this.maxconn) / fullconn));
    }
    if (this.operational !== "starting" || limit === 0) return limit;
    const elapsed = this.#startingSeconds(nowMs);
    if (elapsed >= this.slowstartSeconds) return limit;
    const percent = Math.floor((100 * elapsed) / this.slowstartSeconds);
    return Math.max(1, Math.floor((limit * percent) / 100));
  }

  /**
   * The weight in the algorithm's scale; a dynamic one rises by sixteenths during slowstart, and is reduced
   * while the server is slow, but never to 0.
   */
  computeEffectiveWeight(scale: WeightScale, isDynamic: boolean, nowMs: Millis): number {
    if (!isDynamic) return scaleWeight(this.userWeight, scale);
    const weight = (this.userWeight * this.slownessPercent) / 100;
    if (this.operational !== "starting") return scaleWeight(weight, scale);
    const elapsed = Math.min(this.#startingSeconds(nowMs), this.slowstartSeconds);
    const slow = this.slowstartSeconds;
    const multiplier = Math.min(
      scale.multiplier,
      Math.floor((scale.multiplier * elapsed + slow) / slow),
    );
    return scaleWeight(weight, { multiplier, divisor: scale.divisor });
  }

  /** Whether slowstart has run its time. */
  hasStarted(nowMs: Millis): boolean {
    return this.#startingSeconds(nowMs) >= this.slowstartSeconds;
  }

  /** Takes the `server` line of a reload; what was set at run time stays unless it changed. */
  replaceSpec(spec: Server): void {
    const old = this.spec;
    this.spec = spec;
    if (spec.disabled && !old.disabled) this.admin |= ADMIN.configMaint | ADMIN.forcedMaint;
    if (!spec.disabled && old.disabled) this.admin &= ~(ADMIN.configMaint | ADMIN.forcedMaint);
    if (spec.weight !== old.weight) this.userWeight = spec.weight;
    if (spec.maxconn !== old.maxconn || spec.minconn !== old.minconn) {
      ({ maxconn: this.maxconn, minconn: this.minconn } = connectionLimits(spec));
    }
  }

  #startingSeconds(nowMs: Millis): number {
    return Math.max(0, Math.floor((nowMs - this.lastChangeMs) / 1000));
  }
}

/** A `minconn` alone, or above `maxconn`, is the limit; without `minconn` the limit is static. */
function connectionLimits(spec: Server): { maxconn: number; minconn: number } {
  const maxconn = Math.max(spec.maxconn, spec.minconn);
  return { maxconn, minconn: spec.minconn > 0 ? spec.minconn : maxconn };
}

function startsDown(spec: Server): boolean {
  return spec.check?.initState === "down" || spec.check?.initState === "fully-down";
}
