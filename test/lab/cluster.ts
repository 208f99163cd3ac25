// The whole topology of the lab: a pair of nodes, three brokers and a client on one switch.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { endLater } from "../support/cleanup.ts";
import { createLan, type Lan, type LanOptions } from "../support/netns.ts";
import { sendSignal, type RunningProcess } from "../support/process.ts";
import { REPOSITORY_DIR } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { waitFor } from "../support/wait-for.ts";
import type { ClientSide } from "./client-side.ts";
import {
  BROKER_NAMES,
  MQTT_PORT,
  NODE_NAMES,
  VIP,
  type BrokerName,
  type NodeName,
  type PairFiles,
} from "./configuration.ts";
import { startMember, type Kind, type Member } from "./member.ts";

/** The folder of the lab's own programs. */
export const PROGRAMS = path.join(REPOSITORY_DIR, "test", "lab", "programs");
/** A machine with much else to do takes its time to start six programs. */
const SETTLE_MS = 30_000;

/** Which programs serve MQTT behind the pair. */
export type BrokerKind = "embedded" | "mosquitto";

/** What a cluster is made of. */
export interface ClusterOptions {
  readonly kinds: Readonly<Record<NodeName, Kind>>;
  readonly brokers?: BrokerKind;
  readonly files?: PairFiles;
  readonly lan?: LanOptions;
}

/** A running cluster; it ends by `endAll()`, or with the test. */
export class Cluster implements ClientSide {
  readonly vip = VIP;
  readonly port = MQTT_PORT;
  readonly isPlain = false;
  readonly lan: Lan;
  readonly members = new Map<NodeName, Member>();
  readonly brokers = new Map<BrokerName, RunningProcess>();
  readonly #options: ClusterOptions;

  private constructor(lan: Lan, options: ClusterOptions) {
    this.lan = lan;
    this.#options = options;
  }

  /** Makes the network and starts the brokers; no node yet. */
  static async create(options: ClusterOptions): Promise<Cluster> {
    const hosts = [...NODE_NAMES, ...BROKER_NAMES, "client"];
    const lan = await createLan(hosts, { ...options.lan, secondLan: true });
    const cluster = new Cluster(lan, options);
    await Promise.all(BROKER_NAMES.map((name) => cluster.startBroker(name)));
    return cluster;
  }

  /** As `create`, with both nodes; lb1 holds the VIP when this resolves. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.create(options);
    await cluster.startNode("lb1");
    await waitFor(() => cluster.lan.host("lb1").hasAddress(VIP), {
      timeoutMs: SETTLE_MS,
      intervalMs: 50,
      what: "lb1 to hold the VIP",
    });
    await cluster.startNode("lb2");
    return cluster;
  }

  /** Starts a node, for the first time or again, or as one of another kind. */
  async startNode(name: NodeName, kind?: Kind): Promise<Member> {
    const { kinds, files } = this.#options;
    const member = await startMember(this.lan, name, kind ?? kinds[name], files ?? {});
    this.members.set(name, member);
    // A balancer whose guard was killed serves its sessions to their end, and would be waited for.
    endLater(async () => {
      for (const pid of await this.lan.host(name).pids()) sendSignal(pid, "SIGKILL");
    });
    return member;
  }

  /** A node that was started. */
  member(name: NodeName): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`Node ${name} was not started`);
    return member;
  }

  /** Starts a broker, for the first time or again. */
  async startBroker(name: BrokerName): Promise<void> {
    const kind = this.#options.brokers ?? "embedded";
    this.brokers.set(
      name,
      await (kind === "embedded" ? this.#embedded(name) : this.#mosquitto(name)),
    );
  }

  /** Starts one of the lab's own client programs on the client host. */
  runClient(program: string, ...words: readonly string[]): Promise<RunningProcess> {
    return this.lan.host("client").start({
      command: process.execPath,
      args: [path.join(PROGRAMS, program), ...words],
      ready: /ready/,
      readyTimeoutMs: SETTLE_MS,
    });
  }

  #embedded(name: BrokerName): Promise<RunningProcess> {
    const places = NODE_NAMES.map((node) => `${this.lan.host(node).ipv4}=${node}`);
    return this.lan.host(name).start({
      command: process.execPath,
      args: [path.join(PROGRAMS, "broker.mjs"), name, String(MQTT_PORT), ...places],
      ready: /ready/,
      readyTimeoutMs: SETTLE_MS,
    });
  }

  #mosquitto(name: BrokerName): Promise<RunningProcess> {
    const file = path.join(tempDir(), "mosquitto.conf");
    writeFileSync(file, `listener ${MQTT_PORT}\nallow_anonymous true\nuser root\n`);
    return this.lan.host(name).start({
      command: "mosquitto",
      args: ["-v", "-c", file],
      ready: /running/,
      readyTimeoutMs: SETTLE_MS,
    });
  }
}
