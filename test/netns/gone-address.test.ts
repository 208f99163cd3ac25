// Sessions of an address that has left a node: they wait for its return, and are ended when it does not
// come. MQTT.js devices, and a broker for each node, so that no broker ends what it hears of twice.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/base/event.ts";
import { createLan, type Host, noNamespaces } from "../support/netns.ts";
import { findProgram } from "../support/programs.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { runTandem } from "../support/tandem.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import { startPair, VIP } from "./node-pair.ts";

const PROGRAM = path.join(REPOSITORY_DIR, "test", "netns", "programs", "persistent.mjs");
const MQTT_PORT = 1884;
const COUNT = 20;
const GRACE_S = 4;
const unable =
  noNamespaces ?? (findProgram("mosquitto") === undefined ? "no mosquitto" : undefined);

async function startBroker(host: Host, port: number): Promise<void> {
  const file = path.join(tempDir(), "mosquitto.conf");
  writeFileSync(file, `listener ${port} ${host.ipv4}\nallow_anonymous true\nuser root\n`);
  await host.start({ command: "mosquitto", args: ["-c", file, "-v"], ready: /running/ });
}

function startDevices(host: Host, address: string) {
  const args = [PROGRAM, address, String(MQTT_PORT), String(COUNT)];
  return host.start({ command: process.execPath, args, ready: /ready/ });
}

/** The local addresses of a node's sessions, each with how many there are. */
async function sessionsOf({ controlFolder }: TandemNode): Promise<Record<string, number>> {
  const args = ["sessions", "--json", "--limit", "1000", "--control-dir", controlFolder];
  const { stdout } = await runTandem(args);
  const { sessions } = JSON.parse(stdout) as { sessions: { destination: string }[] };
  const counts: Record<string, number> = {};
  for (const { destination } of sessions) {
    if (destination.endsWith(`:${MQTT_PORT}`)) counts[destination] = (counts[destination] ?? 0) + 1;
  }
  return counts;
}

async function endedEvents({ controlFolder }: TandemNode): Promise<readonly NodeEvent[]> {
  const args = ["events", "--json", "--kind", "vip.sessions-ended", "--control-dir", controlFolder];
  const { stdout } = await runTandem(args);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as NodeEvent);
}

describe.skipIf(unable !== undefined)(`a gone address ${unable ?? ""}`, () => {
  test("its sessions end at the former master, and the new one wakes their devices", async () => {
    const brokers = { a: 9010, b: 9011 };
    const pair = await startPair({
      sections: (name, lan) => `
global
  localpeer ${name}
  #tandem gone-address-grace ${GRACE_S}s
peers nodes
  peer a ${lan.host("a").ipv4}:10000
  peer b ${lan.host("b").ipv4}:10000
listen devices
  bind :${MQTT_PORT}
  log stdout format raw daemon
  option tcplog
  timeout client 1h
  timeout server 1h
  server m ${lan.host("broker").ipv4}:${brokers[name]}
`,
    });
    for (const port of Object.values(brokers)) await startBroker(pair.lan.host("broker"), port);
    await startDevices(pair.lan.host("client"), VIP);
    const { a, b } = pair.nodes;
    const here = { [`${VIP}:${MQTT_PORT}`]: COUNT };
    expect(await sessionsOf(a)).toEqual(here);
    a.rewrite(readFileSync(a.configFile, "utf8").replace("priority 150", "priority 50"));
    a.process.kill("SIGHUP");
    await pair.settled("b");
    // All are back at the new master before the former one gives up: they were woken.
    await waitFor(async () => (await sessionsOf(b))[`${VIP}:${MQTT_PORT}`] === COUNT, {
      timeoutMs: 30_000,
      what: "all devices at node b",
    });
    const [ended] = await waitFor(
      async () => {
        const events = await endedEvents(a);
        return events.length > 0 ? events : undefined;
      },
      { timeoutMs: 30_000, what: "node a to end its sessions" },
    );
    expect(ended).toMatchObject({ source: "balancer", subject: VIP });
    // Connections of the probe may be among them.
    expect(ended!.data!["sessions"]).toBeGreaterThanOrEqual(COUNT);
    expect(ended!.durationMs).toBeGreaterThanOrEqual(GRACE_S * 1_000);
    expect(await sessionsOf(a)).toEqual({});
    // What HAProxy says of a client that is heard of no more.
    await waitFor(() => a.process.output().split(" cD ").length - 1 === COUNT);
    expect(await sessionsOf(b)).toEqual(here);
  }, 120_000);

  test("that returns in time has its sessions still; one that does not loses them", async () => {
    const other = "10.98.0.101";
    const lan = await createLan(["a", "broker", "client"]);
    const [host, broker, client] = [lan.host("a"), lan.host("broker"), lan.host("client")];
    await startBroker(broker, 9010);
    const instance = (name: string, vrid: number, vip: string): string => `vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${vrid}
  priority 100
  advert_int 0.1
  virtual_ipaddress {
    ${vip}/24
  }
}
`;
    const global = "global_defs {\n  vrrp_version 3\n}\n";
    const stays = instance("V", 51, VIP);
    const node = await startNode(host, {
      keepalived: global + stays + instance("W", 52, other),
      haproxy: `global
  #tandem gone-address-grace ${GRACE_S}s
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen devices
  bind :${MQTT_PORT}
  server m ${broker.ipv4}:9010
`,
    });
    await startDevices(client, VIP);
    const others = await client.start({
      command: process.execPath,
      args: [
        "-e",
        `for (let i = 0; i < ${COUNT}; i++) require("net").connect(${MQTT_PORT}, "${other}");` +
          `console.log("ready")`,
      ],
      ready: /ready/,
    });
    await waitFor(async () => (await sessionsOf(node))[`${other}:${MQTT_PORT}`] === COUNT);
    // The dead agent's addresses are removed; the next agent takes one of them back.
    node.rewrite(global + stays);
    process.kill(await node.childPid("agent"), "SIGKILL");
    const events = await waitFor(
      async () => {
        const ended = await endedEvents(node);
        return ended.length > 0 ? ended : undefined;
      },
      { timeoutMs: 30_000, what: "the sessions of the other address to end" },
    );
    // Both had left at the same time: the grace of the one that has returned is over, too.
    expect(events.map(({ subject, data }) => [subject, data?.["sessions"]])).toEqual([
      [other, COUNT],
    ]);
    expect(await sessionsOf(node)).toEqual({ [`${VIP}:${MQTT_PORT}`]: COUNT });
    await others.stop();
  }, 120_000);
});
