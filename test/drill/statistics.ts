import type { Metric, Row } from "./row.ts";
import type { RunRecord } from "./run.ts";
import type { Kind } from "../lab/member.ts";

/** Least, middle and most of some figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Whether the medians keep to the budget; `error`: there are none. */
export type Verdict = "pass" | "miss" | "error";

/** What all runs of a row on one implementation say. */
export interface RowResult {
  readonly row: Row;
  readonly impl: Kind;
  readonly runs: readonly RunRecord[];
  readonly failedRuns: number;
  /** Runs after which the wanted node did not serve alone, with every device. */
  readonly unsettledRuns: number;
  readonly verdict: Verdict;
}

/** Min, median (of an even number the lower middle one) and max; `undefined` of nothing. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) return undefined;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** The figures of a metric over the runs that have it. */
export function spreadOf(result: RowResult, metric: Metric): Spread | undefined {
  return spread(result.runs.flatMap((run) => run[metric] ?? []));
}

/** The records of a row on one implementation, judged. */
export function judge(row: Row, impl: Kind, records: readonly RunRecord[]): RowResult {
  const runs = records.filter((record) => record.row === row.id && record.impl === impl);
  const measured = runs.filter(({ error }) => error === undefined);
  const unsettledRuns = measured.filter(({ isSettled }) => isSettled !== true).length;
  return {
    row,
    impl,
    runs,
    failedRuns: runs.length - measured.length,
    unsettledRuns,
    verdict: verdictOf(row, measured, unsettledRuns),
  };
}

function verdictOf(row: Row, runs: readonly RunRecord[], unsettledRuns: number): Verdict {
  if (runs.length === 0) return "error";
  // A pair that stays broken keeps no budget, whatever the figures of the first seconds are.
  if (unsettledRuns * 2 > runs.length) return "miss";
  const budgets = Object.entries(row.budget) as [Metric, number][];
  const isKept = budgets.every(([metric, mostMs]) => {
    const figures = spread(runs.flatMap((run) => run[metric] ?? []));
    return figures !== undefined && figures.median <= mostMs;
  });
  return isKept ? "pass" : "miss";
}
