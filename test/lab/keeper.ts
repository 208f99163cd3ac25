// Keeps a lab up: `keeper.js NAME PLAN`. Everything of the lab is a child of this process or below one, and
// ends with it. SIGTERM takes the lab down.
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { endAll } from "../support/cleanup.ts";
import { Cluster } from "./cluster.ts";
import {
  folderOf,
  logFileOf,
  namespacePrefix,
  removeFiles,
  writePlan,
  writeState,
  type LabPlan,
} from "./state.ts";
import { plannedMachines, startMachines, type Machines } from "./vm/machines.ts";

/** Of each host's log; the one before is kept beside it. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

const plan = JSON.parse(process.argv[3] ?? "null") as LabPlan;
const folder = folderOf(plan.name);
const temporary = path.join(folder, "tmp");
mkdirSync(temporary, { recursive: true });
writePlan(plan);
// All files of the lab are in its folder: also those of programs that are killed.
process.env["TMPDIR"] = temporary;

function log(host: string, text: string): void {
  const file = logFileOf(plan.name, host);
  appendFileSync(file, text);
  if (statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
}

let isEnding = false;
async function end(code: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await endAll().catch((error: unknown) => console.error(error));
  removeFiles(plan.name);
  process.exit(code);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(0));
// The terminal that it was started from may be closed.
process.on("SIGHUP", () => undefined);

try {
  const options = {
    kinds: plan.kinds,
    brokers: plan.brokers,
    lan: { id: namespacePrefix(plan.name), onOutput: log },
  };
  const { vm } = plan;
  let machines: Machines | undefined;
  const cluster =
    vm === undefined
      ? await Cluster.start(options)
      : await startMachines(
          options,
          (of) => (machines = plannedMachines(plan.name, folder, vm, of)),
          (text) => process.send?.({ text }),
        );
  const namespaces = Object.fromEntries(
    cluster.lan.hosts.map(({ name, namespace }) => [name, namespace]),
  );
  writeState({
    ...plan,
    pid: process.pid,
    namespaces,
    ...(machines === undefined ? {} : { machines }),
  });
  process.send?.("up");
  process.disconnect();
  setInterval(() => undefined, 2 ** 30);
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.send?.(text, () => void end(1));
}
