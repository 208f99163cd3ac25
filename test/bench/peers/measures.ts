// What `scripts/bench peers` measures, once, for one pair of programs.
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../support/ports.ts";
import type { Load } from "../load.ts";
import { readSlowly, sendGarbage } from "./abuse.ts";
import { Member } from "./member.ts";
import {
  cpuMs,
  type MemberPorts,
  type Node,
  type NodeKind,
  peakBytes,
  residentBytes,
  startNode,
  servedClient,
} from "./node.ts";

/** Sizes of the measures. */
export interface PeersOptions {
  /** Entries taught. */
  readonly entryCount: number;
  /** New entries through the balancer, and entries of a node that restarts. */
  readonly liveCount: number;
  /** Entries taught while new connections are timed. */
  readonly resyncCount: number;
}

/** What runs the measures: the load, and where its broker listens. */
export interface Stage {
  readonly load: Load;
  readonly brokerPort: number;
}

/** Figures of one run by their name. */
export type Figures = Readonly<Record<string, number>>;

/** One measure; `teacher` is node A, `learner` node B. */
export interface PeersMeasure {
  readonly name: string;
  /** Whether pairs of different programs make sense. */
  readonly isMixed: boolean;
  run(stage: Stage, teacher: NodeKind, learner: NodeKind, options: PeersOptions): Promise<Figures>;
}

/** Everything that is measured. */
export const PEERS_MEASURES: readonly PeersMeasure[] = [
  { name: "teach", isMixed: true, run: teach },
  { name: "live", isMixed: false, run: live },
  { name: "restart", isMixed: false, run: restart },
  { name: "delay", isMixed: false, run: delay },
  { name: "abuse", isMixed: false, run: abuse },
];

const SETTLE_MS = 1_000;
const DELAY_RATE_PER_S = 200;
const DELAY_SECONDS = 6;
const ABUSE_COUNT = 10_000;

/** A pair in the making. */
class Pair {
  readonly members: MemberPorts;
  readonly #stage: Stage;
  readonly #ports: readonly number[];

  private constructor(stage: Stage, ports: readonly number[]) {
    const [nodea, nodeb, feeder, slow] = ports;
    this.#stage = stage;
    this.members = { nodea: nodea!, nodeb: nodeb!, feeder: feeder!, slow: slow! };
    this.#ports = ports;
  }

  static async of(stage: Stage): Promise<Pair> {
    return new Pair(stage, await freePorts(6));
  }

  /** Where a node listens for MQTT clients. */
  portOf(name: "nodea" | "nodeb"): number {
    return this.#ports[name === "nodea" ? 4 : 5]!;
  }

  start(kind: NodeKind, name: "nodea" | "nodeb"): Promise<Node> {
    return startNode({
      kind,
      name,
      members: this.members,
      mqttPort: this.portOf(name),
      brokerPort: this.#stage.brokerPort,
    });
  }

  /** Node A with entries, from a member that is gone again. */
  async filled(kind: NodeKind, entryCount: number): Promise<Node> {
    const feeder = new Member("feeder", this.members);
    feeder.fill(entryCount);
    await feeder.listen();
    const node = await this.start(kind, "nodea");
    await node.full(entryCount);
    // A node whose lesson broke off teaches others as one that is incomplete.
    await feeder.isConfirmed("nodea");
    feeder.stop();
    return node;
  }

