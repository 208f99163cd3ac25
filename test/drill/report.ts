// The report for people: what was measured, beside its budget, as Markdown.
import type { Kind } from "../lab/member.ts";
import { METRICS, type Metric } from "./row.ts";
import type { RunRecord } from "./run.ts";
import { spread, spreadOf, type RowResult, type Spread } from "./statistics.ts";

/** What the report says of its circumstances. */
export interface Circumstances {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: string;
  /** Names and versions of the programs. */
  readonly programs: readonly string[];
  readonly devices: number;
  /** A newcomer so often. */
  readonly everyMs: number;
  /** Done to machines that stand, over ssh. */
  readonly isRemote: boolean;
  readonly runs: number;
}

/** What budgets are written for. */
const BUDGETED_ADVERT_MS = 100;

/** Results by implementation, each in the order of the rows. */
export type Results = ReadonlyMap<Kind, readonly RowResult[]>;

/** The whole report. */
export function reportText(results: Results, about: Circumstances): string {
  const runs = [...results.values()].flat().flatMap((result) => result.runs);
  const advertMs = spread(runs.flatMap((run) => run.advertMs ?? []))?.max ?? BUDGETED_ADVERT_MS;
  const loads = runs.map((run) => run.load);
  const load = spread(loads);
  const loadText = load === undefined ? "unknown" : `${load.min} to ${load.max}`;
  const quiet = spread(runs.flatMap((run) => run.quietGapMs ?? []));
  return `# Drill

${about.startedAt}, ${about.machine}. ${about.programs.join(", ")}.
${about.runs} run${about.runs === 1 ? "" : "s"} of each row, each on ${about.isRemote ? "the pair as it stands" : "a fresh pair"};
${about.devices} devices that stay connected, and a newcomer every ${about.everyMs} ms;
adverts every ${advertMs} ms. Load of the machine (runnable processes,
mean of a minute) before the faults: ${loadText}.
The longest time without an answer in the second before a fault, which is the machine's own: ${figures(quiet)} ms.
${caveats(runs, advertMs)}
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

/** Why budgets cannot be kept here, whatever the pair does. */
function caveats(runs: readonly RunRecord[], advertMs: number): string {
  const lines: string[] = [];
  if (advertMs > BUDGETED_ADVERT_MS) {
    lines.push(
      `Budgets are those of adverts every ${BUDGETED_ADVERT_MS} ms. These nodes send them every ${advertMs} ms, and a backup
waits for three of them before it replaces a master that says nothing: ${3 * advertMs} ms and more.`,
    );
  }
  if (runs.some(({ isEmulated }) => isEmulated === true)) {
    lines.push(`The nodes are emulated machines, some twenty times slower than real ones: these figures show that a
fault is survived, not what it costs. Misses are to be expected.`);
  }
  return lines.length === 0 ? "" : `\n${lines.join("\n\n")}\n`;
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
