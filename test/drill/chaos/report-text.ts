// What a chaos run says in the end.
import type { ChaosPlan } from "../plan.ts";
import { spread } from "../statistics.ts";

/** How often a newcomer comes, ms. */
export const NEWCOMER_MS = 50;

/** One line of records.jsonl. */
export interface StepRecord {
  readonly step: number;
  readonly atMs: number;
  readonly what: string;
  /** The longest time without an answered newcomer since the fault began, ms. */
  readonly outageMs: number;
  /** From the mended fault to one VIP and every client back, ms. */
  readonly settledMs: number;
  readonly lost: number;
  readonly keptBroker: number;
  /** Entries of newcomers in one node's table alone, of all steps so far. */
  readonly oneSided: number;
}

/** The report for people. */
export function chaosText(
  { lastingMs, seed }: ChaosPlan,
  devices: number,
  records: readonly StepRecord[],
  violation: unknown,
): string {
  const figures = (of: (record: StepRecord) => number): string => {
    const found = spread(records.map(of));
    return found === undefined ? "–" : `${found.min} / **${found.median}** / ${found.max}`;
  };
  const sum = (of: (record: StepRecord) => number): number =>
    records.reduce((total, record) => total + of(record), 0);
  const verdict =
    violation === undefined
      ? "After each of them, and in the end, everything held: one VIP, every client back, equal tables, no process, address, descriptor or namespace left over."
      : `**It did not hold:** ${textOf(violation)}`;
  const lost = sum((record) => record.lost);
  const kept = sum(({ keptBroker }) => keptBroker);
  const alone = records.at(-1)?.oneSided ?? 0;
  const about = `Seed ${seed}, ${lastingMs / 1_000} s, ${devices} devices`;
  const outages = figures(({ outageMs }) => outageMs);
  const settled = figures(({ settledMs }) => settledMs);
  return `# Chaos

${about}, a newcomer every ${NEWCOMER_MS} ms: ${records.length} steps.

${verdict}

| | min / **median** / max |
|---|---|
| longest time in which no newcomer was served, a step, ms | ${outages} |
| from the mended fault to one VIP and every client back, ms | ${settled} |
| connections lost in a step, of ${devices} | ${figures((record) => record.lost)} |

${kept} of ${lost} lost devices found the broker that they had. In the end, ${alone} entries of
newcomers who have gone were in one node's table alone: a process that is killed may not have sent
its last ones.
`;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
