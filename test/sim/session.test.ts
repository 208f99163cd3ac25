// Thousands of sessions by seed. A failing seed is printed; TANDEM_TEST_SEED runs it alone, and
// TANDEM_TEST_LONG=1 runs many more.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Chance } from "./chance.ts";
import { Simulation } from "./simulation.ts";

const STEPS = 600;
const SEEDS = process.env["TANDEM_TEST_LONG"] === "1" ? 1_500 : 40;
const onlySeed = process.env["TANDEM_TEST_SEED"];
const seeds =
  onlySeed === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(onlySeed)];

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs one seed to its end; what was found wrong, and after which steps. */
function run(seed: number): { wrong: string | undefined; accepted: number } {
  const simulation = new Simulation(new Chance(seed), (ms) => vi.advanceTimersByTime(ms));
  try {
    for (let step = 0; step < STEPS; step++) {
      const wrong = simulation.step();
      if (wrong === undefined) continue;
      const last = simulation.trace.slice(-5).join(", ");
      return { wrong: `${wrong} (step ${step}: ${last})`, accepted: 0 };
    }
    return { wrong: simulation.finish(), accepted: simulation.tally.accepted };
  } catch (error) {
    const last = simulation.trace.slice(-5).join(", ");
    return { wrong: `${(error as Error).stack ?? ""} (after ${last})`, accepted: 0 };
  } finally {
    simulation.close();
  }
}

describe("sessions by chance", () => {
  test("add up after every step, and leave nothing behind", () => {
    let accepted = 0;
    for (const seed of seeds) {
      const outcome = run(seed);
      expect(outcome.wrong, `TANDEM_TEST_SEED=${seed}`).toBeUndefined();
      accepted += outcome.accepted;
    }
    if (onlySeed === undefined) expect(accepted).toBeGreaterThan(seeds.length * 25);
  }, 600_000);
});
