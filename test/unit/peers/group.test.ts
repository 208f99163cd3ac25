import { describe, expect, test } from "vitest";
import type { PeerStatus } from "../../../src/peers/group-status.ts";
import { tableSpec } from "../stick/spec.ts";
import { contents, type NetworkNode, PeerNetwork } from "./peer-network.ts";

const BE = tableSpec({
  name: "be",
  store: "server_id,server_key",
  expireMs: 600_000,
  size: 50_000,
});

function set(network: PeerNetwork, node: NetworkNode, key: string, server = 1): void {
  const nowMs = network.timeOf(node);
  const entry = node.tables[0]!.getOrCreate(key, nowMs)!;
  node.tables[0]!.write(entry, "server_id", 0, server, nowMs);
  node.tables[0]!.touch(entry, nowMs, "local");
  network.tell(node, { kind: "changed" });
}

function peer(network: PeerNetwork, node: NetworkNode, name: string): PeerStatus {
  return node.group.status(network.timeOf(node)).peers.find((status) => status.name === name)!;
}

describe("PeerGroup: sessions", () => {
  test("two nodes that start together settle on one session", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const network = new PeerNetwork(["nodea", "nodeb"], seed * 7919);
      const a = network.start({ name: "nodea", specs: [BE] });
      const b = network.start({ name: "nodeb", specs: [BE] });
      network.advance(15_000);
      expect(peer(network, a, "nodeb").state).toBe("established");
      expect(peer(network, b, "nodea").state).toBe("established");
      expect(peer(network, a, "nodeb").counters.sessionCount).toBeLessThanOrEqual(4);
      set(network, a, "x");
      network.advance(200);
      expect(b.tables[0]!.usedCount).toBe(1);
    }
  });

  test("a peer that is not there is called every 5 s and told of once", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(4_000);
    expect(peer(network, a, "nodeb").dialsInMs).toBeGreaterThan(0);
    network.advance(30_000);
    expect(a.reports).toEqual(["Peer mypeers/nodeb: not connected: nobody answers."]);
    network.start({ name: "nodeb", specs: [BE] });
    network.advance(100);
    expect(peer(network, a, "nodeb")).toMatchObject({ state: "established", isTandem: true });
  });

  test("a session that breaks is made again within 2 s or so", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.start({ name: "nodeb", specs: [BE] });
    network.advance(15_000);
    network.break("nodea", "nodeb");
    network.heal("nodea", "nodeb");
    network.advance(50);
    expect(peer(network, a, "nodeb").dialsInMs).toBeLessThan(2_050);
    network.advance(2_200);
    expect(peer(network, a, "nodeb").state).toBe("established");
  });

  test("wrong names are refused for good, and still called on", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    const b = network.start({ name: "nodeb", specs: [BE], localName: "other", remoteNames: ["x"] });
    network.advance(11_000);
    expect(peer(network, a, "nodeb").lastStatus).toBe(503);
    expect(a.reports[0]).toContain("it answered 503");
    expect(b.reports.filter((text) => text.includes("was refused")).length).toBeGreaterThan(0);
    network.start({ name: "nodeb", specs: [BE] });
    network.advance(6_000);
    expect(peer(network, a, "nodeb").state).toBe("established");
  });

  test("a definition that both sides drop is told by both, once, with both values", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    const b = network.start({ name: "nodeb", specs: [{ ...BE, keyType: "ip" }] });
    network.advance(8_000);
    set(network, a, "x");
    network.advance(100);
    set(network, a, "y");
    network.advance(100);
    const told = b.reports.filter((text) => text.includes("table"));
    expect(told).toEqual([
      'Peer mypeers/nodea, table "be": its key type is ip here and string there, so both sides ignore it.',
    ]);
    expect(peer(network, b, "nodea").mismatches.get("be")).toContain("string there");
    expect(peer(network, a, "nodeb").tables[0]).toMatchObject({ unackedCount: 2 });
    expect(peer(network, a, "nodeb").tables[0]!.lagMs).toBeGreaterThan(0);
  });

  test("a reload with other data makes sessions anew, one without leaves them", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.start({ name: "nodeb", specs: [BE] });
    network.advance(15_000);
    const [table] = a.tables;
    network.tell(a, { kind: "tables", tables: [{ table: table! }] });
    expect(peer(network, a, "nodeb").state).toBe("established");
    table!.reconfigure({ ...BE, store: [...BE.store, { type: "conn_cnt" }] });
    network.tell(a, { kind: "tables", tables: [{ table: table! }] });
    expect(peer(network, a, "nodeb").state).toBe("idle");
    network.advance(4_000);
    expect(peer(network, a, "nodeb").state).toBe("established");
  });

  test("strangers that say nothing are bounded in number and time", () => {
    const network = new PeerNetwork(["nodea"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    let closedCount = 0;
    for (let i = 0; i < 100; i += 1) {
      a.group.handle({ kind: "accepted", connection: a.group.newConnection() }, 0);
      for (let effect = a.group.poll(); effect; effect = a.group.poll()) {
        if (effect.kind === "close") closedCount += 1;
      }
    }
    expect(closedCount).toBe(36);
    network.advance(5_000);
    expect(a.group.nextTimeout()).toBeUndefined();
  });
});

