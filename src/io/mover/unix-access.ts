// A unix socket takes its place complete: bound under a temporary name, given its mode and owner,
// then renamed over what may be left of an earlier process.
import fs from "node:fs";
import process from "node:process";
import type { UnixAccess } from "../../config/model/bind.ts";

/** The name under which a unix socket is bound first. */
export function temporaryPath(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

/** Gives a bound socket its mode, owner and name; what went wrong, if anything did. */
export function publishUnixSocket(
  temporary: string,
  path: string,
  access: UnixAccess,
): { readonly code: string; readonly message: string } | undefined {
  try {
    if (access.mode !== undefined) fs.chmodSync(temporary, access.mode);
    if (access.user !== undefined || access.group !== undefined) {
      const uid = lookUp(access.user, "/etc/passwd", "user");
      const gid = lookUp(access.group, "/etc/group", "group");
      fs.chownSync(temporary, uid, gid);
    }
    fs.renameSync(temporary, path);
    return undefined;
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    return { code: code ?? "ENOENT", message: `cannot set up unix socket [${path}]: ${message}` };
  }
}

/** The number of a user or group; -1 leaves it as it is. */
function lookUp(name: string | number | undefined, file: string, what: string): number {
  if (name === undefined) return -1;
  if (typeof name === "number") return name;
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    const fields = line.split(":");
    if (fields[0] === name) return Number(fields[2]);
  }
  throw new Error(`${what} '${name}' is not in ${file}`);
}