  /** The same program without entries, at rest: what it costs anyway. */
  async idle(kind: NodeKind): Promise<{ readonly residentBytes: number; readonly cpuMs: number }> {
    const alone = await Pair.of(this.#stage);
    const node = await alone.start(kind, "nodeb");
    const spentMs = cpuMs(node.pid);
    await sleep(SETTLE_MS);
    const idle = { residentBytes: residentBytes(node.pid), cpuMs: spentMs };
    await node.stop();
    return idle;
  }
}

/** Node A teaches a fresh node B everything. */
async function teach(
  stage: Stage,
  teacher: NodeKind,
  learner: NodeKind,
  { entryCount }: PeersOptions,
): Promise<Figures> {
  const pair = await Pair.of(stage);
  const idle = await pair.idle(learner);
  const a = await pair.filled(teacher, entryCount);
  const spentMs = cpuMs(a.pid);
  const b = await pair.start(learner, "nodeb");
  const seconds = Math.max(1, (await b.full(entryCount)) - b.answeredMs) / 1_000;
  const [teacherCpuMs, learnerCpuMs] = [cpuMs(a.pid) - spentMs, cpuMs(b.pid) - idle.cpuMs];
  await sleep(SETTLE_MS);
  const grownBytes = residentBytes(b.pid) - idle.residentBytes;
  await stop(a, b);
  return {
    "time to teach, s": seconds,
    "entries taught, 1/s": entryCount / seconds,
    "CPU of the teacher per entry, µs": (teacherCpuMs * 1_000) / entryCount,
    "CPU of the learner per entry, µs": (learnerCpuMs * 1_000) / entryCount,
    "resident memory of the learner per entry, B": grownBytes / entryCount,
  };
}

/** New devices through node A; the peer is the bench itself, which sees each entry arrive. */
async function live(
  stage: Stage,
  kind: NodeKind,
  _learner: NodeKind,
  { liveCount }: PeersOptions,
): Promise<Figures> {
  const pair = await Pair.of(stage);
  const peer = await new Member("nodeb", pair.members).listen();
  const a = await pair.start(kind, "nodea");
  await peer.established("nodea");
  const result = await newDevices(stage, a, liveCount);
  await peer.holds(liveCount);
  peer.stop();
  await stop(a);
  return {
    "new devices, 1/s": (liveCount * 1_000) / result.wallMs,
    "peer behind after the last one, ms": peer.grownMs - result.endMs,
  };
}

/** Node B ends and starts anew beside a node A of the same program. */
async function restart(
  stage: Stage,
  kind: NodeKind,
  _learner: NodeKind,
  { liveCount }: PeersOptions,
): Promise<Figures> {
  const pair = await Pair.of(stage);
  const a = await pair.filled(kind, liveCount);
  const former = await pair.start(kind, "nodeb");
  await former.full(liveCount);
  await former.stop();
  const [b, servedMs] = await Promise.all([
    pair.start(kind, "nodeb"),
    servedClient(pair.portOf("nodeb")),
  ]);
  // The client that was served has an entry of its own.
  const fullMs = await b.full(liveCount + 1);
  await stop(a, b);
  return {
    "balancer answers a client to full table, ms": Math.max(0, fullMs - servedMs),
    "kernel accepts to full table, ms": Math.max(0, fullMs - b.answeredMs),
    "kernel accepts to first client served, ms": Math.max(0, servedMs - b.answeredMs),
  };
}

/** New connections at a steady rate while node B starts and learns; and the same without entries. */
async function delay(
  stage: Stage,
  kind: NodeKind,
  _learner: NodeKind,
  { resyncCount }: PeersOptions,
): Promise<Figures> {
  const busy = await delaysWith(stage, kind, resyncCount);
  const quiet = await delaysWith(stage, kind, 0);
  return Object.fromEntries(
    Object.entries(busy).flatMap(([name, value]) => [
      [`${name}, ms`, value],
      [`${name}, without entries, ms`, quiet[name]!],
    ]),
  );
}

async function delaysWith(stage: Stage, kind: NodeKind, entryCount: number): Promise<Figures> {
  const pair = await Pair.of(stage);
  const a = entryCount > 0 ? await pair.filled(kind, entryCount) : await pair.start(kind, "nodea");
  const connect = (node: Node): ReturnType<Load["measure"]> =>
    stage.load.measure("setup", {
      port: node.mqttPort,
      connections: 100,
      rate: DELAY_RATE_PER_S,
      seconds: DELAY_SECONDS,
    });
  // What Node compiles on the first connections belongs to neither.
  await connect(a);
  const atTeacher = connect(a);
  const b = await pair.start(kind, "nodeb");
  const [teacher, learner] = await Promise.all([atTeacher, connect(b)]);
  if (entryCount > 0) await b.full(entryCount);
  await stop(a, b);
  return {
    "new connection at the teacher, p50": teacher.p50Us / 1_000,
    "new connection at the teacher, p99": teacher.p99Us / 1_000,
    "new connection at the teacher, max": teacher.maxUs / 1_000,
    "new connection at the learner, p50": learner.p50Us / 1_000,
    "new connection at the learner, p99": learner.p99Us / 1_000,
    "new connection at the learner, max": learner.maxUs / 1_000,
  };
}

/** As `live`, with a peer that reads 1 KB a second and strangers that send nonsense. */
async function abuse(
  stage: Stage,
  kind: NodeKind,
  _learner: NodeKind,
  { liveCount }: PeersOptions,
): Promise<Figures> {
  const pair = await Pair.of(stage);
  const a = await pair.filled(kind, liveCount);
  const port = pair.members["nodea"]!;
  const peer = await new Member("nodeb", pair.members).listen();
  await peer.established("nodea");
  await peer.holds(liveCount);
  const restBytes = residentBytes(a.pid);
  const ends = [
    readSlowly(port, "nodea", "slow"),
    ...["nobody", "feeder"].map((name) => sendGarbage(port, "nodea", name)),
  ];
  try {
    const result = await newDevices(stage, a, ABUSE_COUNT);
    await peer.holds(liveCount + ABUSE_COUNT);
    return {
      "abused: new devices, 1/s": (ABUSE_COUNT * 1_000) / result.wallMs,
      "abused: peer behind after the last one, ms": peer.grownMs - result.endMs,
      "abused: memory at most above rest, MiB": (peakBytes(a.pid) - restBytes) / 2 ** 20,
    };
  } finally {
    for (const end of ends) end();
    peer.stop();
    await stop(a);
  }
}

async function newDevices(stage: Stage, node: Node, count: number): ReturnType<Load["measure"]> {
  const options = { port: node.mqttPort, connections: 50, seconds: 120, count };
  const result = await stage.load.measure("setup", options);
  if (result.failed > 0 || result.count !== count) {
    throw new Error(`${node.kind} failed ${result.failed} and served ${result.count} of ${count}`);
  }
  return result;
}

async function stop(...nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}