describe("PeerGroup: resync", () => {
  test("a node alone in its section has everything", () => {
    const network = new PeerNetwork(["nodea"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(0);
    network.tell(a, { kind: "timeout" });
    expect(a.done).toEqual(["none"]);
  });

  test("without anybody to ask, a node goes on after 1.5 s, and asks who comes later", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(1_490);
    expect(a.done).toEqual([]);
    network.advance(10);
    expect(a.done).toEqual(["none"]);
    expect(a.group.isResyncDone).toBe(true);
    const b = network.start({ name: "nodeb", specs: [BE] });
    network.advance(6_000);
    expect(b.done).toEqual(["full"]);
    expect(a.group.status(network.timeOf(a)).resync.outcome).toBe("full");
  });

  test("two empty nodes that start together do not wait for each other", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(100);
    const b = network.start({ name: "nodeb", specs: [BE] });
    network.advance(300);
    expect([a.done.length, b.done.length]).toEqual([1, 1]);
    // Nobody else could know more.
    expect([a.done, b.done]).toContainEqual(["full"]);
  });

  test("what everybody who is there has taught is not waited for longer, incomplete as they are", () => {
    const network = new PeerNetwork(["nodea", "nodeb", "nodec", "noded"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(50);
    set(network, a, "x");
    expect(a.group.hasLearnedFromAll).toBe(false);
    const b = network.start({ name: "nodeb", specs: [BE] });
    while (b.tables[0]!.usedCount === 0) {
      expect(b.group.hasLearnedFromAll).toBe(false);
      network.advance(1);
    }
    network.advance(5);
    expect(b.group.hasLearnedFromAll).toBe(true);
    // Others may come and know more.
    expect(b.group.isResyncDone).toBe(false);
  });

  test("20,000 entries are learned in turns while live changes go on", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(6_000);
    for (let i = 0; i < 20_000; i += 1) {
      const entry = a.tables[0]!.getOrCreate(`d${i}`, network.timeOf(a))!;
      a.tables[0]!.touch(entry, network.timeOf(a), "local");
    }
    const b = network.start({ name: "nodeb", specs: [BE] });
    while (b.tables[0]!.usedCount < 1_000) network.advance(1);
    set(network, a, "urgent", 3);
    network.advance(100);
    expect(contents(b.tables[0]!, network.timeOf(b)).get("urgent")?.data).toBe("3 -");
    network.advance(3_000);
    expect(b.tables[0]!.usedCount).toBe(20_001);
    expect(b.done).toEqual(["full"]);
    expect(peer(network, a, "nodeb").tables[0]).toMatchObject({ unackedCount: 0, lagMs: 0 });
  });

  test("a teacher that stands still is given up, and the node goes on", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const a = network.start({ name: "nodea", specs: [BE] });
    network.advance(6_000);
    for (let i = 0; i < 100; i += 1) set(network, a, `d${i}`);
    const b = network.start({ name: "nodeb", specs: [BE] });
    network.advance(60);
    b.isReading = false;
    network.advance(12_000);
    expect(b.done.length).toBe(1);
  });

  test("an old process hands its tables to the new one, which then asks nobody else", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const old = network.start({ name: "nodea", specs: [BE] });
    network.advance(6_000);
    for (let i = 0; i < 1_500; i += 1) set(network, old, `d${i}`, 2);
    network.nodes.delete("nodea");
    const fresh = network.start({ name: "nodea", specs: [BE], expectsOldProcess: true });
    network.tell(old, { kind: "stop", handsOver: true });
    network.advance(3_000);
    expect(old.done).toEqual(["none", "handed-over"]);
    expect(fresh.done).toEqual(["full"]);
    expect(fresh.tables[0]!.usedCount).toBe(1_500);
    expect(fresh.group.status(network.timeOf(fresh)).peers[0]).toMatchObject({
      isLocal: true,
      state: "idle",
    });
    expect(old.group.nextTimeout()).toBeUndefined();
  });

  test("an old process that never calls is waited for 5 s", () => {
    const network = new PeerNetwork(["nodea", "nodeb"]);
    const b = network.start({ name: "nodeb", specs: [BE] });
    network.advance(6_000);
    set(network, b, "x");
    const a = network.start({ name: "nodea", specs: [BE], expectsOldProcess: true });
    network.advance(4_900);
    expect(a.done).toEqual([]);
    network.advance(1_000);
    expect(a.done).toEqual(["full"]);
  });
});
