// Figures of the process that need two looks: how much of its time it waits, and how many bytes a
// second go to clients.
import { performance } from "node:perf_hooks";
import type { World } from "../../session/world.ts";
import { monotonicMs } from "../clock.ts";

/** How often it looks, ms. */
const PERIOD_MS = 1_000;

/** Looks once a second, from the first `start` on. */
export class ProcessMeter {
  readonly #world: World;
  #timer: NodeJS.Timeout | undefined;
  #atMs = monotonicMs();
  #utilization = performance.eventLoopUtilization();
  #bytesOut = 0;
  /** 0..100 */
  idlePercent = 100;
  bytesOutRate = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins to look; does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = monotonicMs();
    const utilization = performance.eventLoopUtilization();
    const { utilization: busy } = performance.eventLoopUtilization(utilization, this.#utilization);
    this.idlePercent = Math.round(100 * (1 - busy));
    let bytesOut = 0;
    for (const { counters } of this.#world.frontends.values()) bytesOut += counters.bytesOut;
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    this.bytesOutRate = Math.round((Math.max(0, bytesOut - this.#bytesOut) * 1000) / elapsedMs);
    this.#bytesOut = bytesOut;
    this.#utilization = utilization;
    this.#atMs = nowMs;
  }
}
