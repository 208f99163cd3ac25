import { describe, expect, it } from "vitest";
import type { IpEndpoint } from "../../../src/base/address.ts";
import {
  connectionKey,
  localAddressOf,
  readConnectionKey,
} from "../../../src/base/connection-key.ts";
import { parseIp, printIp, toIpv6 } from "../../../src/base/ip.ts";
import {
  LIVE_CLOSED_TOLD_MS,
  LIVE_EXPIRE_MS,
  LIVE_LISTED_AFTER_MS,
  LIVE_STEP_ENTRIES_MAX,
} from "../../../src/limits.ts";
import { addressKey } from "../../../src/live/address-key.ts";
import { LiveList } from "../../../src/live/live-list.ts";
import { byteString } from "../../../src/rules/bytes.ts";

function end(host: string, port: number): IpEndpoint {
  return { kind: "ip", family: host.includes(":") ? 6 : 4, host, port };
}

const VIP = end("192.0.2.100", 1883);

/** Entries as `client>local=value`. */
function shown(list: LiveList, nowMs: number): string[] {
  return [...list.table.entries()].map((entry) => {
    const read = readConnectionKey(Buffer.from(entry.key, "latin1"))!;
    const ends = [read.client, read.local].map((e) => `${printIp(e.address)}:${e.port}`);
    return `${ends.join(">")}=${list.table.read(entry, "gpt0", 0, nowMs)}`;
  });
}

describe("connection keys", () => {
  it("keep both ends of either family", () => {
    for (const [client, local] of [
      [end("192.0.2.1", 50_000), VIP],
      [end("2001:db8::1", 1), end("2001:db8::100", 65_535)],
    ] as const) {
      const key = connectionKey(client, local)!;
      expect(key).toHaveLength(36);
      const read = readConnectionKey(key)!;
      expect([printIp(read.client.address), read.client.port]).toEqual([client.host, client.port]);
      expect([printIp(read.local.address), read.local.port]).toEqual([local.host, local.port]);
      expect(localAddressOf(byteString(key))).toBe(byteString(toIpv6(parseIp(local.host)!)));
    }
  });

  it("refuse zones, names, other lengths and ends of two families", () => {
    expect(connectionKey(end("fe80::1%eth0", 1), VIP)).toBeUndefined();
    expect(connectionKey(end("broker", 1), VIP)).toBeUndefined();
    expect(readConnectionKey(new Uint8Array(35))).toBeUndefined();
    expect(readConnectionKey(connectionKey(end("2001:db8::1", 1), VIP)!)).toBeUndefined();
  });
});

