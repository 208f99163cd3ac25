// `scripts/drill`: breaks pairs in every way of the failure matrix, and writes what that cost.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Kind } from "../lab/member.ts";
import { endAll } from "../support/cleanup.ts";
import { noNamespaces, removeOwnNamespaces } from "../support/netns.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipReason } from "../support/programs.ts";
import { chartText } from "./chart.ts";
import { Progress } from "./progress.ts";
import { nameOf, reportText, type Results } from "./report.ts";
import { ROWS, type Row } from "./rows.ts";
import { runRow, type RunRecord } from "./run.ts";
import { judge } from "./statistics.ts";

const PATIENCE_MS = 20_000;

const USAGE = `Usage: sudo scripts/drill [--runs N] [--only ROW,ROW] [--impl IMPL] [--devices N] [--out FOLDER]

Breaks a pair of nodes in network namespaces of its own, each time a fresh one, and measures
from the client's side what each fault costs. Writes report.md, outage.svg and records.jsonl.

  --runs N        how often each row is run (3)
  --only ROWS     only these rows, separated by commas: see --list
  --impl IMPL     tandem (default), haproxy+keepalived, or both
  --devices N     devices that stay connected (50)
  --out FOLDER    where the report goes (drill-TIME in this folder)
  --list          names the rows and their budgets

Exit codes: 0 all budgets of Tandem (of what was run, without Tandem) are kept, 1 one is missed,
2 it could not be run.
`;

interface Plan {
  readonly rows: readonly Row[];
  readonly kinds: readonly Kind[];
  readonly runs: number;
  readonly devices: number;
  readonly out: string;
}

const IMPLS: Readonly<Record<string, readonly Kind[]>> = {
  tandem: ["tandem"],
  "haproxy+keepalived": ["haproxy+keepalived"],
  both: ["tandem", "haproxy+keepalived"],
};

function fail(text: string): never {
  console.error(`scripts/drill: ${text}`);
  process.exit(2);
}

function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "3" },
      only: { type: "string" },
      impl: { type: "string", default: "tandem" },
      devices: { type: "string", default: "50" },
      out: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help || values.list) {
    process.stdout.write(values.help ? USAGE : listText());
    process.exit(0);
  }
  const kinds = IMPLS[values.impl];
  if (kinds === undefined) {
    fail(`found --impl ${values.impl}, expected tandem, haproxy+keepalived or both`);
  }
  const stamp = new Date().toISOString().replace(/[:.]/g, "-").slice(0, 19);
  return {
    rows: rowsNamed(values.only),
    kinds,
    runs: numberIn("--runs", values.runs, 1_000),
    devices: numberIn("--devices", values.devices, 5_000),
    out: path.resolve(values.out ?? `drill-${stamp}`),
  };
}

function rowsNamed(names: string | undefined): readonly Row[] {
  if (names === undefined) return ROWS;
  const ids = names.split(",").map((name) => name.trim());
  const unknown = ids.find((id) => !ROWS.some((row) => row.id === id));
  if (unknown !== undefined) {
    fail(`found row "${unknown}", expected some of ${ROWS.map(({ id }) => id).join(", ")}`);
  }
  return ROWS.filter(({ id }) => ids.includes(id));
}

function numberIn(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  return fail(`found ${option} ${text}, expected a number from 1 to ${most}`);
}

function listText(): string {
  return ROWS.map(({ id, title, budget }) => {
    const bounds = Object.entries(budget).map(([metric, ms]) => `${metric} ≤ ${ms}`);
    return `${id.padEnd(16)}${title} (${bounds.join(", ")})\n`;
  }).join("");
}

async function versions(kinds: readonly Kind[]): Promise<string[]> {
  const programs = [`Node ${process.versions.node}`];
  if (!kinds.includes("haproxy+keepalived")) return programs;
  for (const [program, pattern] of [
    ["haproxy", /version (\S+)/],
    ["keepalived", /Keepalived v(\S+)/],
  ] as const) {
    const { stdout, stderr } = await runToEnd({ command: program, args: ["-v"] });
    programs.push(`${program} ${pattern.exec(stdout + stderr)?.[1] ?? "of an unknown version"}`);
  }
  return programs;
}

