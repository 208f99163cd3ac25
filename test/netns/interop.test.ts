// Pairs of one Tandem and one real Keepalived, in both roles, in every dialect that both speak.
import { describe, expect, test } from "vitest";
import { startKeepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces, type Host, type Lan } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { has, skipNote } from "../support/programs.ts";
import { startNode } from "../support/tandem-agent.ts";
import { overlapMs, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

interface Dialect {
  readonly name: string;
  readonly vip: string;
  /** Lines of the instance on a host, with the other one as peer. */
  lines(self: Host, peer: Host): string;
}

const DIALECTS: readonly Dialect[] = [
  { name: "version 2 without authentication", vip: "10.98.0.100", lines: () => "advert_int 1" },
  {
    name: "version 2 with a password",
    vip: "10.98.0.100",
    lines: () => "advert_int 1\n authentication {\n auth_type PASS\n auth_pass s3cr3t\n }",
  },
  {
    name: "version 2 by unicast",
    vip: "10.98.0.100",
    lines: (self, peer) =>
      `advert_int 1\n unicast_src_ip ${self.ipv4}\n unicast_peer {\n ${peer.ipv4}\n }`,
  },
  {
    name: "version 3 by multicast",
    vip: "10.98.0.100",
    lines: () => "version 3\n advert_int 0.1",
  },
  {
    name: "version 3 by unicast",
    vip: "10.98.0.100",
    lines: (self, peer) =>
      `version 3\n advert_int 0.1\n unicast_src_ip ${self.ipv4}\n unicast_peer {\n ${peer.ipv4}\n }`,
  },
  {
    name: "version 3 over IPv6",
    vip: "fe80::100",
    lines: () => "version 3\n advert_int 0.1",
  },
];

function config(dialect: Dialect, priority: number, self: Host, peer: Host): string {
  const length = dialect.vip.includes(":") ? 64 : 24;
  return `vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  ${dialect.lines(self, peer)}
  virtual_ipaddress {
    ${dialect.vip}/${length}
  }
}
`;
}

type Start = (host: Host, text: string) => Promise<RunningProcess>;
const starts: Readonly<Record<"Tandem" | "Keepalived", Start>> = {
  Tandem: async (host, keepalived) => (await startNode(host, { keepalived })).process,
  Keepalived: async (host, text) => (await startKeepalived(host, text)).process,
};

async function waitForOwner(watches: ReadonlyMap<string, VipWatch>, owner: string): Promise<void> {
  await waitFor(() => [...watches].every(([name, watch]) => watch.isHeld === (name === owner)), {
    timeoutMs: 15_000,
    what: () =>
      `${owner} to hold the VIP alone, held by: ${[...watches]
        .filter(([, w]) => w.isHeld)
        .map(([n]) => n)
        .join(", ")}`,
  });
}

async function watchAll(lan: Lan, vip: string): Promise<ReadonlyMap<string, VipWatch>> {
  const entries = lan.hosts.map(
    async (host) => [host.name, await VipWatch.start(host, vip)] as const,
  );
  return new Map(await Promise.all(entries));
}

describe.skipIf(noNamespaces !== undefined || !has("keepalived"))(
  `a pair of Tandem and Keepalived ${noNamespaces ?? skipNote("keepalived")}`,
  () => {
    for (const dialect of DIALECTS) {
      for (const [first, second] of [
        ["Tandem", "Keepalived"],
        ["Keepalived", "Tandem"],
      ] as const) {
        test(`${dialect.name}: ${first} is preferred`, { timeout: 90_000 }, async () => {
          const lan = await createLan(["a", "b"]);
          const [a, b] = [lan.host("a"), lan.host("b")];
          const watches = await watchAll(lan, dialect.vip);
          const startFirst = (): Promise<RunningProcess> =>
            starts[first](a, config(dialect, 150, a, b));
          let one = await startFirst();
          await waitForOwner(watches, "a");
          const other = await starts[second](b, config(dialect, 100, b, a));
          // A stop hands over, a return preempts, a kill is noticed.
          await one.stop();
          await waitForOwner(watches, "b");
          one = await startFirst();
          await waitForOwner(watches, "a");
          await other.stop();
          await one.stop();
          await waitFor(() => [...watches.values()].every((watch) => !watch.isHeld));
          const overlap = overlapMs(watches.get("a")!, watches.get("b")!, 0);
          expect(overlap, "both held the VIP, ms").toBeLessThan(100);
        });
      }
    }
  },
);
