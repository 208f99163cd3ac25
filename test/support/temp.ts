import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { endLater } from "./cleanup.ts";

const dirs = new Set<string>();

// A run that is broken off skips what was to follow the test; its folders go with the process.
process.once("exit", () => dirs.forEach(remove));
if (process.env["VITEST"] !== undefined) {
  process.once("SIGTERM", () => process.exit(143));
  process.once("SIGINT", () => process.exit(130));
}

/** Makes an empty folder that is removed after the test. Short: unix sockets have 107 bytes. */
export function tempDir(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), "tandem-"));
  dirs.add(dir);
  endLater(() => remove(dir));
  return dir;
}

/** Writes `text` to a file of this name in a folder of its own, and returns the file's path. */
export function tempFile(name: string, text: string): string {
  const file = path.join(tempDir(), name);
  writeFileSync(file, text);
  return file;
}

function remove(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  dirs.delete(dir);
}
