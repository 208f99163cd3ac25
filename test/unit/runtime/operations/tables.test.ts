import { describe, expect, test } from "vitest";
import { keyFromText } from "../../../../src/stick/key.ts";
import { printEntry } from "../../../../src/stick/print.ts";
import { RuntimeBench } from "./bench.ts";

const CONFIG = `
listen be
  bind 127.0.0.1:1883
  stick-table type string len 8 size 10k expire 30m store server_id,conn_cnt,conn_rate(10s),gpc0
  server b1 10.0.0.1:1883
backend tint
  stick-table type integer size 1k expire 1m store gpc(2)
backend tip
  stick-table type ip size 1k expire 1m store gpt0,bytes_in_cnt
backend tbin
  stick-table type binary len 4 size 1k store gpc0
`;

function dump(bench: RuntimeBench, name: string): string[] {
  const table = bench.world.tables.get(name)!;
  return [...table.entries()].map((entry) => printEntry(table, entry, bench.nowMs));
}

describe("set table", () => {
  test("creates and changes, and tells peers", () => {
    const bench = new RuntimeBench(CONFIG);
    const before = bench.world.tables.get("be")!.lastUpdateId;
    bench.ask("set table be key a data.gpc0 5 data.conn_rate 7");
    bench.ask("set table be key a data.server_id -4 data.gpc0 4294967297");
    expect(dump(bench, "be")).toEqual([
      "key=a use=0 exp=1800000 server_id=-4 gpc0=1 conn_cnt=0 conn_rate(10000)=7",
    ]);
    expect(bench.world.tables.get("be")!.lastUpdateId).toBeGreaterThan(before);
    bench.ask("set table be key longer-than-eight");
    expect(dump(bench, "be")[1]).toContain("key=longer-t ");
  });

  test("restarts expiry", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set table tip key 1.2.3.4 data.gpt0 1");
    bench.nowMs += 59_000;
    bench.ask("set table tip key 1.2.3.4");
    expect(dump(bench, "tip")).toEqual(["key=1.2.3.4 use=0 exp=60000 gpt0=1 bytes_in_cnt=0"]);
  });

  test.each([
    ["set table", "Required arguments: <table> key <key> [data.<store_data_type> <value>]*"],
    ["set table nope", "No such table"],
    ["set table be", ""],
    ["set table be key", "Key value expected"],
    [
      "set table be bogus 1",
      "Required arguments: <table> key <key> [data.<store_data_type> <value>]*",
    ],
    [
      "set table be data.gpc0 5",
      'content-based lookup is only supported with the "show" and "clear" actions',
    ],
    ["set table be key a gpc0 5", '"data.<type>" followed by a value expected'],
    ["set table be key a data.bogus 5", "Unknown data type"],
    ["set table be key a data.gpt0 5", "Data type not stored in this table"],
    ["set table tint key 5 data.gpc0 5", "Data type not stored in this table"],
    ["set table be key a data.gpc0 0x5", "Require a valid integer value to store"],
    ["set table be key a data.gpc0", "Require a valid integer value to store"],
    ["set table be key a data.gpc0 99999999999999999999", "Require a valid integer value to store"],
    ["set table tint key -5 data.gpc 1", "Invalid key"],
    [
      "set table tbin key ab data.gpc0 1",
      "Inserting keys into tables of type other than ip, ipv6, string and integer is not supported",
    ],
  ])("%s: %s", (line, answer) => {
    const bench = new RuntimeBench(CONFIG);
    expect(bench.ask(line)).toBe(answer);
    expect(dump(bench, "be")).toEqual([]);
  });
});

describe("clear table", () => {
  test("removes one, those that a filter means, or all", () => {
    const bench = new RuntimeBench(CONFIG);
    for (const key of [1, 2, 3, 4, 5]) bench.ask(`set table be key k${key} data.gpc0 ${key}`);
    bench.ask("clear table be key k1");
    bench.ask("clear table be key k1");
    expect(dump(bench, "be")).toHaveLength(4);
    bench.ask("clear table be data.gpc0 ge 2 data.gpc0 lt 4");
    expect(dump(bench, "be").map((line) => line.slice(0, 6))).toEqual(["key=k4", "key=k5"]);
    bench.ask("clear table be");
    expect(dump(bench, "be")).toEqual([]);
  });

  test("leaves what is tracked", () => {
    const bench = new RuntimeBench(CONFIG);
    bench.ask("set table be key a");
    const table = bench.world.tables.get("be")!;
    table.hold(table.lookup(keyFromText(table.spec, "a")!, bench.nowMs)!);
    expect(bench.ask("clear table be key a")).toBe("Entry currently in use, cannot remove");
    bench.ask("clear table be");
    expect(dump(bench, "be")).toHaveLength(1);
  });

  const usage =
    'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>';
  const five = Array.from({ length: 5 }, () => "data.gpc0 eq 1").join(" ");
  test.each([
    ["clear table", usage],
    ["clear table be bogus", usage],
    ["clear table nope", "No such table"],
    [
      "clear table be data.gpc0",
      'Filter entry #1: Require and operator among "eq", "ne", "le", "ge", "lt", "gt"',
    ],
    [
      "clear table be data.gpc0 eq x",
      "Filter entry #1: Require a valid integer value to compare against",
    ],
    ["clear table be data.gpc0 eq 1 data.x eq 1", "Filter entry #2: Unknown data type"],
    ["clear table be data.gpt0 eq 1", "Filter entry #1: Data type not stored in this table"],
    [`clear table be ${five}`, "Detected extra data in filter, 16th word of input, after '1'"],
  ])("%s: %s", (line, answer) => {
    expect(new RuntimeBench(CONFIG).ask(line)).toBe(answer);
  });
});
