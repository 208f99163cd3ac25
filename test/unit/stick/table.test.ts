import { describe, expect, test } from "vitest";
import type { StickEntry } from "../../../src/stick/entry.ts";
import { isCompatible, StickTable } from "../../../src/stick/table.ts";
import { tableSpec } from "./spec.ts";

const STICKY = "server_id,server_key";

function keysOf(table: StickTable): string[] {
  return [...table.entries()].map((entry) => entry.key).sort();
}

describe("StickTable expiry", () => {
  test("lookup() gives no entry from the instant on at which it expires", () => {
    const table = new StickTable(tableSpec({ expireMs: 1000 }));
    table.getOrCreate("a", 0);
    expect(table.lookup("a", 999)?.key).toBe("a");
    expect(table.lookup("a", 1000)).toBeUndefined();
    expect(table.usedCount).toBe(0);
  });

  test("touch() restarts expiry, and a handle from before the expiry does nothing after it", () => {
    const table = new StickTable(tableSpec({ expireMs: 1000, store: STICKY }));
    const entry = table.getOrCreate("a", 0)!;
    table.touch(entry, 900, "local");
    expect(table.lookup("a", 1899)).toEqual(entry);
    expect(table.lookup("a", 1900)).toBeUndefined();
    const successor = table.getOrCreate("b", 1900)!;
    expect(successor.slot).toBe(entry.slot);
    table.write(entry, "server_id", 0, 7, 1900);
    table.setServerKey(entry, "b7");
    table.pin(entry);
    expect(table.read(successor, "server_id", 0, 1900)).toBe(0);
    expect(table.serverKey(successor)).toBeUndefined();
    expect(table.lookup("b", 2900)).toBeUndefined();
  });

  test("expire() removes at most as many as it is told, the earliest first", () => {
    const table = new StickTable(tableSpec({ expireMs: 100 }));
    for (const [at, key] of ["a", "b", "c", "d"].entries()) table.getOrCreate(key, at);
    expect(table.nextTimeout()).toBe(100);
    expect(table.expire(102, 2)).toBe(2);
    expect(keysOf(table)).toEqual(["c", "d"]);
    expect(table.expire(102, 10)).toBe(1);
    expect(table.nextTimeout()).toBe(103);
  });

  test("touchUntil() lets a peer shorten the time left", () => {
    const table = new StickTable(tableSpec({ expireMs: 1000 }));
    for (const key of ["a", "b", "c"]) table.getOrCreate(key, 0);
    table.touchUntil(table.lookup("b", 0)!, 10, "peer");
    expect(table.nextTimeout()).toBe(10);
    expect(table.expire(10, 10)).toBe(1);
    expect(keysOf(table)).toEqual(["a", "c"]);
  });

  test("nextTimeout() and expire() leave a table without expire alone", () => {
    const table = new StickTable(tableSpec());
    table.getOrCreate("a", 0);
    expect(table.nextTimeout()).toBeUndefined();
    expect(table.expire(1e12, 10)).toBe(0);
    expect(table.lookup("a", 1e12)?.key).toBe("a");
  });
});

describe("StickTable eviction", () => {
  test.each([undefined, 600_000])(
    "getOrCreate() evicts the least recently touched entry when full (expire %s)",
    (expireMs) => {
      const spec = tableSpec({ size: 3, ...(expireMs === undefined ? {} : { expireMs }) });
      const table = new StickTable(spec);
      for (const [at, key] of ["a", "b", "c"].entries()) table.getOrCreate(key, at);
      table.touch(table.lookup("a", 3)!, 3, "local");
      table.getOrCreate("d", 4);
      expect(keysOf(table)).toEqual(["a", "c", "d"]);
    },
  );

  test("getOrCreate() refuses with nopurge and full, but takes an expired entry's place", () => {
    const table = new StickTable(tableSpec({ size: 1, noPurge: true, expireMs: 100 }));
    table.getOrCreate("a", 0);
    expect(table.getOrCreate("b", 99)).toBeUndefined();
    expect(table.getOrCreate("b", 100)?.key).toBe("b");
  });

  test("getOrCreate() never evicts a pinned entry and refuses when all are", () => {
    const table = new StickTable(tableSpec({ size: 2, expireMs: 100 }));
    const a = table.getOrCreate("a", 0)!;
    table.pin(a);
    table.getOrCreate("b", 1);
    table.getOrCreate("c", 2);
    expect(keysOf(table)).toEqual(["a", "c"]);
    table.pin(table.lookup("c", 2)!);
    expect(table.getOrCreate("d", 500)).toBeUndefined();
  });

  test("getOrCreate() shrinks a table whose size was lowered by one entry a time", () => {
    const table = new StickTable(tableSpec({ size: 5 }));
    for (const [at, key] of ["a", "b", "c", "d", "e"].entries()) table.getOrCreate(key, at);
    table.reconfigure(tableSpec({ size: 3 }));
    table.getOrCreate("f", 10);
    expect(table.usedCount).toBe(4);
    table.getOrCreate("g", 11);
    table.getOrCreate("h", 12);
    expect(table.usedCount).toBe(3);
  });
});

