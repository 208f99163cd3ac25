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
