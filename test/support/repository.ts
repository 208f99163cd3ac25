import { existsSync } from "node:fs";
import path from "node:path";

/** The repository's folder, also when this file runs compiled from `dist/`. */
export const REPOSITORY_DIR = findRepository(import.meta.dirname);

function findRepository(dir: string): string {
  if (existsSync(path.join(dir, "package-lock.json"))) return dir;
  const parent = path.dirname(dir);
  if (parent === dir) throw new Error("No package-lock.json above the test support files");
  return findRepository(parent);
}
