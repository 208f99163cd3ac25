import { spawn, type ChildProcessByStdio } from "node:child_process";
import path from "node:path";
import type { Readable } from "node:stream";
import { endLater } from "./cleanup.ts";
import { findProgram, requireProgram } from "./programs.ts";
import { waitFor } from "./wait-for.ts";

/** How a process ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start, and how to see that it is ready. */
export interface ProcessOptions {
  /** A path, or a name to look for in the PATH and the system folders. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** A line of its output, or a probe that turns true. Without it the process is ready at once. */
  readonly ready?: RegExp | ((process: RunningProcess) => boolean | Promise<boolean>);
  /** Default 10,000 ms. */
  readonly readyTimeoutMs?: number;
  /** How long `stop()` waits after SIGTERM before it sends SIGKILL. Default 2,000 ms. */
  readonly stopTimeoutMs?: number;
  /** Is called with what it prints, both streams. */
  readonly onOutput?: (text: string) => void;
}

/** Sends a signal to a process that may be gone by now. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The end of one process may have ended another.
  }
}

/** The most output that is kept of each stream, characters: the end of it. */
const OUTPUT_CHARS_MAX = 4 * 1024 * 1024;

/** A child process. It ends with the test, and with the process of the tests in any case. */
export class RunningProcess {
  readonly pid: number;
  /** Settles when the process is gone and its output is complete. */
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #stopTimeoutMs: number;
  #stdout = "";
  #stderr = "";
  #status: ExitStatus | undefined;

  constructor(options: ProcessOptions) {
    const [file, args] = withDeathSignal(options);
    this.#child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Node reports a program that cannot be started once more, later, as an event.
    this.#child.on("error", () => undefined);
    if (this.#child.pid === undefined) throw new Error(`"${file}" could not be started`);
    this.pid = this.#child.pid;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 2_000;
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-OUTPUT_CHARS_MAX);
      options.onOutput?.(text);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-OUTPUT_CHARS_MAX);
      options.onOutput?.(text);
    });
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#status = { code, signal };
        resolve(this.#status);
      });
    });
  }

  stdout(): string {
    return this.#stdout;
  }

  stderr(): string {
    return this.#stderr;
  }

  /** Both streams, for matching and for error messages. */
  output(): string {
    return this.#stdout + this.#stderr;
  }

  /** `undefined` while it runs. */
  status(): ExitStatus | undefined {
    return this.#status;
  }

  /** Waits for output that matches; rejects when the process ends or the time is up before. */
  async waitForOutput(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    return waitFor(
      () => {
        const match = pattern.exec(this.output());
        if (match === null && this.#status !== undefined) throw this.#failure("ended");
        return match ?? undefined;
      },
      { timeoutMs, what: () => `output matching ${String(pattern)}, got: ${this.output()}` },
    );
  }

  /** Sends a signal to this process alone. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (this.#status === undefined) this.#child.kill(signal);
  }

  /** SIGTERM, then SIGKILL when it does not go. Resolves once it is gone. */
  async stop(): Promise<ExitStatus> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), this.#stopTimeoutMs);
    // A stopped (SIGSTOP) process takes SIGTERM only when it continues.
    this.kill("SIGCONT");
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until `ready` holds; rejects with the output when the process ends before. */
  async waitUntilReady(ready: ProcessOptions["ready"], timeoutMs: number): Promise<void> {
    const probe = ready instanceof RegExp ? () => ready.test(this.output()) : ready;
    if (probe === undefined) return;
    await waitFor(
      async () => {
        if (this.#status !== undefined) throw this.#failure("ended before it was ready");
        return probe(this);
      },
      { timeoutMs, what: () => `process ${this.pid} to be ready, its output: ${this.output()}` },
    );
  }

  #failure(what: string): Error {
    const status = JSON.stringify(this.#status);
    return new Error(`Process ${this.pid} ${what} (${status}), its output: ${this.output()}`);
  }
}

/** Starts a process and waits until it is ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const running = new RunningProcess(options);
  endLater(async () => {
    await running.stop();
  });
  await running.waitUntilReady(options.ready, options.readyTimeoutMs ?? 10_000);
  return running;
}

/** Runs a command to its end; for programs that do one thing and exit. */
export async function runToEnd(
  options: Omit<ProcessOptions, "ready">,
): Promise<ExitStatus & { readonly stdout: string; readonly stderr: string }> {
  const running = await startProcess(options);
  const status = await running.exited;
  return { ...status, stdout: running.stdout(), stderr: running.stderr() };
}

/**
 * `setpriv` asks the kernel to kill the process when its parent dies, then becomes the command (the
 * pid stays): nothing is left behind even when the tests themselves are killed.
 */
function withDeathSignal(options: ProcessOptions): [file: string, args: string[]] {
  const { command, args = [] } = options;
  const file = command.includes(path.sep) ? command : requireProgram(command);
  const setpriv = findProgram("setpriv");
  if (setpriv === undefined) return [file, [...args]];
  return [setpriv, ["--pdeathsig", "KILL", "--", file, ...args]];
}
