// What `track-sc0..2` counts (haproxy configuration §4.2 `tcp-request connection`, §7.3.2). As
// HAProxy 2.6 counts in TCP mode: a connection when it begins to be tracked, whichever rules do
// that; a session when it is accepted, for what the connection and session rules track; bytes
// as they are known. Every change restarts the entry's expiry and is sent to peers.
import type { Millis } from "../base/units.ts";
import type { TrackedEntry } from "../rules/context.ts";
import type { Sample } from "../rules/sample.ts";
import { rateOf } from "./data-types.ts";
import { keyFromSample } from "./key.ts";
import type { StickEntry } from "./entry.ts";
import type { StickTable } from "./table.ts";

/** An entry as rules see it. */
export class TableEntryView implements TrackedEntry {
  readonly entry: StickEntry;
  readonly #table: StickTable;

  constructor(table: StickTable, entry: StickEntry) {
    this.#table = table;
    this.entry = entry;
  }

  get table(): string {
    return this.#table.spec.name;
  }

  /** The value, a rate over its period; `undefined` if the table does not store the type. */
  read(type: string, index: number, nowMs: Millis): number | undefined {
    return this.#table.read(this.entry, type, index, nowMs);
  }

  /** Adds one to a counter and to its rate; the counter, or its rate's events when only that is stored. */
  increment(type: string, index: number, nowMs: Millis): number | undefined {
    const rate = rateOf(type);
    this.#table.add(this.entry, type, index, 1, nowMs);
    if (rate !== undefined) this.#table.add(this.entry, rate, index, 1, nowMs);
    this.#table.touch(this.entry, nowMs, "local");
    const value = this.#table.read(this.entry, type, index, nowMs);
    if (value !== undefined || rate === undefined) return value;
    return this.#table.rateState(this.entry, rate, index)?.current;
  }

  /** Sets a number; `false` if the table does not store the type. */
  set(type: string, index: number, value: number, nowMs: Millis): boolean {
    if (!this.#table.write(this.entry, type, index, value, nowMs)) return false;
    this.#table.touch(this.entry, nowMs, "local");
    return true;
  }
}

/** Finds the entry of a sample for `TableLookups`; never creates one. */
export function lookupSample(
  table: StickTable,
  sample: Sample,
  nowMs: Millis,
): TableEntryView | undefined {
  const key = keyFromSample(table.spec, sample);
  const entry = key === undefined ? undefined : table.lookup(key, nowMs);
  return entry === undefined ? undefined : new TableEntryView(table, entry);
}

/** Finds or creates the entry of a sample for `TableLookups`. */
export function lookupOrCreateSample(
  table: StickTable,
  sample: Sample,
  nowMs: Millis,
): TableEntryView | undefined {
  const key = keyFromSample(table.spec, sample);
  const entry = key === undefined ? undefined : table.getOrCreate(key, nowMs);
  return entry === undefined ? undefined : new TableEntryView(table, entry);
}

interface Tracker {
  readonly table: StickTable;
  readonly view: TableEntryView;
}

/** Totals of one connection so far; directions as seen by the proxy. */
export interface TrackedBytes {
  /** From the client. */
  readonly inBytes: number;
  /** To the client. */
  readonly outBytes: number;
}

const NONE: readonly undefined[] = [];
const NOTHING: TrackedBytes = { inBytes: 0, outBytes: 0 };

/** The counters of one connection. */
export class TrackedCounters {
  /** Most connections track nothing. */
  #trackers: readonly (Tracker | undefined)[] = NONE;
  #counted: TrackedBytes = NOTHING;

  /**
   * Begins to track, unless this counter tracks already, the sample has no form as a key of the
   * table, or the table is full. Counts the connection.
   */
  track(counter: number, table: StickTable, sample: Sample, nowMs: Millis): void {
    if (this.#trackers[counter] !== undefined) return;
    const view = lookupOrCreateSample(table, sample, nowMs);
    if (view === undefined) return;
    const { entry } = view;
    const trackers = [...this.#trackers];
    trackers[counter] = { table, view };
    this.#trackers = trackers;
    table.hold(entry);
    table.add(entry, "conn_cur", 0, 1, nowMs);
    this.#count({ table, view }, "conn", 1, nowMs);
  }

  /** What this counter tracks. */
  tracked(counter: number): TableEntryView | undefined {
    return this.#trackers[counter]?.view;
  }

  /** Counts the session, once: when the session rules have let it pass, before content rules. */
  onSession(nowMs: Millis): void {
    for (const tracker of this.#trackers) {
      if (tracker !== undefined) this.#count(tracker, "sess", 1, nowMs);
    }
  }

  /** Counts what has been relayed since the last call. */
  onBytes(totals: TrackedBytes, nowMs: Millis): void {
    if (this.#trackers.length === 0) return;
    const inBytes = totals.inBytes - this.#counted.inBytes;
    const outBytes = totals.outBytes - this.#counted.outBytes;
    this.#counted = totals;
    for (const tracker of this.#trackers) {
      if (tracker === undefined) continue;
      if (inBytes > 0) this.#count(tracker, "bytes_in", inBytes, nowMs);
      if (outBytes > 0) this.#count(tracker, "bytes_out", outBytes, nowMs);
    }
  }

  /** The connection is over: nothing is tracked any more. Safe to repeat. */
  release(nowMs: Millis): void {
    for (const tracker of this.#trackers) {
      if (tracker === undefined) continue;
      const { table, view } = tracker;
      if ((table.read(view.entry, "conn_cur", 0, nowMs) ?? 0) > 0) {
        table.add(view.entry, "conn_cur", 0, -1, nowMs);
      }
      table.touch(view.entry, nowMs, "local");
      table.release(view.entry, nowMs);
    }
    this.#trackers = NONE;
  }

  #count({ table, view }: Tracker, what: string, count: number, nowMs: Millis): void {
    table.add(view.entry, `${what}_cnt`, 0, count, nowMs);
    table.add(view.entry, `${what}_rate`, 0, count, nowMs);
    table.touch(view.entry, nowMs, "local");
  }
}
