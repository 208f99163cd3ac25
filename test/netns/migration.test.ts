// What docs/migration.md says of a running pair, done to one under live devices: HAProxy + Keepalived to
// Tandem, one node at a time, and back. At each step: whose connection ended, and who found its broker.
import { describe, expect, test } from "vitest";
import { Cluster } from "../lab/cluster.ts";
import { NODE_NAMES, peerOf, VIP, type NodeName } from "../lab/configuration.ts";
import { Fleet } from "../lab/fleet.ts";
import type { Kind } from "../lab/member.ts";
import { Probe } from "../lab/probe.ts";
import { tableOf } from "../lab/runtime.ts";
import { noNamespaces } from "../support/netns.ts";
import { has } from "../support/programs.ts";
import { waitFor } from "../support/wait-for.ts";

const DEVICES = 30;
const STEP_MS = 40_000;
const CLASSIC = "haproxy+keepalived";
const reason =
  noNamespaces ??
  (has("keepalived") && has("haproxy") ? undefined : "skipped: keepalived or haproxy is missing");

interface Outcome {
  readonly lost: number;
  readonly keptBroker: number;
  readonly heldBy: readonly NodeName[];
}

/** Stops a node, starts it as one of the other kind, and counts what became of the devices. */
async function replace(
  cluster: Cluster,
  fleet: Fleet,
  name: NodeName,
  kind: Kind,
): Promise<Outcome> {
  const atMs = Date.now();
  const other = cluster.lan.host(peerOf(name));
  cluster.member(name).terminate();
  await waitFor(() => cluster.member(name).hasEnded(), { timeoutMs: STEP_MS, what: "it to stop" });
  await waitFor(() => other.hasAddress(VIP), { timeoutMs: STEP_MS, what: "the other to serve" });
  const member = await cluster.startNode(name, kind);
  await member.prepared();
  const movedMs = Date.now();
  await waitFor(() => fleet.isWhole(movedMs), {
    timeoutMs: STEP_MS,
    intervalMs: 50,
    what: () => `all devices: ${JSON.stringify(fleet.since(atMs))}`,
  });
  await knowsEverybody(cluster, fleet, name);
  const held = await Promise.all(NODE_NAMES.map((node) => cluster.lan.host(node).hasAddress(VIP)));
  const { lost, keptBroker } = fleet.since(atMs);
  return { lost: lost.length, keptBroker, heldBy: NODE_NAMES.filter((_, index) => held[index]) };
}

/** The node has been taught where each device belongs: what the next step needs. */
async function knowsEverybody(cluster: Cluster, fleet: Fleet, name: NodeName): Promise<void> {
  await waitFor(
    async () => {
      const known = [...(await tableOf(cluster.lan.host(name)))];
      const servers = known.flatMap(([key, id]) => (key.startsWith("device-") ? [id] : []));
      const brokers = [...fleet.places().values()].map(({ broker }) => broker.slice(-1));
      return String(servers.sort()) === String(brokers.sort());
    },
    { timeoutMs: STEP_MS, intervalMs: 200, what: `${name} to have the whole table` },
  );
}

describe.skipIf(reason !== undefined)(
  `the migration of a pair ${reason ?? ""}`,
  { timeout: 240_000 },
  () => {
    test("one node at a time, with roll-back: devices move once, and find their broker", async () => {
      const cluster = await Cluster.start({ kinds: { lb1: CLASSIC, lb2: CLASSIC } });
      const probe = await Probe.start(cluster, 50);
      const fleet = await Fleet.start(cluster, DEVICES, 500);
      await knowsEverybody(cluster, fleet, "lb2");
      const NOBODY = { lost: 0, keptBroker: 0 };
      const EVERYBODY = { lost: DEVICES, keptBroker: DEVICES };
      const step = (name: NodeName, kind: Kind): Promise<Outcome> =>
        replace(cluster, fleet, name, kind);

      // Step 1: the backup. Nobody notices, and it can be taken back.
      expect(await step("lb2", "tandem")).toEqual({ ...NOBODY, heldBy: ["lb1"] });
      expect(await step("lb2", CLASSIC)).toEqual({ ...NOBODY, heldBy: ["lb1"] });
      expect(await step("lb2", "tandem")).toEqual({ ...NOBODY, heldBy: ["lb1"] });
      // Step 2: the master. Its devices reconnect once, through Tandem.
      const movedMs = Date.now();
      expect(await step("lb1", "tandem")).toEqual({ ...EVERYBODY, heldBy: ["lb2"] });
      expect(new Set([...fleet.places().values()].map(({ node }) => node))).toEqual(
        new Set(["lb2"]),
      );
      // An outage of a second would be a failed migration even on a busy machine.
      expect(probe.longestGapMs(movedMs, Date.now())).toBeLessThan(4_000);

      // The whole way back: from a pair of Tandem, again the backup first.
      expect(await step("lb1", CLASSIC)).toEqual({ ...NOBODY, heldBy: ["lb2"] });
      expect(await step("lb2", CLASSIC)).toEqual({ ...EVERYBODY, heldBy: ["lb1"] });
    });
  },
);
