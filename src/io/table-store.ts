// Stick tables on disk, one file each, so that a power cut of both nodes does not cost affinity.
// A file is replaced as a whole: written beside, synced, renamed. At every instant there is the old
// one or the new one. Reading and writing go frame by frame and let others work in between.
import { constants } from "node:fs";
import { mkdir, open, rename, unlink, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { TABLE_FILE_BYTES_MAX } from "../limits.ts";
import { isRestorable, restoreEntries } from "../stick/restore.ts";
import { encodeSnapshot, type SnapshotClock } from "../stick/snapshot.ts";
import { SnapshotReader, type SnapshotHeader } from "../stick/snapshot-reader.ts";
import type { StickTable } from "../stick/table.ts";

/** How a save ended. The former file stays when it failed. */
export type SaveResult =
  | { readonly kind: "saved"; readonly file: string; readonly byteCount: number }
  | { readonly kind: "failed"; readonly file: string; readonly message: string };

/** How a load ended. What had been read before the damage was found stays in the table. */
export type LoadResult =
  | {
      readonly kind: "loaded";
      readonly file: string;
      readonly restoredCount: number;
      readonly skippedCount: number;
    }
  | { readonly kind: "absent"; readonly file: string }
  | {
      readonly kind: "failed";
      readonly file: string;
      readonly message: string;
      readonly restoredCount: number;
    };

/** Gives the present instant; `nowMs` on the clock that the tables are used with. */
export type ReadClock = () => SnapshotClock;

/** One or two frames: a millisecond of work before others have their turn. */
const READ_BYTES = 64 * 1024;

/** Keeps tables in a directory (`table-directory`). Methods never throw for what the system does. */
export class TableStore {
  readonly directory: string;
  readonly #readClock: ReadClock;
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(directory: string, readClock: ReadClock = readSystemClock) {
    this.directory = directory;
    this.#readClock = readClock;
  }

  /** The file of the table of this name. */
  fileOf(tableName: string): string {
    return path.join(this.directory, `${escapeName(tableName)}.tbl`);
  }

  /** Writes a table; after what is going on with the same file. Makes the directory if need be. */
  async save(table: StickTable): Promise<SaveResult> {
    const file = this.fileOf(table.spec.name);
    return this.#inTurn(file, () => saveTable(table, file, this.#readClock()));
  }

  /** Merges a table's file into it; entries that the table holds already stay if they live longer. */
  async load(table: StickTable): Promise<LoadResult> {
    const file = this.fileOf(table.spec.name);
    return this.#inTurn(file, () => loadTable(table, file, this.#readClock));
  }

  async #inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(file) ?? Promise.resolve();
    const turn = before.then(work);
    this.#running.set(file, turn);
    try {
      return await turn;
    } finally {
      if (this.#running.get(file) === turn) this.#running.delete(file);
    }
  }
}

/** The process's clocks. */
export function readSystemClock(): SnapshotClock {
  return { nowMs: performance.now(), wallMs: Date.now() };
}

async function saveTable(
  table: StickTable,
  file: string,
  clock: SnapshotClock,
): Promise<SaveResult> {
  const beside = `${file}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    // What a crash left behind, or what somebody put there: never written through.
    await unlink(beside).catch(ignoreAbsence);
    const byteCount = await writeNew(beside, encodeSnapshot(table, clock));
    await rename(beside, file);
    await syncDirectory(path.dirname(file));
    return { kind: "saved", file, byteCount };
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    const message = `Cannot save table "${table.spec.name}" to "${file}": ${reasonOf(error)}`;
    return { kind: "failed", file, message };
  }
}

async function writeNew(file: string, chunks: Iterable<Uint8Array>): Promise<number> {
  const handle = await open(file, "wx", 0o600);
  let byteCount = 0;
  try {
    for (const chunk of chunks) {
      byteCount += chunk.length;
      if (byteCount > TABLE_FILE_BYTES_MAX) {
        throw new Error(`it needs more than ${TABLE_FILE_BYTES_MAX} bytes, lower the table's size`);
      }
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return byteCount;
}

/** Makes the rename itself last. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function loadTable(
  table: StickTable,
  file: string,
  readClock: ReadClock,
): Promise<LoadResult> {
  const load = new Load(table, readClock);
  try {
    // A pipe must not block the start, hence O_NONBLOCK; it is refused below.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await load.read(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { kind: "absent", file };
    const kept =
      load.restoredCount === 0 ? "" : `; ${load.restoredCount} entries before it are kept`;
    const message = `Cannot load table "${table.spec.name}" from "${file}": ${reasonOf(error)}${kept}`;
    return { kind: "failed", file, message, restoredCount: load.restoredCount };
  }
  const { restoredCount, skippedCount } = load;
  return { kind: "loaded", file, restoredCount, skippedCount };
}

/** One file on its way into a table. */
class Load {
  readonly #table: StickTable;
  readonly #readClock: ReadClock;
  readonly #reader = new SnapshotReader();
  #header: SnapshotHeader | undefined;
  restoredCount = 0;
  skippedCount = 0;

  constructor(table: StickTable, readClock: ReadClock) {
    this.#table = table;
    this.#readClock = readClock;
  }

  /** Rejects when the file is not a whole table that fits. */
  async read(handle: FileHandle): Promise<void> {
    const { size } = await checkFile(handle);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(READ_BYTES, size)));
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) throw new Error("it ends early");
      this.#reader.push(buffer.subarray(0, bytesRead));
      if (this.#takeEvents()) return;
    }
  }

  /** Whether the end has come. */
  #takeEvents(): boolean {
    for (;;) {
      const event = this.#reader.next();
      switch (event.kind) {
        case "need-more":
          return false;
        case "end":
          return true;
        case "malformed":
          throw new Error(`it is damaged: ${event.reason}`);
        case "header":
          if (!isRestorable(this.#table, event.header))
            throw new Error(this.#mismatch(event.header));
          this.#header = event.header;
          break;
        case "entries": {
          const clock = this.#readClock();
          const counts = restoreEntries(this.#table, this.#header!, event.entries, clock);
          this.restoredCount += counts.restoredCount;
          this.skippedCount += counts.skippedCount;
        }
      }
    }
  }

  #mismatch(header: SnapshotHeader): string {
    const { keyType, keyLengthMax } = this.#table.spec;
    return (
      `its keys are of type ${header.keyType} len ${header.keyLengthMax}, ` +
      `expected ${keyType} len ${keyLengthMax}; the next save replaces it`
    );
  }
}

async function checkFile(handle: FileHandle): Promise<{ readonly size: number }> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Error("it is not a regular file");
  if (stat.size > TABLE_FILE_BYTES_MAX) {
    throw new Error(`it has ${stat.size} bytes, expected at most ${TABLE_FILE_BYTES_MAX}`);
  }
  return { size: stat.size };
}

/** Proxy names may hold `/` (tables of peers sections) and dots: a file name holds neither path nor tricks. */
function escapeName(name: string): string {
  return [...Buffer.from(name, "utf8")]
    .map((byte, at) => {
      const char = String.fromCharCode(byte);
      const isPlain = /[A-Za-z0-9_-]/.test(char) || (char === "." && at > 0);
      return isPlain ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== "ENOENT") throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
