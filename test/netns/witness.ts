// Tells what the machine took from everybody (a hypervisor, the kernel's bound for real-time tasks)
// from what a program did to itself: a witness of the highest priority on each CPU.
import { availableParallelism } from "node:os";
import path from "node:path";
import { has } from "../support/programs.ts";
import { runToEnd, startProcess, type RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";

/** A time in which a CPU served nobody, as far as its witness can tell. */
export interface Stall {
  /** Its end, wall clock, ms. */
  readonly untilMs: number;
  readonly lengthMs: number;
}

/** Whether witnesses can be had. */
export const hasWitness = has("cc");

/** One on each CPU. */
export class Witnesses {
  readonly #processes: readonly RunningProcess[];

  private constructor(processes: readonly RunningProcess[]) {
    this.#processes = processes;
  }

  /** `leastMs`: stalls that are shorter are not told. */
  static async start(leastMs: number): Promise<Witnesses> {
    const program = path.join(tempDir(), "witness");
    const source = path.join(REPOSITORY_DIR, "test", "netns", "programs", "witness.c");
    const compiled = await runToEnd({ command: "cc", args: ["-O2", "-o", program, source] });
    if (compiled.code !== 0) throw new Error(compiled.stderr);
    const processes: RunningProcess[] = [];
    for (let cpu = 0; cpu < availableParallelism(); cpu++) {
      processes.push(
        await startProcess({
          command: program,
          args: [String(cpu), String(leastMs)],
          ready: /ready/,
        }),
      );
    }
    return new Witnesses(processes);
  }

  /** All stalls so far. */
  stalls(): readonly Stall[] {
    return this.#processes.flatMap((running) =>
      Array.from(running.stdout().matchAll(/^([\d.]+) ([\d.]+)$/gm), (match) => ({
        untilMs: Number(match[1]),
        lengthMs: Number(match[2]),
      })),
    );
  }
}
