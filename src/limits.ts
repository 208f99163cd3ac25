// Every bound of the balancer, with its unit and its reason. A bound that users may need to move
// is the default of a directive, named beside it.

/** Bytes of a client's first packet that are held for inspection (`tcp-request inspect-limit`): large wills and tokens fit. */
export const INSPECT_BYTES_MAX = 256 * 1024;

/** How long a rule or key that needs first bytes waits without `tcp-request inspect-delay`, ms. */
export const INSPECT_DELAY_DEFAULT_MS = 5_000;

/** Words on one configuration line, as HAProxy's MAX_LINE_ARGS. */
export const CONFIG_WORDS_MAX = 64;

/** Bytes of one configuration line. */
export const CONFIG_LINE_BYTES_MAX = 65_536;

/** Bytes of a PROXY version 1 line, its line end included (haproxy proxy-protocol.txt §2.1). */
export const PROXY_V1_BYTES_MAX = 107;

/** Bytes of a PROXY version 2 header with its TLVs: HAProxy's buffer, which bounds what it takes and sends. */
export const PROXY_V2_BYTES_MAX = 16_384;

/** Slots in one block of a stick table's columns; a power of two. Growth costs at most one block. */
export const COLUMN_BLOCK_SLOTS = 1024;

/** Elements of the array data types of a stick table (`gpc(n)`), as HAProxy's. */
export const STICK_ARRAY_COUNT_MAX = 100;

/** Entries of one stick table: slot numbers stay well within 31 bits. */
export const STICK_ENTRIES_MAX = 1 << 30;

/** Positions of readers of a table's updates that are remembered: a few for each of a few peers. */
export const UPDATE_MARKS_MAX = 16;

/** Maps that a stick table's keys are spread over; a power of two. Of a million keys, one holds about 4,000. */
export const KEY_INDEX_SHARDS = 256;

/** Findings kept of one configuration: enough to repair it, bounded for a file that is none. */
export const CONFIG_DIAGNOSTICS_MAX = 1_000;

/** Nested `.if` blocks, as HAProxy's MAXNESTEDCONDS. */
export const CONFIG_NESTING_MAX = 100;

/** Addresses that the port ranges of one `bind` line may make. */
export const BINDS_PER_LINE_MAX = 4_096;

/** Servers that one `server-template` line may make. */
export const TEMPLATE_SERVERS_MAX = 4_096;