function summaryOf(record: RunRecord, row: Row): string {
  const head = `${row.id}, ${nameOf(record.impl)}, run ${record.run}: `;
  if (record.error !== undefined) return `${head}not measured: ${record.error.split("\n")[0]!}`;
  const both = record.bothMs === undefined ? "" : `both ${record.bothMs} ms, `;
  const end = record.isSettled === true ? "" : ", NOT whole again";
  return (
    `${head}outage ${record.outageMs ?? 0} ms, ${both}${record.lostSessions ?? 0} of ` +
    `${record.devices ?? 0} devices lost, all back after ${record.backAllMs ?? 0} ms${end}`
  );
}

function judged(plan: Plan, records: readonly RunRecord[]): Results {
  return new Map(
    plan.kinds.map((kind) => [kind, plan.rows.map((row) => judge(row, kind, records))]),
  );
}

/** Writes what can be said so far. */
async function writeReport(
  plan: Plan,
  records: readonly RunRecord[],
  startedAt: string,
): Promise<void> {
  const results = judged(plan, records);
  const about = {
    startedAt,
    machine: `${availableParallelism()} × ${cpus()[0]?.model ?? "CPU"}, Linux ${release()}`,
    programs: await versions(plan.kinds),
    devices: plan.devices,
    runs: records.at(-1)?.run ?? 0,
  };
  writeFileSync(path.join(plan.out, "report.md"), reportText(results, about));
  writeFileSync(path.join(plan.out, "outage.svg"), chartText(results));
}

async function drill(plan: Plan): Promise<Results> {
  const startedAt = new Date().toISOString();
  mkdirSync(plan.out, { recursive: true });
  const recordsFile = path.join(plan.out, "records.jsonl");
  writeFileSync(recordsFile, "");
  const progress = new Progress(process.stdout, plan.rows.length * plan.kinds.length * plan.runs);
  const records: RunRecord[] = [];
  for (let run = 1; run <= plan.runs; run += 1) {
    for (const row of plan.rows) {
      for (const impl of plan.kinds) {
        progress.begin(`${row.title}, ${nameOf(impl)}, run ${run}`);
        const options = { impl, run, devices: plan.devices, patienceMs: PATIENCE_MS };
        const record = await runRow(row, options);
        // Whoever ends the drill takes the pair away; no other one is made meanwhile.
        if (isEnding) await new Promise(() => undefined);
        records.push(record);
        appendFileSync(recordsFile, `${JSON.stringify(record)}\n`);
        progress.end(summaryOf(record, row));
      }
    }
    await writeReport(plan, records, startedAt);
  }
  return judged(plan, records);
}

let isEnding = false;
let plan: Plan;
try {
  plan = planOf(process.argv.slice(2));
} catch (error) {
  fail(`${error instanceof Error ? error.message : String(error)}; see --help`);
}
if (noNamespaces !== undefined) fail(noNamespaces.replace(/^skipped: /, ""));
if (plan.kinds.includes("haproxy+keepalived")) {
  const missing = ["haproxy", "keepalived"].find((program) => !has(program));
  if (missing !== undefined) fail(skipReason(missing));
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    isEnding = true;
    process.stdout.write("\nEnding the pair ...\n");
    // The run that was broken off is ending its pair, too, and is not waited for.
    void endAll()
      .catch(() => undefined)
      .then(removeOwnNamespaces)
      .finally(() => process.exit(1));
  });
}
const results = await drill(plan);
const counted = results.get("tandem") ?? [...results.values()].flat();
const isKept = counted.every(({ verdict }) => verdict === "pass");
console.log(`\nThe report is in ${plan.out}`);
process.exit(isKept ? 0 : 1);
