// One whole node without a peer, with a broker, a server of sessions that last, and a client.
import path from "node:path";
import { createLan, type Host, type Lan } from "../support/netns.ts";
import type { RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { startBroker, VipProbe, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

/** The node's address. */
export const VIP = "10.98.0.100";
/** Every connection is told the name of the broker and closed. */
const PORT = 1883;
/** Sessions last. */
const HELD_PORT = 1884;
const BROKER_PORT = 9001;
const HELD_BROKER_PORT = 9002;
const HELD_PROGRAM = path.join(REPOSITORY_DIR, "test", "netns", "programs", "held.mjs");

/** What stands in global_defs and in the vrrp_instance. */
export interface SoloSettings {
  readonly global?: string;
  readonly instance?: string;
  /** Default: version 3, adverts every 100 ms. */
  readonly timers?: { readonly version: 2 | 3; readonly advertSeconds: number };
}

/** A running node that serves. */
export interface SoloNode {
  readonly lan: Lan;
  readonly host: Host;
  readonly node: TandemNode;
  readonly watch: VipWatch;
  readonly probe: VipProbe;
  /** Processes on the node's host that are not of the node. */
  readonly bystanders: readonly number[];
  /** The node's haproxy.cfg, with another frontend or none. */
  readonly balancerConfig: (more?: string) => string;
  /** Starts the node once more, after its end. */
  readonly startAgain: () => Promise<TandemNode>;
  /** Opens sessions through the VIP. */
  readonly hold: (count: number) => Promise<HeldSessions>;
  /** Waits until a question that was asked after this instant is answered. */
  readonly served: (afterMs?: number, timeoutMs?: number) => Promise<void>;
  /** Does something and waits until the client is served again: the longest time without an answer, ms. */
  readonly outage: (fault: () => Promise<void> | void) => Promise<number>;
}

/** Sessions of a client. */
export interface HeldSessions {
  readonly process: RunningProcess;
  /** Those that ended. */
  ended(): readonly { readonly endedMs: number; readonly reason: string }[];
}

/** Starts a node and waits until it serves the client. */
export async function startSolo(settings: SoloSettings = {}): Promise<SoloNode> {
  const lan = await createLan(["a", "broker", "client"]);
  const [host, broker, client] = [lan.host("a"), lan.host("broker"), lan.host("client")];
  await startBroker(broker, { a: BROKER_PORT });
  await broker.start({
    command: process.execPath,
    args: [HELD_PROGRAM, "serve", String(HELD_BROKER_PORT)],
    ready: /ready/,
  });
  const watch = await VipWatch.start(host, VIP);
  const balancerConfig = (more = ""): string => haproxyConfig(broker, more);
  const start = (): Promise<TandemNode> =>
    startNode(host, { keepalived: keepalivedConfig(settings), haproxy: balancerConfig() });
  const bystanders = await host.pids();
  const node = await start();
  const probe = await VipProbe.connecting(client, VIP, PORT);
  async function served(afterMs = 0, timeoutMs = 15_000): Promise<void> {
    await probe.waitForNode("a", afterMs, timeoutMs);
  }
  await served();
  return {
    ...{ lan, host, node, watch, probe, bystanders, balancerConfig, startAgain: start, served },
    async hold(count) {
      const running = await client.start({
        command: process.execPath,
        args: [HELD_PROGRAM, "hold", VIP, String(HELD_PORT), String(count)],
        ready: /ready/,
      });
      return {
        process: running,
        ended: () =>
          running
            .stdout()
            .split("\n")
            .filter((line) => line.startsWith("{") && line.endsWith("}"))
            .map((line) => JSON.parse(line) as { endedMs: number; reason: string }),
      };
    },
    async outage(fault) {
      // Questions of before the node served may be answered late, in a burst: only later ones count.
      const servingMs = Date.now();
      await waitFor(() => probe.answers().filter(({ sentMs }) => sentMs > servingMs).length >= 20);
      const atMs = Date.now();
      await fault();
      await waitFor(() => !watch.isHeld);
      await waitFor(() => watch.isHeld, { timeoutMs: 15_000 });
      await served(Date.now());
      const after = probe.answers().filter(({ sentMs }) => sentMs > atMs);
      const times = [atMs, ...after.map(({ sentMs }) => sentMs)];
      return Math.round(Math.max(...times.slice(1).map((ms, i) => ms - times[i]!)));
    },
  };
}

function keepalivedConfig({ global = "", instance = "", timers }: SoloSettings): string {
  const { version, advertSeconds } = timers ?? { version: 3, advertSeconds: 0.1 };
  return `global_defs {
  vrrp_version ${version}
  ${global}
}
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int ${advertSeconds}
  ${instance}
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;
}

function haproxyConfig(broker: Host, more: string): string {
  return `defaults
  mode tcp
  timeout connect 1s
  timeout client 60s
  timeout server 60s
listen f
  bind :${PORT}
  server s1 ${broker.ipv4}:${BROKER_PORT} check inter 500
listen held
  bind :${HELD_PORT}
  server s1 ${broker.ipv4}:${HELD_BROKER_PORT}
${more}
`;
}
