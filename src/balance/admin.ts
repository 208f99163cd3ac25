// Administrative states of a server, as bits of `srv_admin_state` in `show servers state`.

/** The bits; a server may be put aside for several reasons at once. */
export const ADMIN = {
  /** `set server <b>/<s> state maint`. */
  forcedMaint: 1,
  /** A tracked server is in maintenance. */
  inheritedMaint: 2,
  /** `disabled` in the configuration; comes with `forcedMaint` and says where that came from. */
  configMaint: 4,
  /** `set server <b>/<s> state drain`. */
  forcedDrain: 8,
  /** A tracked server drains. */
  inheritedDrain: 16,
  /** The server's name does not resolve. */
  resolveMaint: 32,
} as const;

/** Any reason to be in maintenance: no connections at all, no checks. */
export const ADMIN_MAINT_MASK = ADMIN.forcedMaint | ADMIN.inheritedMaint | ADMIN.resolveMaint;

/** Any reason to drain: only clients that stick to the server. */
export const ADMIN_DRAIN_MASK = ADMIN.forcedDrain | ADMIN.inheritedDrain;

/** What `set server <b>/<s> state` and agents may say. */
export type AdminState = "ready" | "drain" | "maint";

/** Bits to set and to clear, in this order; `clear` wins. */
export interface AdminChange {
  readonly set?: number;
  readonly clear?: number;
}

/** The bits of a server's state as an administrator or an agent words it (management §9.3). */
export function adminChangeOf(state: AdminState): AdminChange {
  switch (state) {
    case "ready":
      return { clear: ADMIN.forcedMaint | ADMIN.forcedDrain };
    case "drain":
      return { set: ADMIN.forcedDrain, clear: ADMIN.forcedMaint };
    case "maint":
      return { set: ADMIN.forcedMaint, clear: ADMIN.forcedDrain };
  }
}
