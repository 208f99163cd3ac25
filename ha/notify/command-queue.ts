// Notify commands, strictly one after the other.
import type { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentEffect } from "../agent/agent-events.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import { NOTIFY_QUEUE_MAX, NOTIFY_RUN_MS_MAX, SCRIPT_LOST_AFTER_MS } from "../limits.ts";

type QueueEffect = Extract<AgentEffect, { kind: "notify" | "log" }>;

interface Waiting {
  readonly command: NotifyCommand;
  readonly arguments: readonly string[];
}

/** See the head of this file. */
export class CommandQueue {
  readonly #effects: Pick<EffectQueue<QueueEffect>, "push">;
  #waiting: Waiting[] = [];
  #running: { readonly id: number; readonly what: Waiting; readonly lostAtMs: Millis } | undefined;
  #lastId = 0;

  constructor(effects: Pick<EffectQueue<QueueEffect>, "push">) {
    this.#effects = effects;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** Runs it when all that were added before have ended. */
  add(command: NotifyCommand, words: readonly string[], nowMs: Millis): void {
    this.#waiting.push({ command, arguments: words });
    if (this.#waiting.length > NOTIFY_QUEUE_MAX) {
      const dropped = this.#waiting.shift()!;
      this.#log(
        "error",
        `Dropped the notify command "${textOf(dropped)}": ${NOTIFY_QUEUE_MAX} others wait behind ` +
          "the one that runs. Let it end sooner, or start what takes long in the background",
      );
    }
    this.#next(nowMs);
  }

  /** The command of this id has ended; `problem` says how when not well. */
  ended(id: number, problem: string | undefined, nowMs: Millis): void {
    if (this.#running?.id !== id) return;
    if (problem !== undefined) {
      const command = textOf(this.#running.what);
      this.#effects.push({
        kind: "log",
        level: "warning",
        text: `Notify command "${command}": ${problem}`,
        event: { kind: "notify.failed", subject: command, cause: problem },
      });
    }
    this.#running = undefined;
    this.#next(nowMs);
  }

  /** Goes on without a command of whose end nobody has told. */
  tick(nowMs: Millis): void {
    if (this.#running === undefined || nowMs < this.#running.lostAtMs) return;
    this.ended(this.#running.id, "nothing was heard of its end", nowMs);
  }

  nextTimeout(): Millis | undefined {
    return this.#running?.lostAtMs;
  }

  #next(nowMs: Millis): void {
    if (this.#running !== undefined) return;
    const what = this.#waiting.shift();
    if (what === undefined) return;
    this.#lastId += 1;
    const id = this.#lastId;
    // Whoever runs it ends it after NOTIFY_RUN_MS_MAX and tells.
    this.#running = { id, what, lostAtMs: nowMs + NOTIFY_RUN_MS_MAX + SCRIPT_LOST_AFTER_MS };
    this.#effects.push({ kind: "notify", id, ...what });
  }

  #log(level: "error", text: string): void {
    this.#effects.push({ kind: "log", level, text });
  }
}

function textOf({ command, arguments: words }: Waiting): string {
  return [...command.words, ...words].join(" ");
}
