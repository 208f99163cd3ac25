// Two whole nodes, a broker and a client on one switch, and what a fault costs the client.
import { createLan, type Host, type Lan } from "../support/netns.ts";
import { startNode, type TandemNode } from "../support/tandem-agent.ts";
import { overlapMs, startBroker, VipProbe, VipWatch } from "../support/vip-watch.ts";
import { waitFor } from "../support/wait-for.ts";

/** The pair's address. */
export const VIP = "10.98.0.100";
const PORT = 1883;
const BROKER_PORTS = { a: 9001, b: 9002 };

/** What a pair is made of; every text stands in the vrrp_instance or in global_defs. */
export interface PairSettings {
  readonly instance?: string;
  readonly global?: string;
  readonly advertMs?: number;
  readonly secondLan?: boolean;
  /** Replaces the server line of the balancer. */
  readonly server?: (name: "a" | "b", broker: Host) => string;
  /** Sections of the balancer behind the usual ones. */
  readonly sections?: (name: "a" | "b", lan: Lan) => string;
}

/** A running pair. Node a is preferred and holds the VIP. */
export interface NodePair {
  readonly lan: Lan;
  readonly nodes: Readonly<Record<"a" | "b", TandemNode>>;
  readonly probe: VipProbe;
  readonly watches: Readonly<Record<"a" | "b", VipWatch>>;
  start(name: "a" | "b"): Promise<TandemNode>;
  /** The haproxy.cfg of a node. */
  balancerConfig(name: "a" | "b"): string;
  /** Waits until exactly this node holds the VIP. */
  settled(name: "a" | "b", timeoutMs?: number): Promise<void>;
  /**
   * Does something to node a and measures until the client is served by `then`. What needs programs
   * to be done gives the instant at which they had done it: from there on is measured.
   */
  measure(then: "a" | "b", fault: () => unknown): Promise<Measured>;
}

/** What a fault cost. */
export interface Measured {
  /** The longest time in which no connection was answered, ms; the probe asks every 10 ms. */
  readonly outageMs: number;
  /** How long both kernels had the VIP, ms. */
  readonly bothMs: number;
  /** From the fault to the first connection through the node that took over. */
  readonly movedAfterMs: number;
}

/** Starts a pair and waits until node a serves the client. */
export async function startPair(settings: PairSettings = {}): Promise<NodePair> {
  const lan = await createLan(["a", "b", "broker", "client"], {
    secondLan: settings.secondLan ?? false,
  });
  const broker = lan.host("broker");
  await startBroker(broker, BROKER_PORTS);
  const watches = {
    a: await VipWatch.start(lan.host("a"), VIP),
    b: await VipWatch.start(lan.host("b"), VIP),
  };
  const nodes: Partial<Record<"a" | "b", TandemNode>> = {};
  async function start(name: "a" | "b"): Promise<TandemNode> {
    const started = await startNode(lan.host(name), {
      keepalived: keepalivedConfig(lan, name, settings),
      haproxy: haproxyConfig(name, lan, settings),
    });
    nodes[name] = started;
    return started;
  }
  async function settled(name: "a" | "b", timeoutMs = 15_000): Promise<void> {
    const other = name === "a" ? "b" : "a";
    await waitFor(() => watches[name].isHeld && !watches[other].isHeld, {
      timeoutMs,
      what: () =>
        `node ${name} alone to hold the VIP; a: ${watches.a.isHeld}, b: ${watches.b.isHeld}; ` +
        `${nodes.a?.process.output() ?? ""}\n---\n${nodes.b?.process.output() ?? ""}`,
    });
  }
  await start("a");
  await settled("a");
  await start("b");
  const probe = await VipProbe.connecting(lan.host("client"), VIP, PORT);
  await probe.waitForNode("a", 0);
  return {
    lan,
    nodes: nodes as NodePair["nodes"],
    probe,
    watches,
    start,
    balancerConfig: (name) => haproxyConfig(name, lan, settings),
    settled,
    async measure(then, fault) {
      // The client has been served for a while: the time before the fault is no outage.
      const before = probe.answers().length;
      await waitFor(() => probe.answers().length >= before + 20);
      const beforeMs = Date.now();
      const doneMs = await fault();
      const atMs = typeof doneMs === "number" ? doneMs : beforeMs;
      const answer = await probe.waitForNode(then, atMs);
      const seen = probe.answers().length;
      await waitFor(() => probe.answers().length >= seen + 20);
      return {
        outageMs: Math.round(probe.longestGapMs(atMs)),
        bothMs: Math.round(overlapMs(watches.a, watches.b, atMs)),
        movedAfterMs: Math.round(answer.sentMs - atMs),
      };
    },
  };
}

function keepalivedConfig(lan: Lan, name: "a" | "b", settings: PairSettings): string {
  const self = lan.host(name);
  const peer = lan.host(name === "a" ? "b" : "a");
  return `global_defs {
  vrrp_version 3
  ${fill(settings.global, self, peer)}
}
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${name === "a" ? 150 : 100}
  advert_int ${(settings.advertMs ?? 100) / 1000}
  unicast_src_ip ${self.ipv4}
  unicast_peer {
    ${peer.ipv4}
  }
  ${fill(settings.instance, self, peer)}
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;
}

/** SELF2 and PEER2 are the addresses on the second network. */
function fill(text: string | undefined, self: Host, peer: Host): string {
  return (text ?? "")
    .replaceAll("SELF2", self.ipv4.replace("10.98.", "10.99."))
    .replaceAll("PEER2", peer.ipv4.replace("10.98.", "10.99."));
}

function haproxyConfig(name: "a" | "b", lan: Lan, settings: PairSettings): string {
  const broker = lan.host("broker");
  const server =
    settings.server?.(name, broker) ??
    `server s1 ${broker.ipv4}:${BROKER_PORTS[name]} check inter 500`;
  return `defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s

frontend f
  bind :${PORT}
  default_backend k

backend k
  ${server}
${settings.sections?.(name, lan) ?? ""}`;
}
