// Counters of stick table entries by the names that fetches and converters give them.
import type { RuleContext, TrackedEntry } from "./context.ts";

/** What a counter's name reads: a data type, its element, and a divisor. */
export interface CounterRead {
  /** As in `sc_<name>`, `src_<name>`, `table_<name>`. */
  readonly name: string;
  readonly type: string;
  readonly divisor: number;
  readonly description: string;
}

const counter = (name: string, description: string, type = name, divisor = 1): CounterRead => ({
  name,
  type,
  divisor,
  description,
});

/** Counters without an index. */
export const COUNTER_READS: readonly CounterRead[] = [
  counter("conn_cnt", "Connections counted"),
  counter("conn_cur", "Concurrent connections"),
  counter("conn_rate", "Connections over the period"),
  counter("sess_cnt", "Sessions counted"),
  counter("sess_rate", "Sessions over the period"),
  counter("bytes_in_rate", "Bytes from the client over the period"),
  counter("bytes_out_rate", "Bytes to the client over the period"),
  counter("kbytes_in", "KiB from the client", "bytes_in_cnt", 1024),
  counter("kbytes_out", "KiB to the client", "bytes_out_cnt", 1024),
  counter("http_req_cnt", "HTTP requests counted (by HAProxy peers)"),
  counter("http_req_rate", "HTTP requests over the period (by HAProxy peers)"),
  counter("http_err_cnt", "HTTP errors counted (by HAProxy peers)"),
  counter("http_err_rate", "HTTP errors over the period (by HAProxy peers)"),
  counter("http_fail_cnt", "HTTP failures counted (by HAProxy peers)"),
  counter("http_fail_rate", "HTTP failures over the period (by HAProxy peers)"),
  counter("gpc0_rate", "Increments of general counter 0 over the period"),
  counter("gpc1_rate", "Increments of general counter 1 over the period"),
];

/** The scalar names of elements 0 and 1 of the general purpose arrays. */
const ELEMENTS: Readonly<Record<string, readonly [array: string, index: number]>> = {
  gpc0: ["gpc", 0],
  gpc1: ["gpc", 1],
  gpc0_rate: ["gpc_rate", 0],
  gpc1_rate: ["gpc_rate", 1],
  gpt0: ["gpt", 0],
};

/** Reads a counter; scalars fall back to the array that holds them, as HAProxy's do. */
export function readCounter(
  entry: TrackedEntry,
  type: string,
  index: number,
  nowMs: number,
): number | undefined {
  const value = entry.read(type, index, nowMs);
  const element = ELEMENTS[type];
  if (value !== undefined || element === undefined) return value;
  return entry.read(element[0], element[1], nowMs);
}

/** Adds one to a general counter; the value after it, `undefined` if it is not stored. */
export function incrementCounter(
  entry: TrackedEntry,
  type: string,
  index: number,
  nowMs: number,
): number | undefined {
  const value = entry.increment(type, index, nowMs);
  const element = ELEMENTS[type];
  if (value !== undefined || element === undefined) return value;
  return entry.increment(element[0], element[1], nowMs);
}

/** Sets a general counter to 0; the value before it, `undefined` if it is not stored. */
export function clearCounter(
  entry: TrackedEntry,
  type: string,
  index: number,
  nowMs: number,
): number | undefined {
  const value = readCounter(entry, type, index, nowMs);
  const element = ELEMENTS[type];
  if (!entry.set(type, index, 0, nowMs) && element !== undefined) {
    entry.set(element[0], element[1], 0, nowMs);
  }
  return value;
}

/** The tracked entry of a counter, or its key's entry in another table. */
export function trackedIn(
  context: RuleContext,
  counterIndex: number,
  table: string | undefined,
): TrackedEntry | undefined {
  const entry = context.tracked(counterIndex);
  if (entry === undefined || table === undefined || table === entry.table) return entry;
  return entry.key === undefined ? undefined : context.tables.lookup(table, entry.key);
}
