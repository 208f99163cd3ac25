// A balancer in reserve as a process: it loads its program while nobody else needs the CPU, then waits
// for a byte on its stdin. The end of stdin, which is also the end of this process, ends it.
import { BALANCER_LINE_CHARS_MAX, RESERVE_NICE } from "../limits.ts";
import { ChildRun, type ChildCommand, type ChildListener } from "./child-process.ts";
import { giveWay } from "./niceness.ts";
import { processState } from "./process-inspect.ts";

/** What is heard of a process that was not woken. */
export type ReserveListener = Pick<ChildListener, "onEnded" | "onStartFailure">;

/** See the head of this file. */
export class ReserveProcess {
  readonly #run: ChildRun;
  readonly #setBack: (() => boolean) | undefined;
  #listener: ChildListener;

  /** Starts it. Does not throw: see `ChildListener`. */
  constructor(command: ChildCommand, listener: ReserveListener) {
    // What it might say before it is woken concerns nobody.
    this.#listener = {
      onLine: () => undefined,
      onStartFailure: (problem) => listener.onStartFailure(problem),
      onEnded: (code, signal) => listener.onEnded(code, signal),
    };
    const forward: ChildListener = {
      onLine: (line) => this.#listener.onLine(line),
      onStartFailure: (problem) => this.#listener.onStartFailure(problem),
      onEnded: (code, signal) => this.#listener.onEnded(code, signal),
    };
    this.#run = new ChildRun(command, [], BALANCER_LINE_CHARS_MAX, forward, "pipe");
    this.#setBack = this.pid === undefined ? undefined : giveWay(this.pid, RESERVE_NICE);
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#run.pid;
  }

  /**
   * Makes it a balancer that is heard by `listener`. `undefined` when it is of no use, because it has
   * ended, is stopped (proc(5), state T), or would remain less urgent than others: then it is ended.
   */
  wake(listener: ChildListener): ChildRun | undefined {
    const state = this.pid === undefined ? undefined : processState(this.pid);
    const isUsable = state !== undefined && !/[TtZXx]/.test(state);
    if (!isUsable || this.#setBack?.() === false) {
      this.end();
      return undefined;
    }
    this.#listener = listener;
    this.#run.wake();
    return this.#run;
  }

  /** Ends it at once: it holds nothing that could be lost. */
  end(): void {
    this.#run.signal("SIGKILL");
  }
}
