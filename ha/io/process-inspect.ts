// What the kernel says of a child that is silent: stopped, waiting for a CPU, or neither.
import { readFileSync } from "node:fs";
import type { Millis } from "../../src/base/units.ts";
import { LIFE_BEAT_MS } from "../../src/base/life.ts";
import { readSchedstat, readState, type CpuTimes } from "../supervise/proc-text.ts";
import type { Inspection } from "../supervise/silence-watch.ts";
import { monotonicMs } from "./clock.ts";

/** Samples one process at its beats, and looks at it when it is silent. */
export class ProcessInspector {
  readonly #pid: number;
  #beat: { readonly atMs: Millis; readonly times: CpuTimes } | undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.beat();
  }

  /** Notes where the process stands when it beats. */
  beat(): void {
    const times = this.#times();
    this.#beat = times === undefined ? undefined : { atMs: monotonicMs(), times };
  }

  /**
   * How it did since its last beat, where one is due every `beatMs`. A process of which nothing can be
   * learnt has no excuse.
   */
  inspect(beatMs: Millis = LIFE_BEAT_MS): Inspection {
    const state = processState(this.#pid);
    const times = this.#times();
    const isStopped = state === "T";
    if (times === undefined || this.#beat === undefined) return { waitedForCpuMs: 0, isStopped };
    const { atMs, times: before } = this.#beat;
    const waitedMs = times.waitedMs - before.waitedMs;
    const ranMs = times.ranMs - before.ranMs;
    // A wait is counted when it ends. In a process that waits right now, time that is not accounted
    // for is this wait, but for the sleep before its next beat was due.
    const unknownMs = monotonicMs() - atMs - waitedMs - ranMs - beatMs;
    const waitingMs = state === "R" ? Math.max(0, unknownMs) : 0;
    return { waitedForCpuMs: waitedMs + waitingMs, isStopped };
  }

  #times(): CpuTimes | undefined {
    return readSchedstat(read(`/proc/${this.#pid}/schedstat`) ?? "");
  }
}

/** The letter of a process's state (proc(5)); `undefined` when there is no such process. */
export function processState(pid: number): string | undefined {
  return readState(read(`/proc/${pid}/stat`) ?? "");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
