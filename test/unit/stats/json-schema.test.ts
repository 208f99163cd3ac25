import { describe, expect, test } from "vitest";
import { formatJson } from "../../../src/stats/json.ts";
import { JSON_SCHEMA } from "../../../src/stats/json-schema.ts";
import { COLUMNS, type StatsCells, type StatsRow } from "../../../src/stats/columns.ts";
import { schemaCheck } from "../../support/json-schema.ts";

const follows = schemaCheck(JSON_SCHEMA);

/** A row in which every column has a value. */
function fullRow(kind: StatsRow["kind"]): StatsRow {
  const cells: StatsCells = {};
  for (const { name, type } of COLUMNS) cells[name] = type === "str" ? '<"\u0000\n' : 7;
  return { kind, proxyId: 2, serverId: 1, cells: { ...cells, lastsess: -1 } };
}

function statistics(): Record<string, unknown>[][] {
  return JSON.parse(formatJson([fullRow("server")])) as Record<string, unknown>[][];
}

describe("JSON_SCHEMA", () => {
  test("takes every column of every kind of row, and no rows at all", () => {
    const kinds = ["frontend", "listener", "server", "backend"] as const;
    expect(follows(JSON.parse(formatJson(kinds.map(fullRow))))).toBe("");
    expect(follows(JSON.parse(formatJson([])))).toBe("");
  });

  test.each([
    ["an unknown kind of row", { objType: "Proxy" }],
    ["a value without a type", { value: { value: "be" } }],
    ["a text as a number", { value: { type: "u32", value: "7" } }],
    ["a negative counter", { value: { type: "u64", value: -1 } }],
    ["a number that is too large", { value: { type: "u32", value: 2 ** 32 } }],
    ["a nature that is none", { tags: { origin: "Key", nature: "Odd", scope: "Service" } }],
    ["a field without its place", { field: { name: "pxname" } }],
  ])("refuses %s", (_, change) => {
    const rows = statistics();
    Object.assign(rows[0]![3]!, change);
    expect(follows(rows)).not.toBe("");
  });

  test.each([
    ["an object", {}],
    ["a row outside of an array", { row: statistics()[0] }],
    ["a row without cells", [[]]],
  ])("refuses %s", (_, value) => {
    expect(follows(value)).not.toBe("");
  });
});
