// `scripts/drill --chaos`: random faults on one pair until the time is up, by a seed.
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Cluster } from "../../lab/cluster.ts";
import { NODE_NAMES } from "../../lab/configuration.ts";
import { Fleet } from "../../lab/fleet.ts";
import { Probe } from "../../lab/probe.ts";
import { endAll } from "../../support/cleanup.ts";
import { listNamespaces } from "../../support/netns.ts";
import { runToEnd } from "../../support/process.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { ChaosPlan, Plan } from "../plan.ts";
import { carryOut } from "./carry-out.ts";
import { descriptorsOf, oneSidedCount, settle, takeInventory, Violation } from "./invariants.ts";
import { drawStep, stepText } from "./plan-step.ts";
import { Random } from "./random.ts";
import { chaosText, NEWCOMER_MS, type StepRecord } from "./report-text.ts";

const PING_MS = 1_000;
const READY_MS = 60_000;
/** Descriptors that a healthy process may have more than at its start: a check or a dial under way. */
const DESCRIPTORS_SPARE = 4;
const PARTS = ["guard", "agent", "balancer"] as const;

/** Runs it, tells of each step, and gives the exit code: 0 all held, 1 something did not. */
export async function runChaos(plan: Plan, chaos: ChaosPlan): Promise<number> {
  mkdirSync(plan.out, { recursive: true });
  mkdirSync(TEMPORARY);
  process.env["TMPDIR"] = TEMPORARY;
  const before = await traces();
  const records: StepRecord[] = [];
  const logs = new Map<string, string>();
  console.log(
    `Seed ${chaos.seed}: repeat it by --chaos ${chaos.lastingMs / 1_000}s --seed ${chaos.seed}`,
  );
  let violation: unknown;
  try {
    await breakFor(plan, chaos, records, logs);
  } catch (error) {
    violation = error;
    for (const [host, text] of logs) writeFileSync(path.join(plan.out, `${host}.log`), text);
  }
  await endAll().catch((error: unknown) => (violation ??= error));
  const left = (await traces()).filter((trace) => !before.includes(trace));
  if (left.length > 0) violation ??= new Violation("left behind", left.join(", "));
  rmSync(TEMPORARY, { recursive: true, force: true });
  const text = chaosText(chaos, plan.devices, records, violation);
  writeFileSync(path.join(plan.out, "report.md"), text);
  console.log(`\n${text}\nThe report is in ${plan.out}`);
  return violation === undefined ? 0 : 1;
}

async function breakFor(
  plan: Plan,
  chaos: ChaosPlan,
  records: StepRecord[],
  logs: Map<string, string>,
): Promise<void> {
  const onOutput = (host: string, text: string): void => {
    logs.set(host, ((logs.get(host) ?? "") + text).slice(-LOG_CHARS_MAX));
  };
  const cluster = await Cluster.start({
    kinds: { lb1: "tandem", lb2: "tandem" },
    lan: { onOutput },
  });
  await Promise.all(NODE_NAMES.map((name) => cluster.member(name).prepared()));
  const wanted = await takeInventory(cluster);
  const descriptors = await countDescriptors(cluster);
  const probe = await Probe.start(cluster, NEWCOMER_MS);
  const fleet = await Fleet.start(cluster, plan.devices, PING_MS);
  const clients = { probe, fleet };
  await settle(cluster, clients, wanted);

  const random = new Random(chaos.seed);
  const file = path.join(plan.out, "records.jsonl");
  writeFileSync(file, "");
  const endMs = Date.now() + chaos.lastingMs;
  for (let step = 1; Date.now() < endMs; step += 1) {
    const drawn = drawStep(random);
    const atMs = Date.now();
    await carryOut(cluster, drawn);
    const settledMs = await settle(cluster, clients, wanted).catch((error: unknown) => {
      console.log(`#${step} ${stepText(drawn)}: ${String(error)}`);
      throw error;
    });
    const { lost, keptBroker } = fleet.since(atMs);
    const outageMs = Math.round(probe.longestGapMs(atMs, Date.now()));
    const what = stepText(drawn);
    const oneSided = await oneSidedCount(cluster);
    const figures = { outageMs, settledMs, lost: lost.length, keptBroker, oneSided };
    const record: StepRecord = { step, atMs, what, ...figures };
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
    console.log(
      `#${step} ${what}: outage ${outageMs} ms, whole ${settledMs} ms after it was mended, ` +
        `${lost.length} devices lost, ${keptBroker} of them with their broker again`,
    );
  }
  await probe.process.stop();
  await fleet.process.stop();
  await compareDescriptors(cluster, descriptors);
}

/** Where all temporary folders of a run are, so that one that is left is seen. Short: unix sockets have 107 bytes. */
const TEMPORARY = path.join(tmpdir(), `tdchaos-${process.pid}`);
const LOG_CHARS_MAX = 4 * 1024 * 1024;

type Descriptors = ReadonlyMap<string, number>;

async function countDescriptors(cluster: Cluster): Promise<Descriptors> {
  const counts = new Map<string, number>();
  await Promise.all(
    NODE_NAMES.flatMap((name) =>
      PARTS.map(async (part) => {
        counts.set(`${part} of ${name}`, await descriptorsOf(cluster, name, part));
      }),
    ),
  );
  return counts;
}

/** Clients have gone: as many descriptors as before they came. */
async function compareDescriptors(cluster: Cluster, wanted: Descriptors): Promise<void> {
  let found = "";
  await waitFor(
    async () => {
      const counts = await countDescriptors(cluster);
      found = [...wanted]
        .filter(([who, count]) => (counts.get(who) ?? 0) > count + DESCRIPTORS_SPARE)
        .map(([who, count]) => `${who} has ${counts.get(who) ?? 0}, had ${count}`)
        .join(", ");
      return found === "";
    },
    { timeoutMs: READY_MS, intervalMs: 1_000 },
  ).catch(() => {
    throw new Violation("descriptors", found);
  });
}

/** What of this process must not be left when all has ended. */
async function traces(): Promise<readonly string[]> {
  const namespaces = (await listNamespaces()).filter((name) => name.includes(`-${process.pid}-`));
  // Folders of temporary files are in one of our own, see below.
  const own = existsSync(TEMPORARY) ? readdirSync(TEMPORARY) : [];
  const children = await runToEnd({ command: "pgrep", args: ["-P", String(process.pid)] });
  const pids = children.stdout.split("\n").filter(Boolean);
  // The one that asks is among them.
  const processes = pids.length > 1 ? pids.map((pid) => `process ${pid}`) : [];
  return [...namespaces, ...own, ...processes];
}
