// The report for people: what was measured, beside its budget, as Markdown.
import type { Kind } from "../lab/member.ts";
import { METRICS, type Metric } from "./row.ts";
import { spread, spreadOf, type RowResult, type Spread } from "./statistics.ts";

/** What the report says of its circumstances. */
export interface Circumstances {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: string;
  /** Names and versions of the programs. */
  readonly programs: readonly string[];
  readonly devices: number;
  readonly runs: number;
}

/** Results by implementation, each in the order of the rows. */
export type Results = ReadonlyMap<Kind, readonly RowResult[]>;

/** The whole report. */
export function reportText(results: Results, about: Circumstances): string {
  const loads = [...results.values()].flat().flatMap(({ runs }) => runs.map(({ load }) => load));
  const load = spread(loads);
  const loadText = load === undefined ? "unknown" : `${load.min} to ${load.max}`;
  const quiet = spread(
    [...results.values()].flat().flatMap(({ runs }) => runs.flatMap((run) => run.quietGapMs ?? [])),
  );
  return `# Drill

${about.startedAt}, ${about.machine}. ${about.programs.join(", ")}.
${about.runs} run${about.runs === 1 ? "" : "s"} of each row, each on a fresh pair; ${about.devices} devices
that stay connected, and a newcomer every 10 ms; adverts every 100 ms. Load of the machine (runnable
processes, mean of a minute) before the faults: ${loadText}. The longest time without an
answer in the second before a fault, which is the machine's own: ${figures(quiet)} ms.

Figures are min / **median** / max, of times in ms. A row passes when the medians keep to its budget and the pair is whole again.

![Outage by fault](outage.svg)

## What each fault costs newcomers

${budgetTable(results)}

## What becomes of the devices

Lost: connections that ended, of ${about.devices}. Same broker: how many of the lost ones found the
broker that they had, over all runs. Back: when so many of the lost ones were connected again,
median, ms.

${sessionTable(results)}
${remarks(results)}`;
}

function budgetTable(results: Results): string {
  const kinds = [...results.keys()];
  const head = ["fault on the master", "measured", "budget"];
  for (const kind of kinds) head.push(nameOf(kind), "");
  const rows = rowsOf(results).flatMap(({ row }, index) =>
    (Object.entries(row.budget) as [Metric, number][]).map(([metric, mostMs], line) => {
      const cells = [line === 0 ? row.title : "", METRICS[metric].name, `≤ ${mostMs}`];
      for (const kind of kinds) {
        const result = results.get(kind)![index]!;
        cells.push(figures(spreadOf(result, metric)), verdict(result, metric, mostMs));
      }
      return cells;
    }),
  );
  return table(head, rows);
}

function sessionTable(results: Results): string {
  const head = ["fault on the master", "", "lost", "same broker", "50 %", "99 %", "100 %"];
  const rows = rowsOf(results).flatMap(({ row }, index) =>
    [...results].map(([kind, all], line) => {
      const { runs } = all[index]!;
      const sum = (of: (run: (typeof runs)[number]) => number): number =>
        runs.reduce((total, run) => total + of(run), 0);
      const lost = spread(runs.flatMap(({ lostSessions }) => lostSessions ?? []));
      const kept = `${sum((run) => run.keptBroker ?? 0)} of ${sum((run) => run.lostSessions ?? 0)}`;
      const back = (metric: "back50Ms" | "back99Ms" | "backAllMs"): string =>
        String(spread(runs.flatMap((run) => run[metric] ?? []))?.median ?? "–");
      return [
        line === 0 ? row.title : "",
        nameOf(kind),
        lost === undefined ? "–" : `${lost.min} / **${lost.median}** / ${lost.max}`,
        kept,
        ...[back("back50Ms"), back("back99Ms"), back("backAllMs")],
      ];
    }),
  );
  return table(head, rows);
}

/** Runs that did not end well, one line each. */
function remarks(results: Results): string {
  const lines = [...results].flatMap(([kind, all]) =>
    all.flatMap(({ row, runs }) =>
      runs.flatMap(({ run, error, isSettled }) => {
        const where = `- ${row.id}, ${nameOf(kind)}, run ${run}: `;
        if (error !== undefined) return [where + `not measured: ${error.split("\n")[0]!}`];
        return isSettled === true ? [] : [where + "not whole again before the time was up"];
      }),
    ),
  );
  return lines.length === 0 ? "" : `\n## Runs that did not end well\n\n${lines.join("\n")}\n`;
}

function rowsOf(results: Results): readonly RowResult[] {
  return [...results.values()][0] ?? [];
}

function figures(figure: Spread | undefined): string {
  return figure === undefined ? "–" : `${figure.min} / **${figure.median}** / ${figure.max}`;
}

function verdict(result: RowResult, metric: Metric, mostMs: number): string {
  const figure = spreadOf(result, metric);
  if (figure === undefined) return "not measured";
  if (result.unsettledRuns * 2 > result.runs.length) return "**miss**: never whole again";
  return figure.median <= mostMs ? "pass" : "**miss**";
}

/** An implementation's name for people. */
export function nameOf(kind: Kind): string {
  return kind === "tandem" ? "Tandem" : "HAProxy + Keepalived";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
