// What the kernel says of silent processes, asked of this kernel.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { monotonicMs } from "../../ha/io/clock.ts";
import { ProcessInspector } from "../../ha/io/process-inspect.ts";
import { readSchedstat } from "../../ha/supervise/proc-text.ts";
import { has, skipNote } from "../support/programs.ts";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { waitFor } from "../support/wait-for.ts";
import { existsSync, readFileSync } from "node:fs";

const hasSchedstat =
  existsSync("/proc/self/schedstat") &&
  readSchedstat(readFileSync("/proc/self/schedstat", "utf8")) !== undefined;

function shell(script: string): Promise<RunningProcess> {
  return startProcess({ command: "sh", args: ["-c", script] });
}

describe("process inspection", () => {
  test("a stopped process", async () => {
    const sleeper = await shell("exec sleep 60");
    const inspector = new ProcessInspector(sleeper.pid);
    expect(inspector.inspect().isStopped).toBe(false);
    process.kill(sleeper.pid, "SIGSTOP");
    await waitFor(() => inspector.inspect().isStopped);
  });

  test("a sleeping process has waited for nothing", async () => {
    const sleeper = await shell("exec sleep 60");
    const inspector = new ProcessInspector(sleeper.pid);
    await sleep(200);
    expect(inspector.inspect().waitedForCpuMs).toBeLessThan(100);
  });

  test.skipIf(!has("taskset") || !hasSchedstat)(
    `a process that shares one CPU waited for it, one that ends gets no excuse${skipNote("taskset")}`,
    async () => {
      // At the lowest priority beside one of the highest that this user may use: it hardly runs.
      const loop = "while :; do :; done";
      const bully = await startProcess({ command: "taskset", args: ["-c", "0", "sh", "-c", loop] });
      const starved = await startProcess({
        command: "taskset",
        args: ["-c", "0", "nice", "-n", "19", "sh", "-c", loop],
      });
      const inspector = new ProcessInspector(starved.pid);
      const beganMs = monotonicMs();
      await sleep(1_500);
      const { waitedForCpuMs, isStopped } = inspector.inspect();
      const passedMs = monotonicMs() - beganMs;
      expect(isStopped).toBe(false);
      expect(waitedForCpuMs / passedMs).toBeGreaterThan(0.7);
      expect(waitedForCpuMs).toBeLessThanOrEqual(passedMs + 50);
      await starved.stop();
      await bully.stop();
      expect(inspector.inspect()).toEqual({ waitedForCpuMs: 0, isStopped: false });
    },
  );

  test("a process that spins with a CPU of its own has hardly waited", async () => {
    const spinner = await shell("while :; do :; done");
    const inspector = new ProcessInspector(spinner.pid);
    const ran = (): number =>
      readSchedstat(readFileSync(`/proc/${spinner.pid}/schedstat`, "utf8"))!.ranMs;
    const before = { atMs: monotonicMs(), ranMs: ran() };
    await sleep(500);
    const { waitedForCpuMs } = inspector.inspect();
    const passedMs = monotonicMs() - before.atMs;
    // Whatever else this machine does: what it did not wait, it ran.
    expect(waitedForCpuMs + ran() - before.ranMs).toBeLessThan(passedMs + 60);
    expect(waitedForCpuMs + ran() - before.ranMs).toBeGreaterThan(passedMs - 120);
  });
});
