import type { Load } from "./load.ts";
import type { Figure, Measure } from "./measures.ts";
import { startProxy, type ProxyKind, type ProxyVariant, type ServerPorts } from "./proxies.ts";
import { spread, threeDigits, type Spread } from "./statistics.ts";

/** What to compare with HAProxy, and how long. */
export interface ComparisonOptions {
  readonly candidate: ProxyKind;
  readonly runs: number;
  readonly seconds: number;
  /** Default 3. */
  readonly warmUpSeconds?: number;
  readonly servers: ServerPorts;
  /** Told of each step, for whoever waits. */
  readonly onProgress: (text: string) => void;
}

/** One row: both sides' medians, and the ratio of each pair of runs. */
export interface Row {
  readonly figure: Figure;
  readonly candidate: Spread;
  readonly beside: Spread;
  readonly ratio: Spread;
}

/** A balancer runs for weeks: what counts is its cost once Node has compiled what is hot. */
const WARM_UP_SECONDS = 3;

interface Pair {
  readonly candidate: readonly number[];
  readonly beside: readonly number[];
}

/**
 * Runs every measure on both programs by turns, so that whatever else the machine does meets both,
 * and the order changes with every run, so that neither always comes second. Every run has a
 * process of its own, warmed up first: where a process happens to lie in memory changes its cost
 * with many connections by up to a fifth, for as long as it lives.
 */
export async function compare(
  load: Load,
  measures: readonly Measure[],
  options: ComparisonOptions,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const measure of measures) {
    const pairs: Pair[] = [];
    for (let index = 0; index < options.runs; index += 1) {
      options.onProgress(`${measure.figures[0]!.name}: run ${index + 1} of ${options.runs}`);
      pairs.push(await runPair(load, measure, options, index % 2 === 0));
    }
    rows.push(...measure.figures.map((figure, index) => toRow(figure, index, pairs)));
  }
  return rows;
}

async function runPair(
  load: Load,
  measure: Measure,
  options: ComparisonOptions,
  candidateFirst: boolean,
): Promise<Pair> {
  const { variant = {}, beside = { kind: "haproxy", variant } } = measure;
  const run = (kind: ProxyKind, settings: ProxyVariant): Promise<readonly number[]> =>
    runOnce(load, measure, options, kind, settings);
  if (candidateFirst) {
    const candidate = await run(options.candidate, variant);
    return { candidate, beside: await run(beside.kind, beside.variant) };
  }
  const first = await run(beside.kind, beside.variant);
  return { candidate: await run(options.candidate, variant), beside: first };
}

async function runOnce(
  load: Load,
  measure: Measure,
  options: ComparisonOptions,
  kind: ProxyKind,
  variant: ProxyVariant,
): Promise<readonly number[]> {
  const proxy = await startProxy(kind, options.servers, variant);
  try {
    if (measure.warmsItself !== true) {
      await measure.run(load, proxy, options.warmUpSeconds ?? WARM_UP_SECONDS);
    }
    return await measure.run(load, proxy, options.seconds);
  } finally {
    await proxy.stop();
  }
}

function toRow(figure: Figure, index: number, pairs: readonly Pair[]): Row {
  return {
    figure,
    candidate: spread(pairs.map((pair) => pair.candidate[index]!)),
    beside: spread(pairs.map((pair) => pair.beside[index]!)),
    ratio: spread(pairs.map((pair) => pair.candidate[index]! / pair.beside[index]!)),
  };
}

/** The rows as a Markdown table, aligned, so that it can be read and pasted. */
export function printTable(rows: readonly Row[], candidate: string, beside: string): string {
  const head = ["", candidate, beside, "ratio: median", "min", "max", "goal"];
  const body = rows.map(({ figure, candidate: ours, beside: theirs, ratio }) => [
    figure.name,
    `${threeDigits(ours.median)} ${figure.unit}`,
    `${threeDigits(theirs.median)} ${figure.unit}`,
    ...[ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(2)),
    figure.goal ?? "",
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]!.length)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [head, rule, ...body].map(line).join("\n");
}
