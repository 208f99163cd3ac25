// `scripts/drill`: breaks pairs in every way of the failure matrix, and writes what that cost.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import path from "node:path";
import type { Kind } from "../lab/member.ts";
import { endAll } from "../support/cleanup.ts";
import { noNamespaces, removeOwnNamespaces } from "../support/netns.ts";
import { runToEnd } from "../support/process.ts";
import { has, skipReason } from "../support/programs.ts";
import { runChaos } from "./chaos/run-chaos.ts";
import { chartText } from "./chart.ts";
import { planOf, type Plan } from "./plan.ts";
import { Progress } from "./progress.ts";
import { nameOf, reportText, type Results } from "./report.ts";
import type { Row } from "./row.ts";
import { runRow, type RunRecord } from "./run.ts";
import { runRemote } from "./remote/run-remote.ts";
import { judge } from "./statistics.ts";

function fail(text: string): never {
  console.error(`scripts/drill: ${text}`);
  process.exit(2);
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
    everyMs: plan.everyMs,
    isRemote: plan.remote !== undefined,
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
        const { devices, everyMs, patience } = plan;
        const options = { impl, run, devices, everyMs, patience };
        const record = await (plan.remote === undefined
          ? runRow(row, options)
          : runRemote(row, plan.remote, options));
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

function asked(): Plan {
  try {
    const plan = planOf(process.argv.slice(2), new Date());
    if (typeof plan !== "string") return plan;
    process.stdout.write(plan);
    return process.exit(0);
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}; see --help`);
  }
}

let isEnding = false;
const plan = asked();
if (plan.remote !== undefined && !has("ssh")) fail(skipReason("ssh"));
if (plan.remote === undefined && noNamespaces !== undefined) {
  fail(noNamespaces.replace(/^skipped: /, ""));
}
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
      .then(() => (plan.remote === undefined ? removeOwnNamespaces() : undefined))
      .finally(() => process.exit(1));
  });
}
if (plan.chaos !== undefined) process.exit(await runChaos(plan, plan.chaos));
const results = await drill(plan);
const counted = results.get("tandem") ?? [...results.values()].flat();
const isKept = counted.every(({ verdict }) => verdict === "pass");
console.log(`\nThe report is in ${plan.out}`);
process.exit(isKept ? 0 : 1);
