// Runs the scripts that the tracker asks for.
import type { Millis } from "../../src/base/units.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import { SCRIPTS_RUNNING_MAX } from "../limits.ts";
import type { ScriptOutcome } from "../track/track-events.ts";
import type { ScriptLauncher } from "./script-launcher.ts";
import type { ScriptProcess } from "./script-process.ts";

/** A run that the tracker asked for. */
export interface ScriptRequest {
  readonly script: string;
  readonly command: NotifyCommand;
  readonly timeoutMs: Millis;
}

/**
 * At most one run of a script at a time, and a bounded number of all together. A script that timed
 * out and is still dying delays its next run until it has gone.
 */
export class ScriptRunner {
  readonly #launcher: ScriptLauncher;
  readonly #onEnded: (script: string, outcome: ScriptOutcome) => void;
  readonly #running = new Map<string, ScriptProcess | undefined>();
  /** By script: the latest request only, in the order of the first. */
  readonly #waiting = new Map<string, ScriptRequest>();
  #isClosed = false;

  constructor(launcher: ScriptLauncher, onEnded: (script: string, outcome: ScriptOutcome) => void) {
    this.#launcher = launcher;
    this.#onEnded = onEnded;
  }

  /** Its end is told by `onEnded`, never within this call. */
  run(request: ScriptRequest): void {
    if (this.#isClosed) return;
    this.#waiting.set(request.script, request);
    this.#startWaiting();
  }

  /** Ends what runs; nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    for (const running of this.#running.values()) running?.stop();
  }

  #startWaiting(): void {
    for (const [script, request] of this.#waiting) {
      if (this.#running.size >= SCRIPTS_RUNNING_MAX) return;
      if (this.#running.has(script)) continue;
      this.#waiting.delete(script);
      this.#start(request);
    }
  }

  #start({ script, command, timeoutMs }: ScriptRequest): void {
    this.#running.set(script, undefined);
    const started = this.#launcher.launch(
      command,
      [],
      timeoutMs,
      (outcome) => {
        if (!this.#isClosed) this.#onEnded(script, outcome);
      },
      () => {
        this.#running.delete(script);
        this.#startWaiting();
      },
    );
    this.#running.set(script, started);
  }
}
