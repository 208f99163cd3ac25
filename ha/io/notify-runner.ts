// Runs notify commands, and startup and shutdown scripts, which are asked for one at a time.
import type { Millis } from "../../src/base/units.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import { NOTIFY_RUN_MS_MAX } from "../limits.ts";
import type { ScriptOutcome } from "../track/track-events.ts";
import type { ScriptLauncher } from "./script-launcher.ts";
import type { ScriptProcess } from "./script-process.ts";

/** Tells of each command's end. */
export class NotifyRunner {
  readonly #launcher: ScriptLauncher;
  readonly #running = new Set<ScriptProcess>();

  constructor(launcher: ScriptLauncher) {
    this.#launcher = launcher;
  }

  /**
   * Runs a command with further arguments and variables. Resolves to what went wrong, or `undefined`, when it has
   * ended, or when its time (default 30 s) is up: then it is ended. Never rejects.
   */
  run(
    command: NotifyCommand,
    words: readonly string[] = [],
    timeoutMs: Millis = NOTIFY_RUN_MS_MAX,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string | undefined> {
    return new Promise((resolve) => {
      let outcome: ScriptOutcome | undefined;
      const process = this.#launcher.launch(
        command,
        words,
        timeoutMs,
        (known) => {
          outcome = known;
        },
        () => {
          if (process !== undefined) this.#running.delete(process);
          resolve(problemOf(outcome, timeoutMs));
        },
        environment,
      );
      if (process !== undefined) this.#running.add(process);
    });
  }

  /** Ends what runs. */
  close(): void {
    for (const process of this.#running) process.stop();
  }
}

function problemOf(outcome: ScriptOutcome | undefined, timeoutMs: Millis): string | undefined {
  switch (outcome?.kind) {
    case "exited":
      return outcome.code === 0 ? undefined : `exited with status ${outcome.code}`;
    case "signalled":
      return `ended by ${outcome.signal}`;
    case "timed-out":
      return `ran longer than ${timeoutMs / 1000} s and was ended`;
    case "failed-to-start":
      return `could not be started: ${outcome.message}`;
    case undefined:
      return "ended without a word";
  }
}
