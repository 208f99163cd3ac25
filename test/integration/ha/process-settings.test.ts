// Each setting is applied to a process of its own: the one of the tests stays as it is.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { applyProcessSettings } from "../../../ha/io/process-settings.ts";
import { compileProgram } from "../../support/compiled.ts";
import { has, skipNote } from "../../support/programs.ts";
import { startProcess } from "../../support/process.ts";

test.skipIf(!has("taskset"))(
  `a nice value, CPUs and locked memory are really set${skipNote("taskset")}`,
  async () => {
    const program = compileProgram("test/support/settled-process.ts");
    const settled = await startProcess({
      command: process.execPath,
      args: [program, JSON.stringify({ nice: 7, cpuAffinity: [0], isLockedInMemory: true })],
      ready: /\[/,
    });
    expect(JSON.parse(settled.stdout())).toEqual([]);
    const stat = readFileSync(`/proc/${settled.pid}/stat`, "latin1");
    // proc_pid_stat(5), field 19.
    expect(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19 - 3])).toBe(7);
    const status = readFileSync(`/proc/${settled.pid}/status`, "latin1");
    expect(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]).toBe("0");
    expect(Number(/^VmLck:\s*(\d+) kB$/m.exec(status)![1])).toBeGreaterThan(0);
  },
);

test("what cannot be done is named by its keyword, and does nothing to the rest", () => {
  const settings = { nice: undefined, cpuAffinity: [8_190], isLockedInMemory: true };
  const native = {
    lockMemory: () => {
      throw new Error("ENOMEM");
    },
  } as unknown as Parameters<typeof applyProcessSettings>[1];
  const [affinity, memory, ...more] = applyProcessSettings(settings, native);
  expect(affinity).toMatch(/^vrrp_cpu_affinity has no effect: ./);
  expect(memory).toBe("vrrp_no_swap has no effect: ENOMEM");
  expect(more).toEqual([]);
});
