/** Our own version; the one in package.json, which a test compares. */
export const TANDEM_VERSION = "0.1.0";

/** When our version was made, as `show info` has it. */
export const RELEASE_DATE = "2026/11/21";

/** The version of HAProxy whose files and tools we stand in for. */
export const HAPROXY_VERSION = "2.6.12";

/** What `haproxy -v` names as its version: tools read the leading numbers. */
export const HAPROXY_VERSION_TEXT = `${HAPROXY_VERSION}-tandem${TANDEM_VERSION}`;
