// Reads tracked files when they change. The kernel tells of changes in their folders; files are also
// read now and then, for folders that do not exist yet and file systems that tell nothing.
import { watch, constants, type FSWatcher } from "node:fs";
import { lstat, open, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FileConfiguration } from "../config/model/tracking.ts";
import { FILE_POLL_MS, TRACKED_FILE_BYTES_MAX } from "../limits.ts";
import { parseFileValue } from "../track/file-value.ts";

/** Called with each file's first value and with every change; `undefined`: missing or no number. */
export type FileListener = (name: string, value: number | undefined) => void;

interface Watched {
  readonly configuration: FileConfiguration;
  value: number | undefined;
  isTold: boolean;
  /** Readings asked for since the one that runs began, itself included. */
  wanted: number;
}

/** See the head of this file. */
export class FileWatch {
  readonly #onValue: FileListener;
  readonly #folders = new Map<string, FSWatcher>();
  #files: readonly Watched[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(onValue: FileListener) {
    this.#onValue = onValue;
  }

  /** Watches these files from now on. Does not write: see `initializeFiles`. */
  reconfigure(files: readonly FileConfiguration[]): void {
    this.close();
    this.#files = files.map((configuration) => ({
      configuration,
      value: undefined,
      isTold: false,
      wanted: 0,
    }));
    if (files.length > 0) this.#poll();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
    this.#files = [];
  }

  #poll(): void {
    for (const file of this.#files) {
      this.#watchFolder(path.dirname(file.configuration.file));
      void this.#look(file);
    }
    this.#timer = setTimeout(() => this.#poll(), FILE_POLL_MS);
  }

  #watchFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    const forget = (): void => {
      this.#folders.get(folder)?.close();
      this.#folders.delete(folder);
    };
    try {
      const watcher = watch(folder, (_kind, name) => this.#onChange(folder, name));
      // The folder may go: the poll finds it when it is there again.
      watcher.on("error", forget);
      this.#folders.set(folder, watcher);
    } catch {
      // Not there yet, or no watches left: the poll remains.
    }
  }

  #onChange(folder: string, name: string | null): void {
    // A removed folder is told of by its own name; its watch is of no use any more.
    if (name === path.basename(folder)) {
      this.#folders.get(folder)?.close();
      this.#folders.delete(folder);
    }
    for (const file of this.#files) {
      const wanted = file.configuration.file;
      if (name === null || path.join(folder, name) === path.normalize(wanted)) {
        void this.#look(file);
      }
    }
  }

  async #look(file: Watched): Promise<void> {
    file.wanted += 1;
    // One reading at a time: a slow disk must not turn values around.
    if (file.wanted > 1) return;
    for (let done = 0; done < file.wanted;) {
      done = file.wanted;
      const value = await readValue(file.configuration.file);
      if (!this.#files.includes(file)) return;
      if (file.isTold && value === file.value) continue;
      file.value = value;
      file.isTold = true;
      this.#onValue(file.configuration.name, value);
    }
    file.wanted = 0;
  }
}

/** Writes `init_file` values: once, at the start. Gives what could not be written. */
export async function initializeFiles(
  files: readonly FileConfiguration[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, file, initial } of files) {
    if (initial === undefined) continue;
    try {
      const stats = await lstat(file).catch(() => undefined);
      if (stats !== undefined && !stats.isFile()) {
        problems.push(`Cannot initialise track file ${name} - it is not a regular file`);
        continue;
      }
      const flag = initial.overwrites ? "w" : "wx";
      if (stats === undefined || initial.overwrites) {
        await writeFile(file, `${initial.value}\n`, { flag, mode: 0o644 });
      }
    } catch (error) {
      problems.push(`Unable to initialise track file ${name}: ${(error as Error).message}`);
    }
  }
  return problems;
}

/** A pipe or device of that name must not make anybody wait. */
async function readValue(file: string): Promise<number | undefined> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return undefined;
      const buffer = Buffer.alloc(TRACKED_FILE_BYTES_MAX);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return parseFileValue(buffer.toString("latin1", 0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
