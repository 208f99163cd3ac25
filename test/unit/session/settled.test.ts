import { describe, expect, test } from "vitest";
import type { StickTable } from "../../../src/stick/table.ts";
import { Bench } from "./bench.ts";

const FRONTEND = `listen in
  mode tcp
  timeout client 10s
  timeout connect 1s
  bind :1883
  tcp-request inspect-delay 2s
  tcp-request content accept if { req.len gt 0 }
  server s1 127.0.0.1:1`;

describe("what a session keeps once its relay runs", () => {
  test.each([
    [true, 5],
    [false, 0],
  ])("first bytes only for log lines that ask for samples: %s", (logsSamples, byteCount) => {
    const bench = new Bench(FRONTEND);
    bench.frontend("in").logsSamples = logsSamples;
    const client = bench.accept().send(Buffer.from("hello"));
    expect(client.session.context.request.bytes).toHaveLength(5);
    client.connected();
    expect(client.state).toBe("relaying");
    expect(client.session.context.request.bytes).toHaveLength(byteCount);
  });
});

test("steps of a log line are whole ms since the accept, and add up", () => {
  const bench = new Bench(FRONTEND);
  const client = bench.accept();
  bench.nowMs += 0.4;
  client.send(Buffer.from("hello"));
  bench.nowMs += 0.4;
  client.connected();
  bench.nowMs += 0.8;
  const counters = { bytesToServer: 5, bytesToClient: 0 };
  client.tell({ kind: "relay-ended", end: "client-closed", counters });
  const { queueMs, connectMs, totalMs } = bench.logs[0]!;
  expect([queueMs, connectMs, totalMs]).toEqual([0, 1, 2]);
});

interface Found {
  readonly table: StickTable;
  readonly gpc0: number | undefined;
}

describe("a table entry that was found", () => {
  const STICKY = `listen in
    mode tcp
    timeout connect 10s
    bind :1883
    stick-table type string len 8 size 10 expire 5s store gpc0
    stick on str(device)
    no option pin-stick-entries
    server s1 127.0.0.1:1
    server s2 127.0.0.1:2`;

  /** A client is served, and comes again; `meanwhile` runs while its server is connected to. What the entry says then. */
  function comeAgain(meanwhile: (bench: Bench, table: StickTable) => void): Found {
    const bench = new Bench(STICKY);
    bench.accept().connected();
    const table = bench.world.tables.get("in")!;
    table.write(table.lookup("device", bench.nowMs)!, "gpc0", 0, 7, bench.nowMs);
    const client = bench.accept();
    meanwhile(bench, table);
    client.connected();
    const entry = table.lookup("device", bench.nowMs)!;
    expect(table.read(entry, "server_id", 0, bench.nowMs)).toBe(1);
    expect(table.expiresInMs(entry, bench.nowMs)).toBe(5_000);
    return { table, gpc0: table.read(entry, "gpc0", 0, bench.nowMs) };
  }

  test("is the one that names the server", () => {
    const { gpc0, table } = comeAgain((bench) => (bench.nowMs += 4_999));
    expect([gpc0, table.usedCount]).toEqual([7, 1]);
  });

  test("is made anew if it has expired meanwhile", () => {
    const { gpc0 } = comeAgain((bench) => (bench.nowMs += 5_000));
    expect(gpc0).toBe(0);
  });

  test("is made anew if somebody has removed it, and another has its place", () => {
    const { gpc0, table } = comeAgain((bench, table) => {
      table.delete("device");
      table.getOrCreate("other", bench.nowMs);
    });
    expect([gpc0, table.usedCount]).toEqual([0, 2]);
    const other = table.lookup("other", 1_000)!;
    expect(table.read(other, "server_id", 0, 1_000)).toBe(0);
  });
});
