// Writes dumps where the original writes them. /tmp belongs to everybody: a file is made under a name
// of its own and put in place by a rename, which follows no symbolic link.
import { rename, unlink, writeFile } from "node:fs/promises";

/** Where dumps go; Keepalived's places unless the command line says otherwise. */
export interface DumpPaths {
  readonly data: string;
  readonly stats: string;
  readonly json: string;
}

/** Keepalived's places; TMPDIR is honoured as there. */
export function defaultDumpPaths(environment: NodeJS.ProcessEnv): DumpPaths {
  const folder = environment["TMPDIR"] ?? "/tmp";
  return {
    data: `${folder}/keepalived.data`,
    stats: `${folder}/keepalived.stats`,
    json: `${folder}/keepalived.json`,
  };
}

/** Replaces the file; rejects with the file system's error. Readable by its owner only. */
export async function writeDump(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await unlink(draft).catch(() => undefined);
  try {
    await writeFile(draft, text, { flag: "wx", mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
}
