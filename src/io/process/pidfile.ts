import { readFile, unlink, writeFile } from "node:fs/promises";

/** Writes our process id and a line feed, as HAProxy does with `-p` and `pidfile`. Rejects when it cannot. */
export async function writePidfile(path: string): Promise<void> {
  await writeFile(path, `${process.pid}\n`, { mode: 0o644 });
}

/** Removes a pid file if it is still ours. */
export async function removePidfile(path: string): Promise<void> {
  if ((await readPidfile(path)) === process.pid) await unlink(path).catch(() => undefined);
}

/** The first process id in a file; `undefined` when there is no such file or no number in it. */
export async function readPidfile(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number(/^\s*(\d{1,10})\s/.exec(`${text.slice(0, 64)}\n`)?.[1]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
