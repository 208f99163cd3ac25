import { describe, expect, test } from "vitest";
import { planOf, UsageError, type Plan } from "../../drill/plan.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");

function planned(...words: readonly string[]): Plan {
  const plan = planOf(words, AT);
  if (typeof plan === "string") throw new Error("a text, no plan");
  return plan;
}

describe("a command line of scripts/drill", () => {
  test("alone means every row, three times, on Tandem", () => {
    const plan = planned();
    expect(plan).toMatchObject({
      kinds: ["tandem"],
      runs: 3,
      devices: 50,
      everyMs: 10,
      patience: 1,
    });
    expect(plan.out).toMatch(/\/drill-2026-01-02T03-04-05$/);
    expect(plan.remote).toBeUndefined();
  });

  test("names machines, and leaves out what cannot be done to them", () => {
    const { remote, rows } = planned(
      ...["--on", "lb1,admin@lb2", "--vip", "10.0.0.9:8883", "--ssh-option=-i key -p 2222"],
      ...["--patience", "12"],
    );
    expect(remote).toMatchObject({
      ...{ patience: 12, nodes: ["lb1", "admin@lb2"], vip: "10.0.0.9", port: 8_883, hasSudo: true },
      ...{ sshOptions: ["-i", "key", "-p", "2222"], start: "systemctl start tandem" },
    });
    expect(rows.map(({ id }) => id)).toContain("kill-agent");
    expect(rows.every(({ isLabOnly }) => isLabOnly !== true)).toBe(true);
  });

  test.each([
    [["--on", "lb1"], "--on lb1,lb2"],
    // No option of ssh may come in as a host.
    [["--on", "lb1,-oProxyCommand=x", "--vip", "10.0.0.9"], "--on lb1,lb2"],
    [["--on", "a,b", "--vip", "lb.example"], "10.0.0.100:1883"],
    [["--on", "a,b", "--vip", "10.0.0.9", "--only", "broker-dies"], "needs namespaces"],
    [["--on", "a,b", "--vip", "10.0.0.9", "--impl", "both"], "expected tandem"],
    [["--patience", "0"], "a number from 1 to 100"],
    [["--runs", "1.5"], "a number from 1 to 1000"],
    [["--only", "nonsense"], "kill-balancer"],
  ])("%j is refused, and told what was expected", (words, expected) => {
    expect(() => planOf(words, AT)).toThrow(UsageError);
    expect(() => planOf(words, AT)).toThrow(expected);
  });

  test("--list names every row with its budget", () => {
    expect(planOf(["--list"], AT)).toMatch(
      /^reload +.*sessions lost ≤ 0, newcomers not served ≤ 0.*≤ 1000 ms\)$/m,
    );
  });
});
