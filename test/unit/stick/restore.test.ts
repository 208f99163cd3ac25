import { expect, test } from "vitest";
import { isRestorable, restoreEntries } from "../../../src/stick/restore.ts";
import { encodeSnapshot } from "../../../src/stick/snapshot.ts";
import { SnapshotReader } from "../../../src/stick/snapshot-reader.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { tableSpec } from "./spec.ts";

/** Saves at instant 1000 of both clocks, and restores at these. */
function move(from: StickTable, to: StickTable, nowMs: number, wallMs: number): number {
  const reader = new SnapshotReader();
  for (const chunk of encodeSnapshot(from, { nowMs: 1000, wallMs: 1000 })) reader.push(chunk);
  const first = reader.next();
  if (first.kind !== "header") throw new Error(`Found ${first.kind}, expected a header`);
  let restoredCount = 0;
  for (let event = reader.next(); event.kind === "entries"; event = reader.next()) {
    const counts = restoreEntries(to, first.header, event.entries, { nowMs, wallMs });
    restoredCount += counts.restoredCount;
  }
  return restoredCount;
}

function tableWith(keys: readonly string[], nowMs: number, size = 100): StickTable {
  const table = new StickTable(tableSpec({ size, expireMs: 1000, store: "server_id,server_key" }));
  for (const key of keys) {
    const entry = table.getOrCreate(key, nowMs)!;
    table.touch(entry, nowMs, "local");
    table.setServerKey(entry, `of-${nowMs}`);
  }
  return table;
}

test("restoreEntries() keeps the entry that lives longer of two with the same key", () => {
  const saved = tableWith(["a"], 900);
  const older = tableWith(["a"], 1000);
  move(saved, older, 1600, 1000);
  expect(older.serverKey(older.lookup("a", 1600)!)).toBe("of-900");
  const younger = tableWith(["a"], 1600);
  expect(move(saved, younger, 1600, 1000)).toBe(0);
  expect(younger.serverKey(younger.lookup("a", 1600)!)).toBe("of-1600");
});

test("restoreEntries() gives an entry that was in use its whole time", () => {
  const saved = tableWith(["free", "pinned"], 500);
  saved.pin(saved.lookup("pinned", 500)!);
  const table = tableWith([], 0);
  expect(move(saved, table, 0, 1600)).toBe(1);
  expect(table.expiresInMs(table.lookup("pinned", 0)!, 0)).toBe(400);
});

test("restoreEntries() takes a wall clock that went back for no time spent off", () => {
  const table = tableWith([], 0);
  expect(move(tableWith(["a"], 900), table, 0, 5)).toBe(1);
  expect(table.expiresInMs(table.lookup("a", 0)!, 0)).toBe(900);
});

test("restoreEntries() evicts nothing and stays within the size", () => {
  const table = tableWith(["present"], 0, 2);
  expect(move(tableWith(["a", "b", "c"], 1000), table, 0, 1000)).toBe(1);
  expect([...table.entries()].map((entry) => entry.key)).toEqual(["present", "a"]);
});

test("restoreEntries() never lets an entry live longer than the table's own expire", () => {
  const table = new StickTable(tableSpec({ expireMs: 50 }));
  move(tableWith(["a"], 1000), table, 0, 1000);
  expect(table.expiresInMs(table.lookup("a", 0)!, 0)).toBe(50);
});

test("restoreEntries() keeps the order of eviction of a table without expire", () => {
  const saved = new StickTable(tableSpec());
  for (const [at, key] of ["a", "b", "c"].entries()) saved.getOrCreate(key, at);
  saved.touch(saved.lookup("a", 500)!, 500, "local");
  const table = new StickTable(tableSpec({ size: 3 }));
  move(saved, table, 10, 99_000);
  table.getOrCreate("d", 11);
  expect([...table.entries()].map((entry) => entry.key).sort()).toEqual(["a", "c", "d"]);
});

test("restoreEntries() drops data that the table stores no more and rates of another period", () => {
  const saved = new StickTable(tableSpec({ expireMs: 1000, store: "gpc0,conn_rate(1000)" }));
  const entry = saved.getOrCreate("a", 1000)!;
  saved.write(entry, "gpc0", 0, 3, 1000);
  saved.add(entry, "conn_rate", 0, 9, 1000);
  const table = new StickTable(tableSpec({ expireMs: 1000, store: "gpt0,conn_rate(2000)" }));
  move(saved, table, 0, 1000);
  const restored = table.lookup("a", 0)!;
  expect(table.read(restored, "conn_rate", 0, 0)).toBe(0);
  expect(table.read(restored, "gpt0", 0, 0)).toBe(0);
});

test("isRestorable() refuses other keys", () => {
  const header = { wallMs: 0, name: "t", types: [], keyType: "string", keyLengthMax: 31 } as const;
  const table = new StickTable(tableSpec());
  expect(isRestorable(table, header)).toBe(true);
  expect(isRestorable(table, { ...header, keyLengthMax: 32 })).toBe(false);
  expect(isRestorable(table, { ...header, keyType: "binary" })).toBe(false);
});
