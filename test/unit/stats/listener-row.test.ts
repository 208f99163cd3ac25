import { describe, expect, test } from "vitest";
import { formatCsv } from "../../../src/stats/csv.ts";
import { formatJson, formatTyped } from "../../../src/stats/json.ts";
import { listenerIds } from "../../../src/stats/listener-row.ts";
import { formatTable } from "../../../src/stats/page-table.ts";
import type { StatsRow } from "../../../src/stats/columns.ts";
import { ALL_ROWS, statsRows } from "../../../src/stats/rows.ts";
import { Bench, configurationOf } from "../session/bench.ts";

function file(option: string, binds: string): string {
  return `
frontend in
  ${option}
  maxconn 2
${binds}
  default_backend brokers
frontend other
  bind 127.0.0.1:1
backend brokers
  server a 10.0.0.1:1883
`;
}

const BINDS = `
  bind 127.0.0.1:1883 name <plain>
  bind 127.0.0.1:8883-8884 maxconn 1
  bind /run/a.sock id 9`;

const FILE = file("option socket-stats", BINDS);

function rowsOf(bench: Bench, text = FILE): readonly StatsRow[] {
  const { proxies } = configurationOf(text);
  const source = { proxies, pages: new Map(), startedMs: 0, statusOf: () => undefined };
  return statsRows({ ...source, world: bench.world }, ALL_ROWS, bench.nowMs).filter(
    ({ kind }) => kind === "listener",
  );
}

describe("listenerRows()", () => {
  test("has a row for each address, with its own name and number", () => {
    const rows = rowsOf(new Bench(FILE));
    expect(rows.map(({ cells: { svname, sid, addr, slim } }) => [svname, sid, addr, slim])).toEqual(
      [
        ["<plain>", 1, "127.0.0.1:1883", 0],
        ["sock-2", 2, "127.0.0.1:8883", 1],
        ["sock-3", 3, "127.0.0.1:8884", 1],
        ["sock-9", 9, "unix", 0],
      ],
    );
    expect(rowsOf(new Bench(file("", BINDS)), file("", BINDS))).toEqual([]);
  });

  test("numbers as HAProxy does, around the ids of others", () => {
    const ids = (...given: (number | undefined)[]): readonly number[] =>
      listenerIds(given.map((id) => (id === undefined ? {} : { id })));
    expect(ids(undefined, undefined, 77, undefined)).toEqual([1, 2, 77, 4]);
    expect(ids(undefined, 1, undefined)).toEqual([2, 1, 4]);
    expect(ids(3, undefined, undefined)).toEqual([3, 2, 4]);
  });

  test("counts each address for itself, and keeps counting over a reload that names it", () => {
    const bench = new Bench(FILE);
    const client = bench.accept("in");
    expect(rowsOf(bench)[0]!.cells).toMatchObject({ scur: 1, smax: 1, stot: 1 });
    expect(rowsOf(bench)[1]!.cells).toMatchObject({ scur: 0, smax: 0, stot: 0 });
    const without = file("option socket-stats", "  bind 127.0.0.1:1883");
    bench.apply(without);
    client.tell({ kind: "client-closed" });
    expect(rowsOf(bench, without).map(({ cells }) => [cells.scur, cells.stot])).toEqual([[0, 1]]);
    bench.apply(FILE);
    expect(rowsOf(bench).map(({ cells }) => cells.stot)).toEqual([1, 0, 0, 0]);
  });

  test("forgets an address that a reload leaves out", () => {
    const without = file("option socket-stats", "  bind 127.0.0.1:2");
    const bench = new Bench(FILE);
    bench.accept("in").tell({ kind: "client-closed" });
    bench.apply(without);
    bench.apply(FILE);
    expect(rowsOf(bench)[0]!.cells).toMatchObject({ smax: 0, stot: 0 });
  });

  test("counts anew for a frontend that takes the address over", () => {
    const bench = new Bench(FILE);
    bench.accept("in");
    bench.frontend("in").listenerCounts.of("127.0.0.1:1883").isLimited = true;
    const moved = FILE.replace("frontend in", "frontend new");
    bench.apply(moved);
    // Whoever waits in the kernel's queue goes on waiting.
    expect(rowsOf(bench, moved)[0]!.cells).toMatchObject({ scur: 0, stot: 0, status: "WAITING" });
  });

  test("forgets with its frontend's counters", () => {
    const bench = new Bench(FILE);
    bench.accept("in").tell({ kind: "client-closed" });
    const { listenerCounts } = bench.frontend("in");
    listenerCounts.clear(false);
    expect(rowsOf(bench)[0]!.cells).toMatchObject({ smax: 0, stot: 1 });
    listenerCounts.clear(true);
    expect(rowsOf(bench)[0]!.cells).toMatchObject({ smax: 0, stot: 0 });
  });

  test("says at which limit clients wait", () => {
    const bench = new Bench(FILE);
    const { listenerCounts } = bench.frontend("in");
    listenerCounts.of("127.0.0.1:1883").isLimited = true;
    listenerCounts.of("127.0.0.1:8883").isLimited = true;
    listenerCounts.of("127.0.0.1:8883").sessions.enter();
    const statuses = rowsOf(bench).map(({ cells }) => cells.status);
    expect(statuses).toEqual(["WAITING", "FULL", "OPEN", "OPEN"]);
  });
});

describe("every form", () => {
  test("shows listeners as HAProxy types them", () => {
    const rows = rowsOf(new Bench(FILE)).slice(0, 1);
    expect(formatTyped(rows)).toMatch(/^L\.1\.1\.0\.pxname\.1:KNS:str:in\n/);
    expect(formatTyped(rows)).toContain("\nL.1.1.32.type.1:CGS:u32:3\n");
    expect(formatCsv(rows, false)).toContain("\nin,<plain>,,,0,0,0,0,0,0,0,0,0,");
    expect(formatJson(rows)).toMatch(/^\[\[\{"objType":"Listener","proxyId":1,"id":1,/);
    const table = formatTable(rows, true);
    expect(table).toContain('<tr><td class="name" title="127.0.0.1:1883">&#60;plain&#62;</td>');
  });
});
