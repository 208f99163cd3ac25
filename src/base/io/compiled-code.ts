// Compiled code that Node keeps between starts (22 and newer). What is found in its folder is run
// unseen, and Node takes any folder in /tmp that has the right name, whoever made it.
import { lstatSync, mkdirSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

/** What @types/node of version 20 does not know. */
interface CompileCache {
  readonly enableCompileCache?: (folder: string) => unknown;
}

/**
 * Has Node keep compiled code in a folder that only this user may use. Without such a folder, or with
 * a Node that cannot, a start takes its usual time.
 */
export function keepCompiledCode(): void {
  const { enableCompileCache } = module as unknown as CompileCache;
  const userId = process.geteuid?.();
  if (enableCompileCache === undefined || userId === undefined) return;
  const folder = path.join(tmpdir(), `tandem-code-${userId}`);
  if (isPrivateFolder(folder, userId)) enableCompileCache(folder);
}

/** Makes the folder, or judges the one that is there. */
export function isPrivateFolder(folder: string, userId: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It may be there; whose it is comes next.
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === userId && (found.mode & 0o077) === 0;
}
