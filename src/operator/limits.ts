// Bounds of what an operator asks for.

/** Sessions that one answer to `tandem sessions` lists: some 4 MB. */
export const SESSIONS_LISTED_MAX = 10_000;

/** Sessions that a list looks at in one turn: about a millisecond of work. */
export const SESSIONS_PER_TURN_MAX = 1_024;

/** Entries that one answer to `tandem table` lists. */
export const TABLE_ENTRIES_LISTED_MAX = 10_000;

/** Servers that one command of an operator may name. */
export const OPERATOR_SERVERS_MAX = 1_024;

/** Clients a second that `tandem switchover --rate` may ask for. */
export const PACE_RATE_MAX = 1_000_000;

/** How long that may be meant, ms. */
export const PACE_MS_MAX = 3_600_000;
