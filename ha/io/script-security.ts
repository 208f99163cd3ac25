// Whether a program may be run as root: everything on the way to it must be root's alone
// (keepalived.conf(5), "enable_script_security").
import { accessSync, constants, lstatSync, readlinkSync, statSync, type Stats } from "node:fs";
import path from "node:path";

/** What `checkScript` finds. */
export type ScriptAccess = "ok" | "missing" | "not-executable" | "insecure";

const SYMLINKS_MAX = 40;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;
const EXECUTABLE = 0o111;

/** Where a word of a command is found: itself when it has a slash, else by the PATH. */
export function findScript(program: string): string | undefined {
  if (program.includes("/")) return program;
  const folders = (process.env["PATH"] ?? "/usr/bin:/bin").split(":");
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, program))
    .find((file) => isRunnable(file));
}

/**
 * Looks at a program. `insecure`: somebody other than root could replace it, so it must not run as
 * root; for other users that is of no concern. Symbolic links are followed, and judged on the way.
 */
export function checkScript(program: string): ScriptAccess {
  const found = findScript(program);
  if (found === undefined) return "missing";
  try {
    const file = path.resolve(found);
    const stats = statSync(file);
    if (!stats.isFile() || (stats.mode & EXECUTABLE) === 0) return "not-executable";
    return isSafePath(file) ? "ok" : "insecure";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "insecure" : "missing";
  }
}

/** Walks from the root; a link starts a walk of its own, and both must be safe. */
function isSafePath(file: string): boolean {
  let rest = file.split("/").filter((part) => part !== "");
  let at = "/";
  if (!isSafe(lstatSync(at))) return false;
  for (let links = 0; rest.length > 0;) {
    const [part = "", ...others] = rest;
    const next = path.join(at, part);
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      links += 1;
      if (links > SYMLINKS_MAX || stats.uid !== 0) return false;
      const target = path.resolve(at, readlinkSync(next));
      rest = [...target.split("/").filter((word) => word !== ""), ...others];
      at = "/";
      continue;
    }
    if (!isSafe(stats)) return false;
    at = next;
    rest = others;
  }
  return true;
}

/** In a folder with the sticky bit only the owner of an entry can replace it. */
function isSafe(stats: Stats): boolean {
  if (stats.uid !== 0) return false;
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0) return true;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return false;
  return (stats.mode & WRITABLE_BY_GROUP) === 0 || stats.gid === 0;
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