describe("StickTable pins", () => {
  test("pin() keeps an entry as long as one pin is left; unpin() restarts its expiry", () => {
    const table = new StickTable(tableSpec({ expireMs: 100 }));
    const entry = table.getOrCreate("a", 0)!;
    table.pin(entry);
    table.pin(entry);
    expect(table.expire(1000, 10)).toBe(0);
    table.unpin(entry, 1000);
    expect(table.expire(5000, 10)).toBe(0);
    table.unpin(entry, 5000);
    expect(table.lookup("a", 5099)).toBeDefined();
    expect(table.expire(5100, 10)).toBe(1);
  });

  test("retouchPinned() makes changes of entries that have lost a third of their time", () => {
    const table = new StickTable(tableSpec({ expireMs: 300 }));
    for (const key of ["a", "b", "c"]) table.pin(table.getOrCreate(key, 0)!);
    table.getOrCreate("free", 0);
    expect(table.retouchPinned(99, 10)).toEqual([]);
    expect(table.nextTimeout()).toBe(100);
    expect(table.retouchPinned(100, 2).map((entry) => entry.key)).toEqual(["a", "b"]);
    expect(table.retouchPinned(100, 2).map((entry) => entry.key)).toEqual(["c"]);
    expect([...table.updatesSince(0)].map((entry) => entry.key)).toEqual(["a", "b", "c"]);
    expect(table.retouchPinned(199, 10)).toEqual([]);
    expect(table.retouchPinned(200, 10)).toHaveLength(3);
  });

  test("delete() and clear() remove pinned entries but no tracked ones", () => {
    const table = new StickTable(tableSpec({ expireMs: 100 }));
    const pinned = table.getOrCreate("pinned", 0)!;
    const tracked = table.getOrCreate("tracked", 0)!;
    table.pin(pinned);
    table.hold(tracked);
    expect(table.delete("tracked")).toBe("in-use");
    expect(table.delete("absent")).toBe("missing");
    expect(table.clear()).toBe(1);
    expect(keysOf(table)).toEqual(["tracked"]);
    table.unpin(pinned, 1);
    table.release(tracked, 1);
    expect(table.delete("tracked")).toBe("deleted");
  });
});

test("an entry in the place of a pinned one that was deleted is not pinned", () => {
  const table = new StickTable(tableSpec({ expireMs: 100 }));
  const pinned = table.getOrCreate("pinned", 0)!;
  table.pin(pinned);
  table.delete("pinned");
  const successor = table.getOrCreate("next", 0)!;
  expect(successor.slot).toBe(pinned.slot);
  table.unpin(pinned, 50);
  expect(table.expire(100, 10)).toBe(1);
});

describe("StickTable updates", () => {
  test("updatesSince() lists the latest change of each entry in order, without learned ones", () => {
    const table = new StickTable(tableSpec());
    for (const key of ["a", "b", "c"]) table.touch(table.getOrCreate(key, 0)!, 0, "local");
    table.touch(table.getOrCreate("learned", 0)!, 0, "peer");
    table.touch(table.lookup("a", 1)!, 1, "local");
    expect(table.lastUpdateId).toBe(4);
    expect([...table.updatesSince(0)].map((entry) => entry.key)).toEqual(["b", "c", "a"]);
    expect([...table.updatesSince(2)].map((entry) => entry.key)).toEqual(["c", "a"]);
    expect([...table.updatesSince(4)]).toEqual([]);
    expect(table.updateId(table.lookup("learned", 1)!)).toBeUndefined();
  });

  test("updatesSince() goes on over the wrap of ids", () => {
    const table = new StickTable(tableSpec(), 0xffff_fffe);
    for (const key of ["a", "b", "c"]) table.touch(table.getOrCreate(key, 0)!, 0, "local");
    const ids = [...table.updatesSince(0xffff_fffe)].map((entry) => table.updateId(entry));
    expect(ids).toEqual([0xffff_ffff, 0, 1]);
    expect([...table.updatesSince(0xffff_ffff)].map((entry) => entry.key)).toEqual(["b", "c"]);
    expect([...table.updatesSince(0)].map((entry) => entry.key)).toEqual(["c"]);
  });

  test("updatesSince() takes an id from the future for one of an earlier life", () => {
    const table = new StickTable(tableSpec());
    for (const key of ["a", "b"]) table.touch(table.getOrCreate(key, 0)!, 0, "local");
    expect([...table.updatesSince(77)].map((entry) => entry.key)).toEqual(["a", "b"]);
  });

  test("updatesSince() may be read while its entries are changed and removed", () => {
    const table = new StickTable(tableSpec());
    for (const key of ["a", "b", "c", "d"]) table.touch(table.getOrCreate(key, 0)!, 0, "local");
    const updates = table.updatesSince(0);
    expect((updates.next().value as StickEntry).key).toBe("a");
    table.touch(table.lookup("a", 1)!, 1, "local");
    table.delete("b");
    expect([...updates].map((entry) => entry.key)).toEqual(["c", "d", "a"]);
  });
});

