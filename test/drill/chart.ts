// The picture of a report: a bar per fault and implementation, on a logarithmic scale, as SVG that needs
// nothing else and is readable on light and dark ground.
import type { Kind } from "../lab/member.ts";
import { nameOf, type Results } from "./report.ts";
import type { Row } from "./row.ts";
import { spreadOf, type RowResult } from "./statistics.ts";

const WIDTH = 900;
const LEFT = 330;
const RIGHT = 150;
const TOP = 62;
const BAR = 13;
const GAP = 14;
const SCALE_MS: readonly [number, number] = [10, 30_000];
const TICKS_MS = [10, 100, 1_000, 10_000];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 11px; fill: #59636e; }
  .title { font-size: 15px; font-weight: 600; }
  .ground { fill: #ffffff; } .grid { stroke: #d1d9e0; }
  .budget { stroke: #1f2328; stroke-width: 2; }
  .range { stroke: #1f2328; stroke-opacity: .55; }
  .tandem { fill: #0969da; } .classic { fill: #bc6a00; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; }
    .ground { fill: #0d1117; } .grid { stroke: #3d444d; }
    .budget, .range { stroke: #e6edf3; } .tandem { fill: #4493f8; } .classic { fill: #d29922; }
  }`;

/** The chart of `outage.svg`. */
export function chartText(results: Results): string {
  const kinds = [...results.keys()];
  const groups = shownOf([...results.values()][0] ?? []);
  const groupHeight = kinds.length * BAR + GAP;
  const height = TOP + groups.length * groupHeight + 34;
  const bottom = height - 30;
  const body = groups.map((group, index) => {
    const top = TOP + index * groupHeight;
    const bars = kinds.map((kind, line) =>
      barOf(shownOf(results.get(kind)!)[index]!, kind, top + line * BAR),
    );
    return [...bars, labelOf(group, top, kinds.length), budgetOf(group, top, kinds.length)].join(
      "\n",
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t">
<title id="t">What each fault costs, milliseconds, median of the runs</title>
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
<text class="title" x="16" y="26">What each fault costs, ms (median; line: min to max)</text>
${legend(kinds)}
${TICKS_MS.map((ms) => tick(ms, bottom)).join("\n")}
${body.join("\n")}
</svg>
`;
}

/** Rows that are about time. */
function shownOf(results: readonly RowResult[]): readonly RowResult[] {
  return results.filter(({ row }) => row.shown !== undefined);
}

function barOf(result: RowResult, kind: Kind, top: number): string {
  const y = top + 1;
  const { shown } = result.row;
  const figures = shown === undefined ? undefined : spreadOf(result, shown);
  const middle = y + BAR / 2 + 3;
  if (figures === undefined) return note(LEFT + 6, middle, "not measured");
  const isBroken = result.unsettledRuns * 2 > result.runs.length;
  const end = x(figures.median);
  const title = `${nameOf(kind)}: ${figures.min} / ${figures.median} / ${figures.max} ms`;
  const text = `${figures.median}${isBroken ? ", not whole again" : ""}`;
  return `<rect class="${classOf(kind)}" x="${LEFT}" y="${y}" width="${Math.max(2, end - LEFT)}" height="${BAR - 2}"><title>${title}</title></rect>
<line class="range" x1="${x(figures.min)}" x2="${x(figures.max)}" y1="${middle - 3}" y2="${middle - 3}"/>
${note(besideBudget(result, Math.max(end, x(figures.max))), middle, text)}`;
}

/** Where a figure stands: behind its bar, and behind the budget's mark where the two would meet. */
function besideBudget({ row }: RowResult, end: number): number {
  const mark = x(shownBudget(row) ?? 0);
  return (mark > end && mark < end + 40 ? mark : end) + 6;
}

function labelOf({ row }: RowResult, top: number, lines: number): string {
  const y = top + (lines * BAR) / 2 + 4;
  return `<text x="${LEFT - 10}" y="${y}" text-anchor="end">${escaped(row.title)}</text>`;
}

function budgetOf({ row }: RowResult, top: number, lines: number): string {
  const mostMs = shownBudget(row);
  if (mostMs === undefined) return "";
  const at = x(mostMs);
  return `<line class="budget" x1="${at}" x2="${at}" y1="${top - 2}" y2="${top + lines * BAR + 2}"><title>budget: ${mostMs} ms</title></line>`;
}

function shownBudget({ budget, shown }: Row): number | undefined {
  return shown === undefined ? undefined : budget[shown];
}

function legend(kinds: readonly Kind[]): string {
  const keys = kinds.map((kind, index) => {
    const left = LEFT + index * 160;
    return `<rect class="${classOf(kind)}" x="${left}" y="37" width="11" height="11"/>
<text x="${left + 17}" y="47">${nameOf(kind)}</text>`;
  });
  const left = LEFT + kinds.length * 160;
  return `${keys.join("\n")}
<line class="budget" x1="${left + 5}" x2="${left + 5}" y1="35" y2="50"/>
<text x="${left + 17}" y="47">budget</text>`;
}

function tick(ms: number, bottom: number): string {
  const at = x(ms);
  const name = ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
  return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${bottom}"/>
<text class="small" x="${at}" y="${bottom + 16}" text-anchor="middle">${name}</text>`;
}

function note(left: number, y: number, text: string): string {
  return `<text class="small" x="${left}" y="${y}">${escaped(text)}</text>`;
}

/** Where a figure stands: logarithmic, what is off the scale at its ends. */
function x(ms: number): number {
  const [least, most] = SCALE_MS;
  const share = Math.log(Math.min(most, Math.max(least, ms)) / least) / Math.log(most / least);
  return Math.round(LEFT + share * (WIDTH - LEFT - RIGHT));
}

function classOf(kind: Kind): string {
  return kind === "tandem" ? "tandem" : "classic";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
