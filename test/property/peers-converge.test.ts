// Invariant: two or three nodes that change entries at random, over connections that break and heal,
// with clocks that disagree, hold the same tables once everything is connected and quiet.
import fc from "fast-check";
import { expect, test } from "vitest";
import { contents, type NetworkNode, PeerNetwork } from "../unit/peers/peer-network.ts";
import { tableSpec } from "../unit/stick/spec.ts";

const NAMES = ["nodea", "nodeb", "nodec"];
const KEYS = ["dev-1", "dev-2", "dev-3", "dev-4", "dev-5", "dev-6"];

const node = fc.nat(2);
const operation = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      node,
      key: fc.constantFrom(...KEYS),
      server: fc.integer({ min: 1, max: 5 }),
      isTold: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("count" as const),
      node,
      key: fc.constantFrom(...KEYS),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(8000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("break" as const, "heal" as const),
      node,
      other: node,
    }),
  },
);

const scenario = fc.record({
  count: fc.constantFrom(2, 3),
  skews: fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 3, maxLength: 3 }),
  seed: fc.nat(0xffff_ffff),
  expireMs: fc.constantFrom(20_000, 600_000, undefined),
  operations: fc.array(operation, { maxLength: 60 }),
});

function change(network: PeerNetwork, at: NetworkNode, key: string, server?: number): void {
  const table = at.tables[0]!;
  const nowMs = network.timeOf(at);
  const entry = table.getOrCreate(key, nowMs)!;
  if (server !== undefined) {
    table.write(entry, "server_id", 0, server, nowMs);
    table.setServerKey(entry, `b${server}`);
  }
  table.add(entry, "conn_cnt", 0, 1, nowMs);
  table.add(entry, "conn_cur", 0, 1, nowMs);
  table.touch(entry, nowMs, "local");
}

test("tables become equal", () => {
  fc.assert(
    fc.property(scenario, ({ count, skews, seed, expireMs, operations }) => {
      const names = NAMES.slice(0, count);
      const network = new PeerNetwork(names, seed);
      const spec = tableSpec({
        name: "be",
        store: "server_id,server_key,conn_cnt,conn_cur",
        ...(expireMs === undefined ? {} : { expireMs }),
      });
      const start = (index: number): NetworkNode =>
        network.start({
          name: names[index]!,
          specs: [spec],
          clockMs: 1000 * index + 7,
          skewMs: skews[index]!,
        });
      const nodes = names.map((_, index) => start(index));
      for (const step of operations) {
        if (step.kind === "wait") network.advance(step.ms);
        else {
          const at = nodes[step.node % count]!;
          if (step.kind === "set") {
            change(network, at, step.key, step.server);
            if (step.isTold) network.tell(at, { kind: "changed" });
          } else if (step.kind === "count") change(network, at, step.key);
          else if (step.kind === "restart") {
            // Of three nodes, one that learned from a node before it restarted may be the only one to know.
            if (count === 2) nodes[step.node % count] = start(step.node % count);
          } else network[step.kind](at.name, nodes[step.other % count]!.name);
        }
      }
      for (const a of names) for (const b of names) network.heal(a, b);
      for (const at of nodes) network.tell(at, { kind: "changed" });
      network.advance(16_000);

      const [first, ...others] = nodes.map((at) => contents(at.tables[0]!, network.timeOf(at)));
      for (const other of others) {
        for (const key of KEYS) {
          const here = first!.get(key);
          const there = other.get(key);
          // Clocks run alike, but a change is as young as it arrives.
          const leftMs = Math.max(here?.leftMs ?? 0, there?.leftMs ?? 0);
          if (expireMs !== undefined && leftMs < 1_500) continue;
          expect(there?.data, key).toBe(here?.data);
          expect(Math.abs((here?.leftMs ?? 0) - (there?.leftMs ?? 0))).toBeLessThan(1_500);
        }
      }
      for (const at of nodes) {
        expect(at.done).toHaveLength(1);
        for (const peer of at.group.status(network.timeOf(at)).peers) {
          if (peer.isLocal) continue;
          expect(peer.state).toBe("established");
          expect(peer.tables[0]).toMatchObject({ pendingCount: 0, unackedCount: 0, lagMs: 0 });
        }
      }
    }),
    { numRuns: Number(process.env["TANDEM_PEERS_RUNS"] ?? 300) },
  );
});
