// Every bound of guard and agent.
import type { Millis } from "../src/base/units.ts";

// The guard (ha/supervise)

/** A child that is asked about is judged without the kernel's answer after this time. */
export const INSPECT_ANSWER_MS: Millis = 50;
/** The least time between two questions to the kernel about one child. */
export const INSPECT_AGAIN_MS: Millis = 25;
/** From here on, being late is a stall of the guard itself rather than a slow timer. */
export const OWN_STALL_MS: Millis = 100;
/** What a silent child gets after a stall of the guard, at least. */
export const OWN_STALL_GRACE_MS: Millis = 100;
/** Stalls of the guard are logged from this length on, at most once in the period below. */
export const OWN_STALL_LOGGED_MS: Millis = 250;
/** The period in which the guard says the same thing only once. */
export const GUARD_REPEAT_MS: Millis = 60_000;
/** The delay of a second restart; each further one waits twice as long. */
export const RESTART_DELAY_FIRST_MS: Millis = 100;
/** The longest delay before a restart. */
export const RESTART_DELAY_MAX_MS: Millis = 10_000;
/** A run that was ready for so long is forgiven what ended the runs before it. */
export const RESTART_FORGIVEN_AFTER_MS: Millis = 30_000;
/** The least pause of a child that was given up, whatever the period of the budget. */
export const RESTART_GIVEN_UP_MIN_MS: Millis = 1_000;
/** A run after giving up counts as serving when it was ready for so long. */
export const RESTART_PROVEN_AFTER_MS: Millis = 10_000;
/** Failed probes in a row that make a hang. */
export const PROBE_FAILURES_MAX = 3;
/** The period of a balancer's probes, for those that do not number them. */
export const PROBE_PERIOD_MS: Millis = 1_000;
/** A killed process that the kernel keeps is complained about after this time. */
export const KILLED_LINGERS_MS: Millis = 5_000;
/** The longest line that guard and children exchange, characters. A will of 1,000 addresses has about 200,000. */
export const LIFE_LINE_CHARS_MAX = 1_048_576;
/** Reasons taken from one message, and the length of each, characters. */
export const REASONS_MAX = 64;
/** The longest reason taken from a message, characters. */
export const REASON_CHARS_MAX = 400;
/** Bytes that wait for a child that does not read; what comes then is dropped. */
export const LIFE_QUEUE_BYTES_MAX = 262_144;
/** From an unread pipe's process ending to going on without what it may still hold. */
export const LIFE_DRAIN_MS: Millis = 20;

// The agent (ha/agent)

/** A heartbeat path without adverts says hello this often. */
export const HEARTBEAT_HELLO_MS: Millis = 500;
/** A heartbeat path that was silent for so long is shown as silent. */
export const HEARTBEAT_ALIVE_MS: Millis = 2_000;
/** Log lines that wait to be written; what comes then is dropped. */
export const LOG_QUEUE_BYTES_MAX = 1_048_576;
