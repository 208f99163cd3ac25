// A named pipe that takes notices, and the program that reads them.
import { execFile } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { promisify } from "node:util";
import { isDeepStrictEqual } from "node:util";
import type { FifoConfiguration } from "../config/model/configuration.ts";
import { FIFO_QUEUE_MAX, FIFO_SCRIPT_GRACE_MS, FIFO_SCRIPT_RESTART_MS } from "../limits.ts";
import { monotonicMs } from "./clock.ts";
import type { ScriptLauncher } from "./script-launcher.ts";
import type { ScriptProcess } from "./script-process.ts";

/** Where a FIFO's troubles are told. */
export type FifoLog = (level: "info" | "warning" | "error", text: string) => void;

const MODE = "600";

/** See the head of this file. */
export class Fifo {
  readonly configuration: FifoConfiguration;
  readonly #launcher: ScriptLauncher;
  readonly #log: FifoLog;
  readonly #ready: Promise<void>;
  #fd: number | undefined;
  /** Lines from before the pipe was open. */
  #early: string[] | undefined = [];
  #isOurs = false;
  #isClosed = false;
  #droppedCount = 0;
  #script: ScriptProcess | undefined;
  #scriptGone: Promise<void> | undefined;
  #restartTimer: NodeJS.Timeout | undefined;

  /** Makes the pipe unless it exists, opens it and starts its program. */
  constructor(configuration: FifoConfiguration, launcher: ScriptLauncher, log: FifoLog) {
    this.configuration = configuration;
    this.#launcher = launcher;
    this.#log = log;
    this.#ready = this.#open();
  }

  /** Lines that were lost because nobody read, or the pipe could not be opened. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Settles when the pipe is open, or is known to be of no use. Never rejects. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Writes one line, newline included, at once; a full pipe loses it. Never waits, never throws. */
  write(line: string): void {
    if (this.#early !== undefined && this.#early.length < FIFO_QUEUE_MAX) this.#early.push(line);
    else if (this.#fd === undefined) this.#droppedCount += 1;
    else this.#writeNow(this.#fd, line);
  }

  /** Closes the pipe, lets the program read what is left, ends it, and removes a pipe made here. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ready;
    clearTimeout(this.#restartTimer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const timer = setTimeout(() => this.#script?.stop(), FIFO_SCRIPT_GRACE_MS);
    await this.#scriptGone;
    clearTimeout(timer);
    if (this.#isOurs) await unlink(this.configuration.path).catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { path } = this.configuration;
    try {
      await this.#make(path);
      // Both ways, so that neither a missing nor an ending reader is an error.
      this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim() : String(error);
      this.#log("error", `Unable to open notify fifo ${path}: ${reason}`);
      this.#droppedCount += this.#early?.length ?? 0;
      this.#early = undefined;
      return;
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const line of early) this.#writeNow(this.#fd, line);
    this.#startScript();
  }

  async #make(path: string): Promise<void> {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) {
      await promisify(execFile)("mkfifo", ["-m", MODE, "--", path]);
      this.#isOurs = true;
    } else if (!stats.isFIFO()) {
      throw new Error("there is something else of that name; remove it, or name another path");
    }
  }

  #writeNow(fd: number, line: string): void {
    try {
      writeSync(fd, line);
    } catch (error) {
      this.#droppedCount += 1;
      if (this.#droppedCount > 1) return;
      const code = (error as NodeJS.ErrnoException).code;
      const reason = code === "EAGAIN" ? "nobody reads it and it is full" : String(code);
      const { path } = this.configuration;
      this.#log("warning", `Notices for fifo ${path} are lost: ${reason}`);
    }
  }

  #startScript(): void {
    const { path, script } = this.configuration;
    if (script === undefined || this.#isClosed) return;
    const startedMs = monotonicMs();
    this.#scriptGone = new Promise((resolve) => {
      this.#script = this.#launcher.launch(
        script,
        [path],
        undefined,
        (outcome) => {
          if (this.#isClosed) return;
          const why = outcome.kind === "failed-to-start" ? `: ${outcome.message}` : "";
          this.#log("warning", `vrrp notify fifo script terminated${why}`);
        },
        () => {
          this.#script = undefined;
          resolve();
          this.#restartLater(startedMs);
        },
      );
    });
  }

  #restartLater(startedMs: number): void {
    if (this.#isClosed) return;
    const delayMs = Math.max(0, startedMs + FIFO_SCRIPT_RESTART_MS - monotonicMs());
    this.#restartTimer = setTimeout(() => this.#startScript(), delayMs);
  }
}

/** All FIFOs of a configuration. */
export class Fifos {
  readonly #launcher: ScriptLauncher;
  readonly #log: FifoLog;
  #fifos: readonly Fifo[] = [];

  constructor(launcher: ScriptLauncher, log: FifoLog) {
    this.#launcher = launcher;
    this.#log = log;
  }

  /** Lines lost so far by the present FIFOs. */
  get droppedCount(): number {
    return this.#fifos.reduce((sum, { droppedCount }) => sum + droppedCount, 0);
  }

  /** Opens those that are new and closes those that are gone. Others stay open, with their programs. */
  async reconfigure(configurations: readonly FifoConfiguration[]): Promise<void> {
    const isWanted = ({ configuration }: Fifo): boolean =>
      configurations.some((wanted) => isSameFifo(configuration, wanted));
    const closing = this.#fifos.filter((fifo) => !isWanted(fifo));
    const kept = this.#fifos.filter(isWanted);
    // Those that stay lose no line meanwhile. A pipe that gets another program is closed first.
    this.#fifos = kept;
    await Promise.all(closing.map((fifo) => fifo.close()));
    this.#fifos = configurations.map(
      (wanted) =>
        kept.find(({ configuration }) => isSameFifo(configuration, wanted)) ??
        new Fifo(wanted, this.#launcher, this.#log),
    );
    await Promise.all(this.#fifos.map(({ ready }) => ready));
  }

  /** One line, newline included, to each of them. */
  write(line: string): void {
    for (const fifo of this.#fifos) fifo.write(line);
  }

  async close(): Promise<void> {
    await this.reconfigure([]);
  }
}

function isSameFifo(one: FifoConfiguration, other: FifoConfiguration): boolean {
  if (one.path !== other.path) return false;
  const { script } = one;
  const words = (command: typeof script): unknown => [
    command?.words,
    command?.user,
    command?.group,
  ];
  return isDeepStrictEqual(words(script), words(other.script));
}
