// One run of a script, in a process group of its own, with a time limit.
import { spawn, type ChildProcess } from "node:child_process";
import type { Millis } from "../../src/base/units.ts";
import { SCRIPT_KILL_AFTER_MS } from "../limits.ts";
import type { ScriptOutcome } from "../track/track-events.ts";
import type { ScriptIdentity } from "./script-identity.ts";

/** What to run. */
export interface ScriptRun {
  readonly words: readonly string[];
  /** `undefined`: as this process. */
  readonly identity: ScriptIdentity | undefined;
  /** `undefined`: no limit. */
  readonly timeoutMs: Millis | undefined;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Variables that belong to this process and its guard. */
const OWN_VARIABLES =
  /^(?:TANDEM_.*|NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID|LISTEN_FDS|LISTEN_PID|LISTEN_FDNAMES)$/;

/**
 * Runs it. `onOutcome` is called once, at the end or as soon as the time is up; `onGone` once, after
 * it, when the process is there no more. Output is discarded, as by Keepalived. After the time limit
 * the group gets SIGTERM, and SIGKILL 2 s later or when its leader has gone.
 */
export class ScriptProcess {
  readonly #onOutcome: (outcome: ScriptOutcome) => void;
  readonly #onGone: () => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasOutcome = false;
  #isStopping = false;
  #isGone = false;

  constructor(run: ScriptRun, onOutcome: (outcome: ScriptOutcome) => void, onGone: () => void) {
    this.#onOutcome = onOutcome;
    this.#onGone = onGone;
    const [file = "", ...args] = run.words;
    try {
      this.#child = spawn(file, args, {
        stdio: "ignore",
        detached: true,
        env: { ...scriptEnvironment(), ...run.environment },
        ...run.identity,
      });
    } catch (error) {
      // Nobody shall hear of it before the constructor has returned.
      setImmediate(() => this.#failed(error as Error));
      return;
    }
    this.#child.once("error", (error) => this.#failed(error));
    this.#child.once("exit", (code, signal) => this.#exited(code, signal));
    if (run.timeoutMs === undefined || this.#child.pid === undefined) return;
    this.#timer = setTimeout(() => this.#onTimeout(), run.timeoutMs);
  }

  /** Ends it and all that it started: SIGTERM, then SIGKILL. */
  stop(): void {
    if (this.#isGone || this.#child?.pid === undefined) return;
    this.#isStopping = true;
    this.#signal("SIGTERM");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#signal("SIGKILL"), SCRIPT_KILL_AFTER_MS);
  }

  #onTimeout(): void {
    this.#tell({ kind: "timed-out" });
    this.stop();
  }

  #failed(error: Error): void {
    if (this.#child?.pid !== undefined) return;
    this.#tell({ kind: "failed-to-start", message: error.message });
    this.#end();
  }

  #exited(code: number | null, signal: string | null): void {
    // What a stopped script has started in its group must not go on without it. A script that
    // ended in time may leave a program behind: some start the service that they look for.
    if (this.#isStopping) this.#signal("SIGKILL");
    this.#tell(
      signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signalled", signal },
    );
    this.#end();
  }

  #tell(outcome: ScriptOutcome): void {
    if (this.#hasOutcome) return;
    this.#hasOutcome = true;
    this.#onOutcome(outcome);
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#onGone();
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has gone.
    }
  }
}

/** The environment of this process, without what is only its own. */
function scriptEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.test(name));
  return Object.fromEntries(kept);
}
