import { describe, expect, test } from "vitest";
import type { DeadlineEntry } from "../../../src/io/mover/deadlines.ts";
import { Deadlines } from "../../../src/io/mover/deadlines.ts";
import { HeldBytes } from "../../../src/io/mover/held-bytes.ts";
import { relayDue } from "../../../src/io/mover/relay-timeouts.ts";
import { SniTable } from "../../../src/io/tls/sni.ts";

describe("relayDue()", () => {
  const open = { activityMs: 1000, heardMs: 1000, hasEnded: false, isOwed: false };
  const ended = { ...open, hasEnded: true };

  test("relayDue() takes the earlier side, the client's when equal", () => {
    const spec = { clientMs: 50, serverMs: 50 };
    expect(relayDue(spec, open, open)).toEqual({ dueMs: 1050, side: "client" });
    expect(relayDue(spec, { ...open, activityMs: 1001 }, open)).toEqual({
      dueMs: 1050,
      side: "server",
    });
    expect(relayDue({}, open, open)).toBeUndefined();
  });

  test("relayDue() lets the tunnel timeout replace both", () => {
    const due = relayDue({ clientMs: 5, serverMs: 5, tunnelMs: 900 }, open, open);
    expect(due?.dueMs).toBe(1900);
  });

  test("relayDue() blames the server when the client has ended, unless the client is owed bytes", () => {
    const spec = { clientMs: 50, serverMs: 50 };
    expect(relayDue(spec, ended, open)?.side).toBe("server");
    expect(relayDue(spec, { ...ended, isOwed: true }, open)?.side).toBe("client");
  });

  test("relayDue() counts what the client says alone where that is wanted, until an end", () => {
    const spec = { clientMs: 50, isClientHeard: true };
    const told = { ...open, activityMs: 1_040 };
    expect(relayDue(spec, told, open)).toEqual({ dueMs: 1_050, side: "client" });
    expect(relayDue({ clientMs: 50 }, told, open)?.dueMs).toBe(1_090);
    expect(relayDue({ ...spec, clientFinMs: 10 }, told, ended)?.dueMs).toBe(1_050);
    expect(relayDue(spec, { ...told, hasEnded: true, isOwed: true }, open)?.dueMs).toBe(1_090);
    expect(relayDue({ serverMs: 50, isClientHeard: true }, open, told)?.dueMs).toBe(1_090);
  });

  test("relayDue() uses the fin timeout of the side that has been told of the other's end", () => {
    const spec = { clientMs: 500, serverMs: 500, tunnelMs: 900, clientFinMs: 10, serverFinMs: 20 };
    expect(relayDue(spec, ended, open)).toEqual({ dueMs: 1020, side: "server" });
    expect(relayDue(spec, open, ended)).toEqual({ dueMs: 1010, side: "client" });
  });
});

describe("Deadlines", () => {
  class Entry implements DeadlineEntry {
    deadlineSlot = -1;
    calledMs: number | undefined;
    atMs: number | undefined;

    constructor(atMs: number) {
      this.atMs = atMs;
    }

    dueMs(): number | undefined {
      return this.atMs;
    }

    onDue(nowMs: number): void {
      this.calledMs = nowMs;
    }
  }

  test("advance() calls each entry at most two slots late and never early, however far ahead", () => {
    const deadlines = new Deadlines(0);
    const entries = [1, 31, 32, 33, 1000, 32_767, 32_768, 40_000, 99_999].map(
      (at) => new Entry(at),
    );
    for (const entry of entries) deadlines.watch(entry);
    for (let nowMs = 0; nowMs < 101_000; nowMs += 7) deadlines.advance(nowMs);
    for (const { atMs, calledMs } of entries) {
      expect(calledMs! - atMs!).toBeGreaterThanOrEqual(0);
      expect(calledMs! - atMs!).toBeLessThan(2 * 32 + 7);
    }
    expect(deadlines.size).toBe(0);
  });

  test("advance() heeds a deadline that has moved later without being told", () => {
    const deadlines = new Deadlines(0);
    const entry = new Entry(100);
    deadlines.watch(entry);
    entry.atMs = 500;
    deadlines.advance(400);
    expect(entry.calledMs).toBeUndefined();
    deadlines.advance(600);
    expect(entry.calledMs).toBe(600);
  });

  test("advance() sees every entry once after a pause longer than the wheel", () => {
    const deadlines = new Deadlines(0);
    const entries = [50, 10_000, 30_000, 2_000_000].map((at) => new Entry(at));
    for (const entry of entries) deadlines.watch(entry);
    deadlines.advance(1_000_000);
    expect(entries.map((entry) => entry.calledMs)).toEqual([1e6, 1e6, 1e6, undefined]);
    deadlines.advance(2_000_100);
    expect(entries[3]!.calledMs).toBe(2_000_100);
  });

  test("forget() keeps an entry from being called", () => {
    const deadlines = new Deadlines(0);
    const entry = new Entry(100);
    deadlines.watch(entry);
    deadlines.forget(entry);
    deadlines.advance(1000);
    expect([entry.calledMs, deadlines.size]).toEqual([undefined, 0]);
  });
});

describe("HeldBytes", () => {
  test("append() keeps borrowed bytes when their memory is overwritten", () => {
    const held = new HeldBytes();
    const shared = Buffer.from("one");
    held.append(shared, true);
    shared.write("two");
    held.append(shared, true);
    shared.fill(0);
    expect(held.view().toString()).toBe("onetwo");
  });

  test("drop() and append() in any order keep what a plain string keeps", () => {
    const held = new HeldBytes();
    let twin = "";
    for (let i = 0; i < 500; i++) {
      const text = String(i);
      held.append(Buffer.from(text), i % 2 === 0);
      twin += text;
      if (i % 3 === 0) {
        held.drop(i % 11);
        twin = twin.slice(i % 11);
      }
      expect(held.view().toString()).toBe(twin);
    }
    expect(held.take()?.toString()).toBe(twin);
    expect([held.length, held.take()]).toEqual([0, undefined]);
  });
});

test("SniTable prefers exact names, then wildcards of one label, and heeds exclusions", () => {
  const table = new SniTable([
    { certificate: "first", filters: ["a.example", "*.example"] },
    { certificate: "second", filters: ["b.example", "*.c.example", "!no.c.example", "a.example"] },
  ]);
  const found = [
    "A.example",
    "b.example",
    "x.example",
    "x.c.example",
    "no.c.example",
    "q.x.example",
  ];
  expect(found.map((name) => table.find(name))).toEqual([
    "first",
    "second",
    "first",
    "second",
    undefined,
    undefined,
  ]);
});
