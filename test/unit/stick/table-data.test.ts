import { describe, expect, test } from "vitest";
import { dataTypeByName, dataTypeByNumber, DATA_TYPES } from "../../../src/stick/data-types.ts";
import { Dictionary } from "../../../src/stick/dictionary.ts";
import { withServerData } from "../../../src/stick/server-data.ts";
import { TableData } from "../../../src/stick/table-data.ts";
import { tableSpec } from "./spec.ts";

describe("Dictionary", () => {
  test("release() frees a string with its last use only, and its number is used again", () => {
    const dictionary = new Dictionary();
    const first = dictionary.acquire("b1");
    expect(dictionary.acquire("b1")).toBe(first);
    dictionary.release(first);
    expect(dictionary.text(first)).toBe("b1");
    dictionary.release(first);
    expect(dictionary.text(first)).toBeUndefined();
    expect(dictionary.size).toBe(0);
    expect(dictionary.acquire("b2")).toBe(first);
  });

  test("release() of 0, which means none, does nothing", () => {
    const dictionary = new Dictionary();
    dictionary.release(0);
    expect(dictionary.text(0)).toBeUndefined();
    expect(dictionary.acquire("b1")).toBe(1);
  });
});

describe("TableData", () => {
  test("setServerKey(), clearSlot() and reconfigure() leave no string behind", () => {
    const data = new TableData([{ type: "server_key" }]);
    for (let slot = 0; slot < 4; slot += 1) data.setServerKey(slot, "shared");
    for (let i = 0; i < 100; i += 1) data.setServerKey(0, `b${i}`);
    expect(data.stringCount).toBe(2);
    data.clearSlot(0);
    expect(data.stringCount).toBe(1);
    data.reconfigure([{ type: "gpc0" }], [1, 2, 3]);
    expect(data.stringCount).toBe(0);
  });
});

describe("data types", () => {
  test("dataTypeByNumber() and dataTypeByName() agree with the protocol's numbers", () => {
    DATA_TYPES.forEach((type, at) => {
      expect(type.number).toBe(at);
      expect(dataTypeByName(type.name)).toBe(dataTypeByNumber(at));
    });
    expect(DATA_TYPES).toHaveLength(25);
    expect([0, 19, 24].map((at) => dataTypeByNumber(at)?.name)).toEqual([
      "server_id",
      "server_key",
      "gpc_rate",
    ]);
  });
});

test("withServerData() adds what sticking rules store, once", () => {
  const spec = withServerData(tableSpec({ store: "conn_cnt,server_id" }));
  expect(spec.store.map(({ type }) => type)).toEqual(["server_key", "conn_cnt", "server_id"]);
  expect(withServerData(spec)).toBe(spec);
});
