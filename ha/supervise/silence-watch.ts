// How long a child may say nothing. Silence alone proves little: a process that waits for a CPU
// cannot beat, and one that watches while it is itself held up hears nothing. So the kernel is asked
// before a verdict, and what the watcher slept itself is taken off.
import type { Millis } from "../../src/base/units.ts";
import {
  INSPECT_ANSWER_MS,
  INSPECT_AGAIN_MS,
  OWN_STALL_MS,
  OWN_STALL_GRACE_MS,
} from "../limits.ts";

/** What the kernel says of a silent child. */
export interface Inspection {
  /** Since its last beat. */
  readonly waitedForCpuMs: Millis;
  /** By SIGSTOP or its like (proc(5), state T). */
  readonly isStopped: boolean;
}

/** Why a child is held to hang. */
export type SilenceVerdict = "stopped" | "silent";

/** Watches the beats of one run. */
export class SilenceWatch {
  #timeoutMs: Millis;
  /** The last beat, moved on by what the watcher missed. */
  #heardMs: Millis;
  #lookAtMs: Millis;
  /** Set while the kernel is being asked: when to go on without its answer. */
  #answerDueMs: Millis | undefined;

  constructor(timeoutMs: Millis, nowMs: Millis) {
    this.#timeoutMs = timeoutMs;
    this.#heardMs = nowMs;
    this.#lookAtMs = nowMs + timeoutMs / 2;
  }

  /** When `look` is due. */
  get dueMs(): Millis {
    return this.#answerDueMs ?? this.#lookAtMs;
  }

  /** A beat has come. */
  heard(nowMs: Millis): void {
    this.#heardMs = nowMs;
    // Half-way, because a stopped process need not be waited for.
    this.#lookAtMs = nowMs + this.#timeoutMs / 2;
    this.#answerDueMs = undefined;
  }

  /** Another timeout, from now on. */
  retune(timeoutMs: Millis): void {
    this.#timeoutMs = timeoutMs;
  }

  /** Its time has come: `inspect` when the kernel is to be asked, or the verdict without its answer. */
  look(nowMs: Millis): "inspect" | SilenceVerdict | undefined {
    if (nowMs < this.dueMs) return undefined;
    if (this.#answerDueMs !== undefined) {
      return this.inspected({ waitedForCpuMs: 0, isStopped: false }, nowMs);
    }
    this.#answerDueMs = nowMs + INSPECT_ANSWER_MS;
    return "inspect";
  }

  /** The kernel's answer; one that nobody waits for is ignored. */
  inspected(inspection: Inspection, nowMs: Millis): SilenceVerdict | undefined {
    if (this.#answerDueMs === undefined) return undefined;
    this.#answerDueMs = undefined;
    if (inspection.isStopped) return "stopped";
    const silentMs = nowMs - this.#heardMs - inspection.waitedForCpuMs;
    if (silentMs >= this.#timeoutMs) return "silent";
    this.#lookAtMs = nowMs + Math.max(this.#timeoutMs - silentMs, INSPECT_AGAIN_MS);
    return undefined;
  }

  /** How long nothing was heard, own stalls taken off. */
  silentMs(nowMs: Millis): Millis {
    return nowMs - this.#heardMs;
  }

  /** The watcher itself was held up for `lateMs`: that is nobody's silence. */
  shift(lateMs: Millis, nowMs: Millis): void {
    this.#heardMs += lateMs;
    this.#lookAtMs += lateMs;
    if (this.#answerDueMs !== undefined) this.#answerDueMs += lateMs;
    if (lateMs < OWN_STALL_MS) return;
    // What held this process up may have held the child up as well, and its beats may still lie in
    // the pipe: it gets time to be heard.
    const graceMs = Math.min(OWN_STALL_GRACE_MS, this.#timeoutMs);
    this.#answerDueMs = undefined;
    this.#lookAtMs = Math.max(this.#lookAtMs, nowMs + graceMs);
  }
}