describe("the list of live connections", () => {
  it("takes in what has lived for a second, and tells of its end", () => {
    const list = new LiveList();
    list.opened(1, end("192.0.2.1", 5_000), VIP, 0);
    list.work(LIVE_LISTED_AFTER_MS - 1);
    expect(shown(list, 0)).toEqual([]);
    expect(list.nextTimeout()).toBe(LIVE_LISTED_AFTER_MS - 1 + 100);
    list.work(LIVE_LISTED_AFTER_MS);
    expect(shown(list, 0)).toEqual(["192.0.2.1:5000>192.0.2.100:1883=1"]);
    const listedId = list.table.lastUpdateId;
    list.closed(1, 2_000);
    expect(shown(list, 2_000)).toEqual(["192.0.2.1:5000>192.0.2.100:1883=0"]);
    expect(list.table.lastUpdateId).toBe(listedId + 1);
    expect(list.nextTimeout()).toBe(2_000 + LIVE_CLOSED_TOLD_MS);
    list.work(2_000 + LIVE_CLOSED_TOLD_MS);
    expect(shown(list, 0)).toEqual([]);
    expect(list.nextTimeout()).toBeUndefined();
  });

  it("never lists short connections, unix sockets and loopback", () => {
    const list = new LiveList();
    list.opened(1, end("192.0.2.1", 5_000), VIP, 0);
    list.closed(1, LIVE_LISTED_AFTER_MS - 1);
    list.opened(2, { kind: "unix", path: "/a", abstract: false }, VIP, 0);
    list.opened(3, end("127.0.0.1", 5_000), end("127.0.0.1", 1883), 0);
    list.opened(4, end("::1", 5_000), end("::1", 1883), 0);
    list.work(LIVE_LISTED_AFTER_MS);
    list.closed(3, 5_000);
    expect(list.table.usedCount).toBe(0);
    expect(list.table.lastUpdateId).toBe(0);
  });

  it("remembers nothing of connections that it will never list", () => {
    const list = new LiveList();
    list.opened(1, end("127.0.0.1", 5_000), end("127.0.0.1", 1883), 0);
    list.opened(2, { kind: "unix", path: "/a", abstract: false }, VIP, 0);
    expect(list.nextTimeout()).toBeUndefined();
  });

  it("touches what lives before peers forget it, and says again that it lives", () => {
    const list = new LiveList();
    list.opened(1, end("192.0.2.1", 5_000), VIP, 0);
    list.work(1_000);
    const [entry] = [...list.table.entries()];
    // As a peer teaches it.
    list.table.write(entry!, "gpt0", 0, 0, 2_000);
    const dueMs = list.nextTimeout()!;
    expect(dueMs).toBeLessThanOrEqual(1_000 + LIVE_EXPIRE_MS / 2);
    const before = list.table.lastUpdateId;
    list.work(dueMs);
    expect(list.table.lastUpdateId).toBe(before + 1);
    expect(shown(list, dueMs)).toEqual(["192.0.2.1:5000>192.0.2.100:1883=1"]);
  });

  it("keeps an entry whose ends came again before the former end was told", () => {
    const list = new LiveList();
    list.opened(1, end("192.0.2.1", 5_000), VIP, 0);
    list.opened(2, end("192.0.2.1", 5_000), VIP, 10);
    list.work(1_500);
    list.closed(1, 1_600);
    expect(shown(list, 1_600)).toEqual(["192.0.2.1:5000>192.0.2.100:1883=1"]);
    list.closed(2, 1_700);
    expect(shown(list, 1_700)).toEqual(["192.0.2.1:5000>192.0.2.100:1883=0"]);
  });

  it("does not tell the end of what was lost with its address, so that others wake the client", () => {
    const list = new LiveList();
    list.opened(1, end("192.0.2.1", 5_000), VIP, 0);
    list.opened(2, end("192.0.2.1", 5_001), end("192.0.2.101", 1883), 0);
    list.work(1_000);
    const toldId = list.table.lastUpdateId;
    list.abandon(addressKey("192.0.2.100")!, 2_000);
    list.closed(1, 2_000);
    expect(list.table.lastUpdateId).toBe(toldId);
    expect(list.listedCount).toBe(1);
    list.closed(2, 2_000);
    expect(shown(list, 2_000)).toEqual([
      "192.0.2.1:5000>192.0.2.100:1883=1",
      "192.0.2.1:5001>192.0.2.101:1883=0",
    ]);
  });

  it("does a bounded part in one turn and asks for the next at once", () => {
    const list = new LiveList();
    for (let port = 1; port <= LIVE_STEP_ENTRIES_MAX + 1; port += 1) {
      list.opened(port, end("192.0.2.1", port), VIP, 0);
    }
    list.work(1_000);
    expect(list.listedCount).toBe(LIVE_STEP_ENTRIES_MAX);
    expect(list.nextTimeout()).toBe(1_000);
    list.work(1_000);
    expect(list.listedCount).toBe(LIVE_STEP_ENTRIES_MAX + 1);
  });
});

describe("a wish for a pace", () => {
  it("is known until its time is over, and is nobody's connection", () => {
    const list = new LiveList();
    expect(list.wishedPace(0)).toBeUndefined();
    list.wishPace(49.5, 10_000, 0);
    expect(list.wishedPace(9_999)).toBe(50);
    expect(list.foreignCount(0)).toBe(0);
    list.wishPace(1, 10_000, 0);
    expect(list.wishedPace(0)).toBe(1);
    expect(list.foreignCount(0)).toBe(0);
    list.work(10_001);
    expect(list.wishedPace(10_001)).toBeUndefined();
  });
});
