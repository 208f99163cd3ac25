import { readFile } from "node:fs/promises";

/** The first process id in a file; `undefined` when there is no such file or no number in it. */
export async function readPidfile(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number(/^\s*(\d{1,10})\s/.exec(`${text.slice(0, 64)}\n`)?.[1]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
