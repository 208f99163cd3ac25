// What global_defs says about the agent's process: nice value, CPUs, memory.
import { spawnSync } from "node:child_process";
import os from "node:os";
import type { GlobalConfiguration } from "../config/model/configuration.ts";
import { PROCESS_SETTING_MS_MAX } from "../limits.ts";
import { loadNative, type Native } from "./native.ts";

/** What is set. */
export type ProcessSettings = Pick<
  GlobalConfiguration,
  "nice" | "cpuAffinity" | "isLockedInMemory"
>;

/**
 * Applies `vrrp_priority`, `vrrp_cpu_affinity` and `vrrp_no_swap` to this process. Gives what could not
 * be done, for people; never throws. `native`: the one that is built unless given.
 */
export function applyProcessSettings(
  settings: ProcessSettings,
  native: Native | undefined = loadNative(),
): readonly string[] {
  const { nice, cpuAffinity, isLockedInMemory } = settings;
  return [
    nice === undefined ? undefined : attempt("vrrp_priority", () => os.setPriority(nice)),
    cpuAffinity.length === 0
      ? undefined
      : attempt("vrrp_cpu_affinity", () => setAffinity(cpuAffinity)),
    isLockedInMemory ? attempt("vrrp_no_swap", () => lock(native)) : undefined,
  ].filter((problem) => problem !== undefined);
}

function attempt(keyword: string, run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return `${keyword} has no effect: ${(error as Error).message}`;
  }
}

/** taskset(1), all threads. */
function setAffinity(cpus: readonly number[]): void {
  const args = ["--all-tasks", "--cpu-list", "--pid", cpus.join(","), String(process.pid)];
  const result = spawnSync("taskset", args, { encoding: "utf8", timeout: PROCESS_SETTING_MS_MAX });
  if (result.error !== undefined) throw new Error(`taskset: ${result.error.message}`);
  if (result.status !== 0) throw new Error(result.stderr.trim());
}

function lock(native: Native | undefined): void {
  if (native === undefined)
    throw new Error("the native part is not built: run scripts/build-native");
  native.lockMemory();
}
