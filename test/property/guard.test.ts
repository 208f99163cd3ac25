// What a guard never does, and always does in the end, whatever happens to its children and to itself.
import { describe, expect, test } from "vitest";
import type { Child } from "../../ha/supervise/guard-events.ts";
import { Chance } from "../sim/chance.ts";
import { GuardWorld, SETTINGS } from "./guard-world.ts";

const SEEDS = process.env["TANDEM_TEST_LONG"] === undefined ? 300 : 20_000;
const CHILDREN: readonly Child[] = ["agent", "balancer"];

describe("guard under random faults", () => {
  test(`${SEEDS} worlds of two minutes`, { timeout: 600_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new GuardWorld(new Chance(seed));
      world.run(120_000);
      const storms = CHILDREN.map((child) => mostWithin(world.spawns[child], 20_000));
      // A reload fills the budget again, so that two budgets may fall into one period.
      const spawnsMax = 3 * (SETTINGS.restartBudget.count + 2);
      expect(Math.max(...storms), `seed ${seed}: no restart storm`).toBeLessThanOrEqual(spawnsMax);
      const crowd = mostWithin(world.reserves, 20_000);
      expect(crowd, `seed ${seed}: no storm of reserves`).toBeLessThanOrEqual(10);
      world.calm();
      world.run(90_000);
      expect(world.hasReserve, `seed ${seed}: a reserve after the calm`).toBe(true);
      for (const child of CHILDREN) {
        const phase = world.guard.status()[child]?.phase;
        expect(phase, `seed ${seed}: the ${child} after the calm`).toBe("ready");
      }
      expect(world.guard.status().report.state, `seed ${seed}`).toBe("serving");
      world.stop();
      world.run(5_000);
      expect(world.exitCode, `seed ${seed}: stops`).toBe(0);
      expect(world.hasReserve, `seed ${seed}: no reserve is left`).toBe(false);
      expect(CHILDREN.filter((child) => world.process(child) !== undefined)).toEqual([]);
      expect(world.violations, `seed ${seed}`).toEqual([]);
    }
  });

  test(`${SEEDS} stops in the middle of faults`, { timeout: 600_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new GuardWorld(new Chance(seed));
      world.run(new Chance(seed ^ 0x5f5f).below(10_000));
      world.stop();
      world.calm();
      world.run(12_000);
      expect(world.exitCode, `seed ${seed}: stops`).toBe(0);
      expect(world.hasReserve, `seed ${seed}: no reserve is left`).toBe(false);
      expect(world.violations, `seed ${seed}`).toEqual([]);
    }
  });
});

/** The most of these instants within any such period. */
function mostWithin(instants: readonly number[], periodMs: number): number {
  return instants.reduce((most, fromMs, index) => {
    const later = instants.slice(index).filter((atMs) => atMs < fromMs + periodMs);
    return Math.max(most, later.length);
  }, 0);
}
