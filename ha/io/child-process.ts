// One run of a child: its process and the pipe to it.
//
// The child leads a process group of its own. When it dies badly the whole group is killed, so that
// no program that it had started finishes what its will is about to undo.
import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { LIFE_BEAT_MS, LIFE_BEAT_VARIABLE, LIFE_FD_VARIABLE } from "../../src/base/life.ts";
import { LineReader } from "../../src/base/line-reader.ts";
import { LIFE_DRAIN_MS, LIFE_QUEUE_BYTES_MAX } from "../limits.ts";

/** A program to start as a child. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of the guard. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What is heard of a run. */
export interface ChildListener {
  /** A line that the child wrote to its pipe. */
  onLine(line: string): void;
  /** Called once, after the last line. */
  onEnded(code: number | null, signal: string | null): void;
  /** It could not be started; `onEnded` follows. */
  onStartFailure(problem: string): void;
}

/** The descriptor that a child finds its pipe at. */
const LIFE_FD = 3;

/** Variables that speak of the guard's own process, or would let a child speak for it. */
const OWN_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS"];

/** The status that shells give for a program that could not be started. */
const NOT_STARTED_STATUS = 127;

/** A running child. */
export class ChildRun {
  readonly #child: ChildProcess | undefined;
  readonly #pipe: Socket | undefined;
  readonly #lines: LineReader;
  readonly #listener: ChildListener;
  #hasExited = false;
  #isOver = false;

  /**
   * Starts the child; `prefix` is put before the command. With `stdin` as a pipe it may wait there to
   * be woken. Does not throw: see `ChildListener`.
   */
  constructor(
    command: ChildCommand,
    prefix: readonly string[],
    lineCharsMax: number,
    listener: ChildListener,
    stdin: "ignore" | "pipe" = "ignore",
  ) {
    this.#lines = new LineReader(lineCharsMax);
    this.#listener = listener;
    const [file, ...args] = [...prefix, command.command, ...command.args];
    try {
      this.#child = spawn(file!, args, {
        env: childEnvironment(command),
        detached: true,
        stdio: [stdin, "inherit", "inherit", "pipe"],
      });
    } catch (error) {
      queueMicrotask(() => this.#failToStart(file!, error as Error));
      return;
    }
    this.#child.once("error", (error) => this.#failToStart(file!, error));
    this.#child.once("exit", (code, signal) => this.#onExit(code, signal));
    this.#pipe = this.#child.stdio[LIFE_FD] as Socket;
    this.#pipe.setEncoding("utf8");
    this.#pipe.on("data", (text: string) => this.#onText(text));
    // A broken pipe is followed by the end of the process, or by its silence.
    this.#pipe.on("error", () => undefined);
    this.#child.stdin?.on("error", () => undefined);
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Lets a child go on that waits for a byte on its stdin. */
  wake(): void {
    this.#child?.stdin?.end("\n");
  }

  /** Writes a line, its end included; dropped when the child does not read. */
  send(line: string): void {
    const pipe = this.#pipe;
    if (pipe === undefined || !pipe.writable) return;
    if (pipe.writableLength + line.length <= LIFE_QUEUE_BYTES_MAX) pipe.write(line);
  }

  /** A line that is worth nothing unless it is read now. */
  sendIfRead(line: string): void {
    if (this.#pipe?.writableLength === 0) this.send(line);
  }

  /** Sends a signal; nothing once the process has ended. SIGKILL goes to its whole group. */
  signal(signal: NodeJS.Signals | number): void {
    const { pid } = this;
    if (pid === undefined || this.#hasExited) return;
    if (signal === "SIGKILL") kill(-pid, signal);
    kill(pid, signal);
  }

  #failToStart(file: string, error: Error): void {
    // Also the event of a kill that failed; then the process is there.
    if (this.pid !== undefined) return;
    this.#listener.onStartFailure(
      `"${file}" cannot be started (${error.message}): see that it is installed and may be executed`,
    );
    this.#end(NOT_STARTED_STATUS, null);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#hasExited = true;
    if (code !== 0) kill(-this.pid!, "SIGKILL");
    const pipe = this.#pipe!;
    // What it wrote last counts: its will may be among it.
    if (pipe.readableEnded || pipe.destroyed) {
      this.#end(code, signal);
      return;
    }
    const end = (): void => this.#end(code, signal);
    pipe.once("end", end);
    pipe.once("close", end);
    setTimeout(end, LIFE_DRAIN_MS);
  }

  #onText(text: string): void {
    for (const line of this.#lines.push(text)) {
      if (!this.#isOver) this.#listener.onLine(line);
    }
  }

  #end(code: number | null, signal: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pipe?.destroy();
    this.#listener.onEnded(code, signal);
  }
}

function childEnvironment(command: ChildCommand): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...command.env,
    [LIFE_FD_VARIABLE]: String(LIFE_FD),
    [LIFE_BEAT_VARIABLE]: String(LIFE_BEAT_MS),
  };
  for (const variable of OWN_VARIABLES) Reflect.deleteProperty(environment, variable);
  return environment;
}

function kill(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone, which is what most signals want.
  }
}
