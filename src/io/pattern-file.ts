import { readFileSync } from "node:fs";

/** The lines of a pattern or map file; `undefined` if it cannot be read. */
export function readLines(path: string): readonly string[] | undefined {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined;
  }
}
