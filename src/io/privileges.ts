// Gives up root once the sockets are open (haproxy configuration §3.1 `user`, `group`, `uid`, `gid`).
import type { GlobalSection } from "../config/model/global.ts";

/** Why privileges could not be dropped as asked. */
export type PrivilegeOutcome =
  | { readonly ok: true; readonly dropped: boolean }
  | { readonly ok: false; readonly message: string };

/** Declared here because the types of Node leave it out. */
const posix = process as {
  initgroups?: (user: string | number, group: string | number) => void;
};

/**
 * Changes group and user for good; does nothing without root or without a wish. `beforeUser`: the last
 * thing that root does, told the new group.
 */
export function dropPrivileges(
  global: GlobalSection,
  beforeUser: (gid: number) => void = () => undefined,
): PrivilegeOutcome {
  const { user, group } = global;
  if ((user === undefined && group === undefined) || process.getuid?.() !== 0) {
    return { ok: true, dropped: false };
  }
  try {
    const gid = group ?? user;
    if (user !== undefined && gid !== undefined) posix.initgroups?.(user, gid);
    if (group !== undefined) process.setgid?.(group);
    beforeUser(process.getgid?.() ?? 0);
    if (user !== undefined) process.setuid?.(user);
    return { ok: true, dropped: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      message: `Cannot change to user '${String(user ?? "")}' and group '${String(group ?? "")}': ${reason}`,
    };
  }
}
