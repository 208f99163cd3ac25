import { describe, expect, test } from "vitest";
import { BROKER_FAULTS, drawStep, NODE_FAULTS, stepText } from "../../drill/chaos/plan-step.ts";
import { Random } from "../../drill/chaos/random.ts";
import { chaosText } from "../../drill/chaos/report-text.ts";
import { planOf } from "../../drill/plan.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");

function steps(seed: number, count: number): string[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => stepText(drawStep(random)));
}

describe("the steps of a chaos run", () => {
  test("are the same for the same seed, and others for another", () => {
    expect(steps(7, 50)).toEqual(steps(7, 50));
    expect(steps(7, 50)).not.toEqual(steps(8, 50));
    expect(steps(7, 100).slice(0, 50)).toEqual(steps(7, 50));
  });

  test("come to every fault, and never to one place twice at once", () => {
    const random = new Random(1);
    const drawn = Array.from({ length: 1_000 }, () => drawStep(random));
    const kinds = new Set(drawn.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual([...NODE_FAULTS, ...BROKER_FAULTS].sort());
    const doubles = drawn.filter(({ faults }) => faults.length === 2);
    expect(doubles.length).toBeGreaterThan(100);
    for (const { faults } of doubles) expect(faults[0]!.where).not.toBe(faults[1]!.where);
  });
});

describe("the command line of a chaos run", () => {
  test("has a time, and a seed that is told when none is given", () => {
    const plan = planOf(["--chaos", "10m", "--seed", "5"], AT);
    expect(plan).toMatchObject({ chaos: { lastingMs: 600_000, seed: 5 } });
    expect(planOf(["--chaos", "90s"], AT)).toMatchObject({ chaos: { lastingMs: 90_000 } });
  });

  test.each([
    [["--chaos", "10"], "90s, 10m, 2h"],
    [["--chaos", "0s"], "90s, 10m, 2h"],
    [["--chaos", "10m", "--seed", "x"], "a number from 0"],
    [["--chaos", "10m", "--only", "stop"], "in namespaces alone"],
  ])("%j is refused", (words, expected) => {
    expect(() => planOf(words, AT)).toThrow(expected);
  });
});

describe("the report of a chaos run", () => {
  const record = {
    step: 1,
    atMs: 0,
    what: "",
    outageMs: 20,
    settledMs: 300,
    lost: 5,
    keptBroker: 4,
    oneSided: 2,
  };
  const about = { lastingMs: 1_000, seed: 5 };

  test("says that all held, and what it cost", () => {
    const text = chaosText(about, 10, [record], undefined);
    expect(text).toContain("Seed 5, 1 s, 10 devices");
    expect(text).toContain("everything held");
    expect(text).toContain("4 of 5 lost devices");
  });

  test("says what did not hold", () => {
    const text = chaosText(about, 10, [], new Error("one VIP: held by nobody"));
    expect(text).toContain("**It did not hold:** one VIP: held by nobody");
    expect(text).not.toContain("everything held");
  });
});
