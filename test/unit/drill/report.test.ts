import { describe, expect, test } from "vitest";
import { chartText } from "../../drill/chart.ts";
import { reportText } from "../../drill/report.ts";
import { METRICS, type Row } from "../../drill/row.ts";
import { ROWS } from "../../drill/rows.ts";
import type { RunRecord } from "../../drill/run.ts";
import { judge, spread } from "../../drill/statistics.ts";
import type { Kind } from "../../lab/member.ts";

const STOP = ROWS.find(({ id }) => id === "stop")!;
const ABOUT = {
  startedAt: "2026-01-01T00:00:00.000Z",
  machine: "2 × CPU",
  programs: ["Node 20"],
  devices: 50,
  everyMs: 10,
  isRemote: false,
  runs: 3,
};

function record(run: number, figures: Partial<RunRecord>): RunRecord {
  return {
    ...{ row: "stop", impl: "tandem", run, at: ABOUT.startedAt, load: 1 },
    ...{ isSettled: true, bothMs: 0, back50Ms: 1, back99Ms: 2, backAllMs: 3 },
    ...figures,
  };
}

function verdictOf(...runs: readonly Partial<RunRecord>[]): string {
  return judge(
    STOP,
    "tandem",
    runs.map((figures, index) => record(index + 1, figures)),
  ).verdict;
}

describe("the verdict on a row", () => {
  test("goes by the median of each metric of the budget", () => {
    expect(verdictOf({ outageMs: 40 }, { outageMs: 50 }, { outageMs: 900 })).toBe("pass");
    expect(verdictOf({ outageMs: 40 }, { outageMs: 51 }, { outageMs: 900 })).toBe("miss");
    expect(verdictOf({ outageMs: 40, bothMs: 51 })).toBe("miss");
  });

  test("a pair that is not whole again has missed, whatever its figures", () => {
    const broken = { outageMs: 10, isSettled: false };
    expect(verdictOf(broken, broken, { outageMs: 10 })).toBe("miss");
    expect(verdictOf(broken, { outageMs: 10 }, { outageMs: 10 })).toBe("pass");
  });

  test("runs that could not be measured are neither kept nor counted", () => {
    const failed = judge(STOP, "tandem", [
      { row: "stop", impl: "tandem", run: 1, at: "", load: 1, error: "no" },
      record(2, { outageMs: 30 }),
    ]);
    expect(failed).toMatchObject({ verdict: "pass", failedRuns: 1 });
    const nothing = judge(STOP, "tandem", [
      { row: "stop", impl: "tandem", run: 1, at: "", load: 1, error: "no" },
    ]);
    expect(nothing).toMatchObject({ verdict: "error", failedRuns: 1 });
    expect(judge(STOP, "haproxy+keepalived", [record(1, { outageMs: 30 })]).verdict).toBe("error");
  });

  test("spread() of an even number takes the lower middle one, of nothing nothing", () => {
    expect(spread([4, 1, 10, 2])).toEqual({ min: 1, median: 2, max: 10 });
    expect(spread([])).toBeUndefined();
  });
});

describe("a report", () => {
  const records = [
    record(1, { outageMs: 30, lostSessions: 50, keptBroker: 50 }),
    record(2, { outageMs: 90, lostSessions: 50, keptBroker: 49, isSettled: false }),
  ];
  const hostile: Row = { ...STOP, id: "odd", title: "a < b & c" };
  const results = new Map<Kind, ReturnType<typeof judge>[]>([
    ["tandem", [judge(STOP, "tandem", records), judge(hostile, "tandem", records)]],
  ]);

  test("says why machines that are emulated, or send adverts seldom, miss budgets", () => {
    expect(reportText(results, ABOUT)).not.toMatch(/emulated|Budgets are those/);
    const slow = records.map((one) => ({ ...one, advertMs: 1_000, isEmulated: true }));
    const there = new Map<Kind, ReturnType<typeof judge>[]>([
      ["tandem", [judge(STOP, "tandem", slow)]],
    ]);
    const text = reportText(there, { ...ABOUT, isRemote: true });
    expect(text).toContain("the pair as it stands");
    expect(text).toMatch(
      /every 1000 ms, and a backup\nwaits for three of them .*: 3000 ms and more/,
    );
    expect(text).toContain("The nodes are emulated machines");
  });

  test("has a line for each metric of each row, and names runs that did not end well", () => {
    const text = reportText(results, ABOUT);
    expect(text).toContain("| stop (SIGTERM) | outage | ≤ 50 | 30 / **30** / 90 | pass |");
    expect(text).toContain("|  | both hold the VIP | ≤ 50 | 0 / **0** / 0 | pass |");
    expect(text).toContain("| a < b & c | outage | ≤ 50 | – | not measured |");
    expect(text).toContain("| 50 / **50** / 50 | 99 of 100 | 1 | 2 | 3 |");
    expect(text).toContain("- stop, Tandem, run 2: not whole again before the time was up");
  });

  test("has a chart that is XML and stays on its scale", () => {
    const text = chartText(results);
    expect(text).toContain("a &lt; b &amp; c");
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    const widths = Array.from(text.matchAll(/class="tandem" x="330" y="\d+\.?\d*" width="(\d+)"/g));
    // The key, and 30 ms on a scale from 10 ms to 30 s over 420.
    expect(widths.map(([, width]) => Number(width))).toEqual([11, 58]);
    expect(text.match(/not measured/g)).toHaveLength(1);
  });
});

test("every row has a word of its own and a budget for what the chart shows", () => {
  expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  for (const { id, shown, budget } of ROWS) {
    if (shown === undefined) continue;
    expect(budget[shown], id).toBeGreaterThan(0);
    expect(METRICS[shown].unit, id).toBe("ms");
  }
});
