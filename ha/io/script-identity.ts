// Who a script runs as: names to numbers by /etc/passwd and /etc/group.
import { readFileSync } from "node:fs";

/** Numbers for the kernel; `undefined`: as this process. */
export interface ScriptIdentity {
  readonly uid: number;
  readonly gid: number;
}

/** The user that Keepalived takes when it exists and nothing else is said. */
const DEFAULT_USER = "keepalived_script";

/** Where the names are read; other files only in tests. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

const SYSTEM_FILES: AccountFiles = { passwd: "/etc/passwd", group: "/etc/group" };

/** The identity, or a text that says why there is none. */
export function resolveIdentity(
  user: string,
  group: string | undefined,
  files: AccountFiles = SYSTEM_FILES,
): ScriptIdentity | string {
  const account = accountOf(user, files.passwd);
  if (account === undefined) return `user "${user}" is not in ${files.passwd}`;
  if (group === undefined) return account;
  const gid = groupOf(group, files.group);
  return gid === undefined ? `group "${group}" is not in ${files.group}` : { ...account, gid };
}

/** `keepalived_script` when there is such a user; else root. */
export function defaultIdentity(files: AccountFiles = SYSTEM_FILES): ScriptIdentity {
  return accountOf(DEFAULT_USER, files.passwd) ?? { uid: 0, gid: 0 };
}

/** passwd(5): name:password:uid:gid:... A number stands for itself. */
function accountOf(user: string, file: string): ScriptIdentity | undefined {
  const isNumber = /^\d+$/.test(user);
  for (const fields of entriesOf(file)) {
    const [name, , uid, gid] = fields;
    if (name !== user && !(isNumber && uid === user)) continue;
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return isNumber ? { uid: Number(user), gid: Number(user) } : undefined;
}

/** group(5): name:password:gid:members. */
function groupOf(group: string, file: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  const fields = entriesOf(file).find(([name]) => name === group);
  return fields?.[2] === undefined ? undefined : Number(fields[2]);
}

function entriesOf(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}
