import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { endLater } from "./cleanup.ts";

/** Makes an empty folder that is removed after the test. Short: unix sockets have 107 bytes. */
export function tempDir(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), "tandem-"));
  endLater(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes `text` to a file of this name in a folder of its own, and returns the file's path. */
export function tempFile(name: string, text: string): string {
  const file = path.join(tempDir(), name);
  writeFileSync(file, text);
  return file;
}
