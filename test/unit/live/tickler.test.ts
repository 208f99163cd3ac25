import { describe, expect, it } from "vitest";
import { CONNECTION_KEY_BYTES, readConnectionKey } from "../../../src/base/connection-key.ts";
import { printIp } from "../../../src/base/ip.ts";
import { TICKLE_ROUND_MS, TICKLE_SCAN_ENTRIES_MAX } from "../../../src/limits.ts";
import { LiveList } from "../../../src/live/live-list.ts";
import { Tickler } from "../../../src/live/tickler.ts";
import { learn } from "./learned.ts";

const VIP = "192.0.2.100";

/** Ports of the clients tickled so far. */
function drain(tickler: Tickler): number[] {
  const ports: number[] = [];
  for (let effect = tickler.poll(); effect !== undefined; effect = tickler.poll()) {
    if (effect.kind !== "tickle") continue;
    const bytes = Buffer.from(effect.connections, "base64");
    for (let at = 0; at < bytes.length; at += CONNECTION_KEY_BYTES) {
      const key = readConnectionKey(bytes.subarray(at, at + CONNECTION_KEY_BYTES))!;
      expect(printIp(key.client.address)).toBe("198.51.100.1");
      ports.push(key.client.port);
    }
  }
  return ports;
}

/** Runs timers until this instant; what was tickled when. */
function runTo(tickler: Tickler, untilMs: number): { ports: number[]; lastMs: number } {
  const ports: number[] = [];
  let lastMs = -1;
  for (let dueMs = tickler.nextTimeout(); dueMs !== undefined; dueMs = tickler.nextTimeout()) {
    if (dueMs > untilMs) break;
    tickler.handle({ kind: "timeout" }, dueMs);
    const now = drain(tickler);
    if (now.length > 0) lastMs = dueMs;
    ports.push(...now);
  }
  return { ports, lastMs };
}

describe("tickles", () => {
  it("go to each client of a gained address twice, a second apart, then no more", () => {
    const { table } = new LiveList();
    learn(table, [1, 2, 3], VIP, 0);
    learn(table, [7], "192.0.2.200", 0);
    const tickler = new Tickler(table, () => 2_000);
    tickler.handle({ kind: "vips", held: [VIP] }, 100);
    expect(drain(tickler)).toEqual([1, 2, 3]);
    expect(tickler.nextTimeout()).toBe(100 + TICKLE_ROUND_MS);
    expect(runTo(tickler, 10_000).ports).toEqual([1, 2, 3]);
    expect(tickler.nextTimeout()).toBeUndefined();
    expect(table.usedCount).toBe(1);
    tickler.handle({ kind: "vips", held: [] }, 20_000);
    tickler.handle({ kind: "vips", held: [VIP] }, 20_001);
    expect(drain(tickler)).toEqual([]);
  });

  it("leave out what this node serves, and what has been closed", () => {
    const list = new LiveList();
    const { table } = list;
    list.opened(
      1,
      { kind: "ip", family: 4, host: "198.51.100.1", port: 1 },
      { kind: "ip", family: 4, host: VIP, port: 1883 },
      0,
    );
    list.work(1_000);
    learn(table, [2], VIP, 0);
    learn(table, [3], VIP, 0, 0);
    const tickler = new Tickler(table, () => 2_000);
    tickler.handle({ kind: "vips", held: [VIP] }, 1_000);
    expect(drain(tickler)).toEqual([2]);
  });

  it("keep to the rate, and stop when the address is lost", () => {
    const { table } = new LiveList();
    const ports = Array.from({ length: 500 }, (_, index) => index + 1);
    learn(table, ports, VIP, 0);
    const tickler = new Tickler(table, () => 100);
    tickler.handle({ kind: "vips", held: [VIP] }, 0);
    const first = drain(tickler);
    const { ports: within } = runTo(tickler, 1_000);
    expect(first.length + within.length).toBeGreaterThan(95);
    expect(first.length + within.length).toBeLessThanOrEqual(102);
    tickler.handle({ kind: "vips", held: [] }, 1_001);
    expect(tickler.nextTimeout()).toBeUndefined();
    expect(runTo(tickler, 9_000).ports).toEqual([]);
  });

  it("are off at rate 0, and slower than one a batch at rate 1", () => {
    const { table } = new LiveList();
    learn(table, [1, 2, 3], VIP, 0);
    const off = new Tickler(table, () => 0);
    off.handle({ kind: "vips", held: [VIP] }, 0);
    expect(off.poll()).toBeUndefined();
    expect(off.nextTimeout()).toBeUndefined();
    const slow = new Tickler(table, () => 1);
    slow.handle({ kind: "vips", held: [VIP] }, 0);
    expect([...drain(slow), ...runTo(slow, 2_100).ports]).toEqual([1, 2, 3]);
  });

  it("begin anew when the list has been learned while an address is held", () => {
    const { table } = new LiveList();
    const tickler = new Tickler(table, () => 2_000);
    tickler.handle({ kind: "learned" }, 0);
    tickler.handle({ kind: "vips", held: [VIP, "not an address"] }, 0);
    runTo(tickler, 5_000);
    learn(table, [1], VIP, 6_000);
    tickler.handle({ kind: "learned" }, 6_000);
    expect(drain(tickler)).toEqual([1]);
  });

  it("look at a bounded part of the list in one turn", () => {
    const { table } = new LiveList();
    const others = Array.from({ length: TICKLE_SCAN_ENTRIES_MAX }, (_, index) => index + 1);
    learn(table, others, "192.0.2.200", 0);
    learn(table, [1], VIP, 0);
    const tickler = new Tickler(table, () => 2_000);
    tickler.handle({ kind: "vips", held: [VIP] }, 0);
    expect(drain(tickler)).toEqual([]);
    expect(tickler.nextTimeout()).toBe(0);
    expect(runTo(tickler, 0).ports).toEqual([1]);
  });
});
