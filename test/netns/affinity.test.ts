// Devices keep their brokers when the VIP moves between a node of HAProxy with Keepalived and a node of
// Tandem, in both directions, and after either has lost its tables.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { startKeepalived } from "../support/keepalived.ts";
import { createLan, noNamespaces, type Host, type Lan } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { has } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

const VIP = "10.98.0.100";
const PORT = 1883;
const PEERS_PORT = 10_000;
const BROKER_PORTS = [9011, 9012, 9013];
const PLACE = path.join(REPOSITORY_DIR, "test", "netns", "programs", "place.mjs");
const DEVICES = 15;

type Kind = "haproxy" | "tandem";
type Name = "a" | "b";

const missing = ["haproxy", "keepalived", "mosquitto"].find((program) => !has(program));
const note = noNamespaces ?? (missing === undefined ? "" : `skipped: needs ${missing}`);

describe.skipIf(note !== "")(`affinity over a move of the VIP ${note}`, () => {
  test.each<Record<Name, Kind>>([
    { a: "haproxy", b: "tandem" },
    { a: "tandem", b: "haproxy" },
  ])("from $a to $b and back", { timeout: 120_000 }, async (kinds) => {
    const lan = await createLan(["a", "b", "brokers", "client"]);
    const brokers = await startBrokers(lan.host("brokers"));
    const watches = {
      a: await VipWatch.start(lan.host("a"), VIP),
      b: await VipWatch.start(lan.host("b"), VIP),
    };
    const start = (name: Name): Promise<Stop> => startMember(lan, name, kinds[name]);
    const holds = async (name: Name): Promise<void> => {
      const other = name === "a" ? "b" : "a";
      await waitFor(() => watches[name].isHeld && !watches[other].isHeld, {
        timeoutMs: 20_000,
        what: `the VIP to be at ${name}`,
      });
    };
    let stopA = await start("a");
    await holds("a");
    const stopB = await start("b");
    await connected(lan, kinds);

    const first = await place(lan, brokers, "device");
    expect(new Set(first.values()).size).toBe(BROKER_PORTS.length);

    // To b: it has been told of every device.
    await stopA();
    await holds("b");
    // Another device first, so that round robin stands elsewhere.
    await place(lan, brokers, "turn", 1);
    expect(await place(lan, brokers, "device")).toEqual(first);
    const second = await place(lan, brokers, "later");

    // And back to a, which has lost its tables and learns them from b.
    stopA = await start("a");
    await connected(lan, kinds);
    await holds("a");
    await place(lan, brokers, "turn", 1);
    expect(await place(lan, brokers, "device")).toEqual(first);
    expect(await place(lan, brokers, "later")).toEqual(second);
    await Promise.all([stopA(), stopB()]);
  });
});

type Stop = () => Promise<void>;

async function startMember(lan: Lan, name: Name, kind: Kind): Promise<Stop> {
  const host = lan.host(name);
  const balancer = balancerConfig(lan, name);
  const keepalived = keepalivedConfig(lan, name);
  if (kind === "tandem") {
    const node = await startNode(host, { haproxy: balancer, keepalived });
    return async () => {
      await node.process.stop();
    };
  }
  const file = path.join(tempDir(), "haproxy.cfg");
  writeFileSync(file, balancer);
  const haproxy = await host.start({
    command: "haproxy",
    args: ["-db", "-f", file],
    ready: async () => (await host.run("sh", "-c", `ss -ltn | grep -q :${PORT}`)).code === 0,
  });
  const agent = await startKeepalived(host, keepalived);
  return async () => {
    await agent.process.stop();
    await haproxy.stop();
  };
}

/** Waits until the two balancers have a session: a connection to a peers' port. */
async function connected(lan: Lan, kinds: Record<Name, Kind>): Promise<void> {
  const host = lan.host(kinds.a === "tandem" ? "a" : "b");
  await waitFor(
    async () => {
      const { stdout } = await host.run("ss", "-Htn", "state", "established");
      return stdout.includes(`:${PEERS_PORT}`);
    },
    { timeoutMs: 15_000, what: "a session of peers" },
  );
}

async function startBrokers(host: Host): Promise<readonly RunningProcess[]> {
  return Promise.all(
    BROKER_PORTS.map(async (port) => {
      const file = path.join(tempDir(), "mosquitto.conf");
      writeFileSync(file, `listener ${port} ${host.ipv4}\nallow_anonymous true\n`);
      return host.start({
        command: "mosquitto",
        args: ["-v", "-c", file],
        ready: (child) => child.output().includes("running"),
      });
    }),
  );
}

/** Connects devices through the VIP; the index of the broker that each of them got. */
async function place(
  lan: Lan,
  brokers: readonly RunningProcess[],
  prefix: string,
  count = DEVICES,
): Promise<ReadonlyMap<string, number>> {
  const marks = brokers.map((broker) => broker.output().length);
  const client = lan.host("client");
  await client.mustRun(process.execPath, PLACE, VIP, String(PORT), prefix, String(count));
  return waitFor(
    () => {
      const found = new Map<string, number>();
      for (const [index, broker] of brokers.entries()) {
        const text = broker.output().slice(marks[index]);
        for (const [, id] of text.matchAll(/New client connected from \S+ as (\S+) /g)) {
          if (id!.startsWith(`${prefix}-`)) found.set(id!, index);
        }
      }
      return found.size === count && new Map([...found].sort());
    },
    { what: `${count} devices at brokers` },
  );
}

function balancerConfig(lan: Lan, name: Name): string {
  const brokers = lan.host("brokers").ipv4;
  return `global
  localpeer ${name}
defaults
  mode tcp
  timeout connect 2s
  timeout client 1m
  timeout server 1m
peers pair
  peer a ${lan.host("a").ipv4}:${PEERS_PORT}
  peer b ${lan.host("b").ipv4}:${PEERS_PORT}
listen mqtt
  bind *:${PORT}
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  balance roundrobin
  stick-table type string len 64 size 100k expire 30m peers pair
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
${BROKER_PORTS.map((port, index) => `  server b${index} ${brokers}:${port} check inter 500`).join("\n")}
`;
}

function keepalivedConfig(lan: Lan, name: Name): string {
  const peer = lan.host(name === "a" ? "b" : "a");
  return `global_defs {
  vrrp_version 3
}
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${name === "a" ? 150 : 100}
  advert_int 0.1
  unicast_src_ip ${lan.host(name).ipv4}
  unicast_peer {
    ${peer.ipv4}
  }
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;
}
