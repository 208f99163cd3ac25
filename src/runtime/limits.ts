// Bounds of the runtime API and of what it may change.

/** Bytes of a line of the runtime API, and of a payload: certificates with their chains and keys fit. */
export const RUNTIME_REQUEST_BYTES_MAX = 64 * 1024;

/** Words of a command of the runtime API, as HAProxy's. */
export const RUNTIME_WORDS_MAX = 64;

/** Connections to the runtime API at once without `stats maxconn`, as HAProxy's. */
export const RUNTIME_CONNECTIONS_DEFAULT = 10;

/** How long a client of the runtime API may be silent without `stats timeout`, ms, as HAProxy's. */
export const RUNTIME_SILENCE_DEFAULT_MS = 10_000;

/** Characters of one piece of a long answer, roughly. */
export const RUNTIME_PIECE_CHARS = 32 * 1024;

/** Table entries that one piece of a long answer looks at: about a millisecond of work. */
export const RUNTIME_ENTRIES_PER_PIECE_MAX = 256;

/** Servers that a backend may have before `add server` refuses more: as many as one `server-template` may make. */
export const BACKEND_SERVERS_MAX = 4_096;

/** Bytes of a file of server states: a hundred thousand servers. */
export const SERVER_STATE_BYTES_MAX = 16 * 1024 * 1024;
