// The file that tells scripts which process to signal.
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";

/** Writes this process's id; a message when it cannot. */
export function writePidFile(path: string): string | undefined {
  try {
    writeFileSync(path, `${process.pid}\n`);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `Cannot write the pid file '${path}': ${reason}`;
  }
}

/** Removes the file if it still names this process: after a restart it may name the next one. */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, "utf8").trim() === String(process.pid)) unlinkSync(path);
  } catch {
    // It is gone, or the process may not remove it after giving up root; scripts check the process.
  }
}