describe("StickTable data", () => {
  test("write() and add() keep each kind within its range", () => {
    const table = new StickTable(tableSpec({ store: "server_id,gpc0,bytes_in_cnt" }));
    const entry = table.getOrCreate("a", 0)!;
    table.write(entry, "server_id", 0, -1, 0);
    table.write(entry, "gpc0", 0, 0xffff_ffff, 0);
    table.add(entry, "gpc0", 0, 2, 0);
    table.write(entry, "bytes_in_cnt", 0, 5e12, 0);
    table.add(entry, "bytes_in_cnt", 0, 7, 0);
    expect(table.read(entry, "server_id", 0, 0)).toBe(-1);
    expect(table.read(entry, "gpc0", 0, 0)).toBe(1);
    expect(table.read(entry, "bytes_in_cnt", 0, 0)).toBe(5e12 + 7);
    expect(table.read(entry, "gpc1", 0, 0)).toBeUndefined();
    expect(table.write(entry, "gpc1", 0, 1, 0)).toBe(false);
  });

  test("read() falls back from gpc0 and its kin to the arrays", () => {
    const table = new StickTable(tableSpec({ store: "gpt(2),gpc(2),gpc_rate(2,1000)" }));
    const entry = table.getOrCreate("a", 0)!;
    table.write(entry, "gpc", 1, 5, 0);
    table.write(entry, "gpt0", 0, 6, 0);
    table.add(entry, "gpc1_rate", 0, 3, 0);
    expect(table.read(entry, "gpc1", 0, 0)).toBe(5);
    expect(table.read(entry, "gpt", 0, 0)).toBe(6);
    expect(table.read(entry, "gpc_rate", 1, 0)).toBe(3);
    expect(table.read(entry, "gpc", 2, 0)).toBeUndefined();
  });

  test("a slot that is used again starts from zero", () => {
    const table = new StickTable(tableSpec({ store: `${STICKY},conn_rate(1000)` }));
    const old = table.getOrCreate("a", 0)!;
    table.write(old, "server_id", 0, 3, 0);
    table.setServerKey(old, "b3");
    table.add(old, "conn_rate", 0, 9, 0);
    table.delete("a");
    const entry = table.getOrCreate("b", 0)!;
    expect(entry.slot).toBe(old.slot);
    expect(table.read(entry, "server_id", 0, 0)).toBe(0);
    expect(table.read(entry, "conn_rate", 0, 0)).toBe(0);
    expect(table.serverKey(entry)).toBeUndefined();
  });

  test("reconfigure() keeps entries, pins and the data that stays", () => {
    const table = new StickTable(tableSpec({ store: `${STICKY},gpc(2)`, expireMs: 100 }));
    const entry = table.getOrCreate("a", 0)!;
    table.setServerKey(entry, "b1");
    table.write(entry, "gpc", 1, 4, 0);
    table.pin(entry);
    table.reconfigure(tableSpec({ store: "conn_cnt,server_key,gpc(3)", expireMs: 50 }));
    expect(table.types.map(({ type }) => type.name)).toEqual(["conn_cnt", "server_key", "gpc"]);
    expect(table.serverKey(entry)).toBe("b1");
    expect([0, 1, 2].map((index) => table.read(entry, "gpc", index, 0))).toEqual([0, 4, 0]);
    expect(table.read(entry, "server_id", 0, 0)).toBeUndefined();
    table.unpin(entry, 1000);
    expect(table.expire(1049, 1)).toBe(0);
    expect(table.expire(1050, 1)).toBe(1);
    expect(isCompatible(table.spec, tableSpec({ keyLengthMax: 32 }))).toBe(false);
    expect(isCompatible(table.spec, tableSpec({ keyType: "binary" }))).toBe(false);
  });

  test("a large table that empties gives its slots back and works on", () => {
    const table = new StickTable(tableSpec({ size: 5000, store: STICKY }));
    const stale = table.getOrCreate("0", 0)!;
    for (let i = 0; i < 3000; i += 1) table.getOrCreate(String(i), i);
    expect(table.clear()).toBe(3000);
    const entry = table.getOrCreate("next", 9)!;
    expect(entry.slot).toBe(0);
    expect(table.isLive(stale)).toBe(false);
    expect(keysOf(table)).toEqual(["next"]);
  });

  test("has an entry until it expires, or is removed", () => {
    const table = new StickTable(tableSpec({ expireMs: 100 }));
    const entry = table.getOrCreate("a", 0)!;
    expect([table.has(entry, 99), table.has(entry, 100)]).toEqual([true, false]);
    table.pin(entry);
    expect(table.has(entry, 100)).toBe(true);
    table.delete("a");
    table.getOrCreate("a", 100);
    expect(table.has(entry, 100)).toBe(false);
  });
});
