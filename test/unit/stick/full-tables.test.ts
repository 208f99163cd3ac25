import { expect, test } from "vitest";
import { TABLE_FULL_NOTICE_MS } from "../../../src/limits.ts";
import { FullTables } from "../../../src/stick/full-tables.ts";
import { StickTable } from "../../../src/stick/table.ts";
import { tableSpec } from "./spec.ts";

test("look() is silent about a table with room, and about room that expiry made", () => {
  const full = new FullTables();
  const table = new StickTable(tableSpec({ size: 2, expireMs: 1_000 }));
  table.getOrCreate("a", 0);
  table.getOrCreate("b", 0);
  expect(full.look("t", table, 0)).toBeUndefined();
  table.getOrCreate("c", 1_000);
  expect(full.look("t", table, 1_000)).toBeUndefined();
});

test("look() tells how many were refused or displaced, once in a while", () => {
  const full = new FullTables();
  const purging = new StickTable(tableSpec({ size: 1, expireMs: 100_000 }));
  const strict = new StickTable(tableSpec({ size: 1, expireMs: 100_000, noPurge: true }));
  for (const key of ["a", "b", "c"]) {
    purging.getOrCreate(key, 0);
    strict.getOrCreate(key, 0);
  }
  expect(full.look("p", purging, 0)).toBe(
    "Stick table 'p' is full (size 1): 2 entries made room before they expired. " +
      "Raise its 'size' or lower its 'expire'.",
  );
  expect(full.look("s", strict, 0)).toMatch(/: 2 new keys were not stored\. /);
  strict.getOrCreate("d", 1);
  expect(full.look("s", strict, TABLE_FULL_NOTICE_MS - 1)).toBeUndefined();
  expect(full.look("s", strict, TABLE_FULL_NOTICE_MS)).toMatch(/: 1 new keys were not stored\. /);
  expect(full.look("s", strict, 3 * TABLE_FULL_NOTICE_MS)).toBeUndefined();
});
