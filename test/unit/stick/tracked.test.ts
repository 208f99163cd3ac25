import { describe, expect, test } from "vitest";
import { parseIp } from "../../../src/base/ip.ts";
import type { Sample } from "../../../src/rules/sample.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { lookupOrCreateSample, lookupSample, TrackedCounters } from "../../../src/stick/tracked.ts";
import { tableSpec } from "./spec.ts";

const SRC: Sample = { type: "ip", value: parseIp("10.0.0.1")! };
const STORE =
  "gpc0,gpc0_rate(1000),conn_cnt,conn_rate(1000),conn_cur,sess_cnt,sess_rate(1000)," +
  "bytes_in_cnt,bytes_in_rate(1000),bytes_out_cnt,bytes_out_rate(1000)";

function makeTable(overrides: Parameters<typeof tableSpec>[0] = {}): StickTable {
  return new StickTable(tableSpec({ keyType: "ip", expireMs: 1000, store: STORE, ...overrides }));
}

function valuesOf(table: StickTable, types: readonly string[], nowMs: number): unknown[] {
  const view = lookupSample(table, SRC, nowMs)!;
  return types.map((type) => view.read(type, 0, nowMs));
}

describe("TrackedCounters", () => {
  test("track() counts the connection, onSession() the session, onBytes() what is added", () => {
    const table = makeTable();
    const counters = new TrackedCounters();
    counters.track(0, table, SRC, 0);
    counters.onSession(0);
    counters.onBytes({ inBytes: 5, outBytes: 0 }, 1);
    counters.onBytes({ inBytes: 8, outBytes: 2 }, 2);
    const types = ["conn_cnt", "conn_rate", "conn_cur", "sess_cnt", "sess_rate"];
    expect(valuesOf(table, types, 2)).toEqual([1, 1, 1, 1, 1]);
    const byteTypes = ["bytes_in_cnt", "bytes_in_rate", "bytes_out_cnt", "bytes_out_rate"];
    expect(valuesOf(table, byteTypes, 2)).toEqual([8, 8, 2, 2]);
  });

  test("track() after onSession() counts no session, as content rules do", () => {
    const table = makeTable();
    const counters = new TrackedCounters();
    counters.onSession(0);
    counters.track(0, table, SRC, 0);
    expect(valuesOf(table, ["conn_cnt", "sess_cnt"], 0)).toEqual([1, 0]);
  });

  test("track() keeps to the first key of a counter", () => {
    const table = makeTable();
    const counters = new TrackedCounters();
    counters.track(0, table, SRC, 0);
    counters.track(0, table, { type: "ip", value: parseIp("10.0.0.2")! }, 0);
    expect(table.usedCount).toBe(1);
    counters.track(1, table, SRC, 0);
    expect(valuesOf(table, ["conn_cur", "conn_cnt"], 0)).toEqual([2, 2]);
  });

  test("track() does without a key that does not fit and a table that is full", () => {
    const table = makeTable({ size: 1, noPurge: true });
    const counters = new TrackedCounters();
    counters.track(0, table, { type: "ip", value: parseIp("2001:db8::1")! }, 0);
    expect(counters.tracked(0)).toBeUndefined();
    counters.track(0, table, SRC, 0);
    counters.track(1, table, { type: "ip", value: parseIp("10.0.0.2")! }, 0);
    expect(counters.tracked(1)).toBeUndefined();
    expect(counters.tracked(0)?.table).toBe("t");
  });

  test("an entry lives while it is tracked and a full expire longer", () => {
    const table = makeTable();
    const counters = new TrackedCounters();
    counters.track(0, table, SRC, 0);
    const { entry } = counters.tracked(0)!;
    expect(table.expire(9000, 10)).toBe(0);
    expect(table.holdCount(entry)).toBe(1);
    counters.release(9000);
    counters.release(9000);
    expect(table.holdCount(entry)).toBe(0);
    expect(valuesOf(table, ["conn_cur", "conn_cnt"], 9999)).toEqual([0, 1]);
    expect(table.expire(10_000, 10)).toBe(1);
  });

  test("changes are local updates", () => {
    const table = makeTable();
    const counters = new TrackedCounters();
    counters.track(0, table, SRC, 0);
    const idAtTrack = table.lastUpdateId;
    expect(idAtTrack).toBeGreaterThan(0);
    counters.release(1);
    expect(table.lastUpdateId).toBeGreaterThan(idAtTrack);
  });
});

describe("TableEntryView", () => {
  test("increment() adds to a counter and its rate and restarts expiry", () => {
    const table = makeTable();
    const view = lookupOrCreateSample(table, SRC, 0)!;
    expect(view.increment("gpc0", 0, 500)).toBe(1);
    expect(view.increment("gpc0", 0, 500)).toBe(2);
    expect(view.read("gpc0_rate", 0, 500)).toBe(2);
    expect(view.increment("gpc1", 0, 500)).toBeUndefined();
    expect(table.lookup(view.entry.key, 1499)).toBeDefined();
  });

  test("increment() gives the events of a rate that is stored without its counter", () => {
    const table = makeTable({ store: "gpc_rate(2,1000)" });
    const view = lookupOrCreateSample(table, SRC, 0)!;
    view.increment("gpc", 1, 0);
    expect(view.increment("gpc", 1, 1)).toBe(2);
    expect(view.read("gpc_rate", 0, 1)).toBe(0);
  });

  test("increment() and set() reach the arrays by their old names", () => {
    const table = makeTable({ store: "gpt(2),gpc(2),gpc_rate(2,1000)" });
    const view = lookupOrCreateSample(table, SRC, 0)!;
    expect(view.increment("gpc1", 0, 0)).toBe(1);
    expect(view.read("gpc_rate", 1, 0)).toBe(1);
    expect(view.set("gpt0", 0, 9, 0)).toBe(true);
    expect(view.read("gpt", 0, 0)).toBe(9);
    expect(view.set("gpt1", 0, 9, 0)).toBe(false);
  });

  test("lookupSample() never creates", () => {
    const table = makeTable();
    expect(lookupSample(table, SRC, 0)).toBeUndefined();
    expect(table.usedCount).toBe(0);
  });
});
