// docs/beyond-a-pair.md: the configuration with two addresses and sync groups, as it is written there.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { ClientSide } from "../lab/client-side.ts";
import { Cluster } from "../lab/cluster.ts";
import { balancerText, NODE_NAMES, type NodeName } from "../lab/configuration.ts";
import { Fleet } from "../lab/fleet.ts";
import { noNamespaces } from "../support/netns.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { waitFor } from "../support/wait-for.ts";

const A = ["10.98.0.100", "10.99.0.100"];
const B = ["10.98.0.101", "10.99.0.101"];
const DEVICES = 10;
const STEP_MS = 30_000;

/** The text of the page; for lb2 as the page says. */
function agentText(name: NodeName): string {
  const page = readFileSync(path.join(REPOSITORY_DIR, "docs", "beyond-a-pair.md"), "utf8");
  const text = /```keepalived\n(.*?)```/s.exec(page)![1]!;
  if (name === "lb1") return text;
  const exchanged: Readonly<Record<string, string>> = {
    ...{ "0.1\n": "0.2\n", "0.2\n": "0.1\n", "priority 150": "priority 100" },
    "priority 100": "priority 150",
  };
  return text.replaceAll(/(?<=10\.9[89]\.)0\.[12]\n|priority 1[05]0/g, (word) => exchanged[word]!);
}

function startOne({ lan }: Cluster, name: NodeName): Promise<TandemNode> {
  return startNode(lan.host(name), {
    keepalived: agentText(name),
    haproxy: balancerText(lan, name),
    readyTimeoutMs: STEP_MS,
  });
}

/** Waits until the nodes hold these addresses, and no others of them. */
async function held(cluster: Cluster, wanted: Record<NodeName, readonly string[]>): Promise<void> {
  let found = {};
  await waitFor(
    async () => {
      const entries = NODE_NAMES.map(async (name) => {
        const has = await Promise.all(
          [...A, ...B].map((address) => cluster.lan.host(name).hasAddress(address)),
        );
        return [name, [...A, ...B].filter((_, index) => has[index])] as const;
      });
      found = Object.fromEntries(await Promise.all(entries));
      return JSON.stringify(found) === JSON.stringify(wanted);
    },
    { timeoutMs: STEP_MS, intervalMs: 50, what: () => JSON.stringify({ wanted, found }) },
  );
}

describe.skipIf(noNamespaces !== undefined)(
  `two addresses on two nodes ${noNamespaces ?? ""}`,
  { timeout: 180_000 },
  () => {
    test("each node has its own, one takes both, groups move together", async () => {
      const cluster = await Cluster.create({ kinds: { lb1: "tandem", lb2: "tandem" } });
      const { lan } = cluster;
      const lb1 = await startOne(cluster, "lb1");
      await startOne(cluster, "lb2");
      await held(cluster, { lb1: A, lb2: B });

      const clientOf = (vip: string): ClientSide => ({
        ...{ vip, port: cluster.port, isPlain: false },
        runClient: (program, ...words) => cluster.runClient(program, ...words),
      });
      const fleets = [
        await Fleet.start(clientOf(A[0]!), DEVICES, 500),
        await Fleet.start(clientOf(B[0]!), DEVICES, 500),
      ];
      const nodes = (): string[] =>
        fleets.map((fleet) =>
          [...new Set([...fleet.places().values()].map(({ node }) => node))].join(),
        );
      expect(nodes()).toEqual(["lb1", "lb2"]);

      // The inner network of lb1 alone fails: the address outside goes along.
      await lan.host("lb1").mustRun("ip", "link", "set", "eth1", "down");
      await held(cluster, { lb1: [], lb2: [...A, ...B] });
      await lan.host("lb1").mustRun("ip", "link", "set", "eth1", "up");
      await held(cluster, { lb1: A, lb2: B });
      // A device that still has its connection to the other node would lose nothing when that one takes over.
      const isHome = (): boolean => nodes().join() === "lb1,lb2";
      const backMs = Date.now();
      await waitFor(() => isHome() && fleets.every((fleet) => fleet.isWhole(backMs + 500)), {
        timeoutMs: STEP_MS,
        what: () => `the devices' return: ${nodes().join(" and ")}`,
      });

      const stoppedMs = Date.now();
      lb1.process.kill("SIGTERM");
      await held(cluster, { lb1: [], lb2: [...A, ...B] });
      await waitFor(() => fleets.every((fleet) => fleet.isWhole(stoppedMs + 500)), {
        timeoutMs: STEP_MS,
        what: () => JSON.stringify(fleets.map((fleet) => fleet.since(stoppedMs))),
      });
      expect(nodes()).toEqual(["lb2", "lb2"]);
      // One table: those of the other address found their brokers, and those of this one stayed.
      expect(fleets.map((fleet) => fleet.since(stoppedMs))).toMatchObject([
        { lost: { length: DEVICES }, keptBroker: DEVICES },
        { lost: [] },
      ]);
      await startOne(cluster, "lb1");
      await held(cluster, { lb1: A, lb2: B });
    });
  },
);
