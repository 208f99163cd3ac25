// One run of an agent: the real core, and a shell that carries out what it asks for as the real one
// does: addresses by a queue of commands, adverts at once, words to the guard through a pipe.
import { Agent } from "../../../ha/agent/agent.ts";
import type { AgentEffect, AgentEvent } from "../../../ha/agent/agent-events.ts";
import type { KernelAddress } from "../../../ha/vip/vip-events.ts";
import type { ReceivedPacket } from "../../../ha/vrrp/packet.ts";
import { printIp } from "../../../src/base/ip.ts";
import { CommandQueue } from "./sim-kernel.ts";
import type { SimNode } from "./sim-node.ts";
import { SimProcess } from "./sim-process.ts";

/** How often an agent beats. The real one beats twice as often. */
const BEAT_MS = 100;

/** See the head of this file. */
export class SimAgent {
  readonly run: number;
  readonly #node: SimNode;
  readonly #commands: CommandQueue;
  #process: SimProcess<AgentEvent, AgentEffect> | undefined;
  /** What the guard wrote before the agent reads. */
  #pipe: AgentEvent[] = [];
  #hasEnded = false;
  #removalCount = 0;
  /** Since the last claim. */
  #announcedCount = 0;

  constructor(node: SimNode, run: number) {
    this.#node = node;
    this.run = run;
    this.#commands = new CommandQueue(node);
    node.after(node.world.bootMs(), () => {
      if (!this.#hasEnded) this.#start();
    });
  }

  /** It has started, and not ended. */
  get isAlive(): boolean {
    return this.#process?.isAlive === true;
  }

  get isFrozen(): boolean {
    return this.isAlive && this.#process?.isFrozen === true;
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }

  get frozenAtMs(): number {
    return this.#process?.frozenAtMs ?? 0;
  }

  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  rearm(): void {
    this.#process?.rearm();
  }

  kill(signal: string | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#process?.kill();
    this.#node.agentEnded(this.run, signal);
  }

  /** What only a process that runs can get. */
  deliver(event: AgentEvent): void {
    this.#process?.deliver(event);
  }

  /** What a pipe keeps for it. */
  tell(event: AgentEvent): void {
    if (this.#process === undefined) this.#pipe.push(event);
    else this.#process.deliver(event);
  }

  receive(path: "vrrp" | "heartbeat", bytes: Uint8Array): void {
    if (this.#process === undefined) return;
    if (path === "heartbeat") this.deliver({ kind: "heartbeat", index: 0, bytes });
    else this.deliver({ kind: "packet", packet: parsePacket(bytes) });
  }

  #start(): void {
    const node = this.#node;
    const process = new SimProcess<AgentEvent, AgentEffect>(node, this.#machine(), (effect) =>
      this.#carryOut(effect),
    );
    this.#process = process;
    process.feed(node.linkNotice);
    process.feed({ kind: "addresses", addresses: node.kernel.addresses });
    // What the guard wrote meanwhile is read before the start or after it.
    const isReadFirst = node.world.chance.oneIn(2);
    if (isReadFirst) for (const event of this.#pipe) process.feed(event);
    process.feed({ kind: "start" });
    if (!isReadFirst) for (const event of this.#pipe) process.feed(event);
    node.agentSays(this.run, { kind: "ready" });
    this.#beat();
    node.world.referee.look();
  }

  #machine(): SimProcess<AgentEvent, AgentEffect>["machine"] {
    const node = this.#node;
    const agent = new Agent({
      configuration: node.configuration,
      nonce: node.world.nonce(),
      hasBalancer: true,
      removesLeftovers: true,
    });
    node.takeSleptMs();
    if (node.world.sabotage === "late-unnoticed") return unawareOfLateness(agent);
    return {
      handle: (event, nowMs) => {
        const sleptMs = node.takeSleptMs();
        if (sleptMs > 0) agent.handle({ kind: "slept", sleptMs }, nowMs);
        agent.handle(event, nowMs);
      },
      poll: () => agent.poll(),
      nextTimeout: () => agent.nextTimeout(),
    };
  }

  #beat(): void {
    if (!this.isAlive) return;
    if (!this.isFrozen) this.#node.agentSays(this.run, { kind: "beat" });
    this.#node.after(BEAT_MS, () => this.#beat());
  }

  #carryOut(effect: AgentEffect): void {
    const node = this.#node;
    const { sabotage } = node.world;
    switch (effect.kind) {
      case "send":
        node.send("vrrp", effect.packet.bytes);
        break;
      case "heartbeat":
        node.send("heartbeat", effect.bytes);
        break;
      case "will":
        node.agentSays(this.run, { kind: "will", will: effect.will });
        break;
      case "add":
        this.#announcedCount = 0;
        this.#commands.run(() => node.kernel.add(effect.address));
        break;
      case "remove":
        this.#removalCount += 1;
        if (sabotage === "no-removal") break;
        this.#commands.run(() => node.kernel.remove(printIp(effect.address.address)));
        break;
      case "verify":
        this.#verify();
        break;
      case "announce":
        if (sabotage === "no-announcement" && this.#announcedCount >= 5) break;
        this.#announcedCount += 1;
        this.#announce(effect.address);
        break;
      case "stopped":
        this.kill(null);
        break;
      case "notify":
        node.after(1, () => this.deliver({ kind: "notified", id: effect.id, problem: undefined }));
        break;
      case "log":
        node.world.note(node.side, effect.text);
        break;
      case "ip":
      case "sysctl":
      case "run-script":
      case "fifo":
      case "tickle":
      case "vips":
        break;
    }
  }

  #verify(): void {
    const node = this.#node;
    node.after(0.3, () => {
      const { addresses } = node.kernel;
      node.after(0.3, () => this.deliver({ kind: "addresses", addresses }));
    });
  }

  #announce(address: KernelAddress): void {
    const vip = printIp(address.address);
    const removalCount = this.#removalCount;
    const { kernel, world, side } = this.#node;
    this.#commands.run(() => {
      // A removal that was asked for meanwhile takes announcements back that still wait.
      if (removalCount === this.#removalCount && kernel.has(vip))
        world.referee.announced(vip, side);
    });
  }
}

function parsePacket(bytes: Uint8Array): ReceivedPacket {
  const headerBytes = (bytes[0]! & 0x0f) * 4;
  return {
    family: 4,
    interface: "eth0",
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    ttl: bytes[8],
    payload: bytes.subarray(headerBytes),
  };
}

/** An agent that believes never to be late: its clock leaves the time out. */
function unawareOfLateness(agent: Agent): SimProcess<AgentEvent, AgentEffect>["machine"] {
  let hiddenMs = 0;
  return {
    handle: (event, nowMs) => {
      const dueMs = agent.nextTimeout();
      if (dueMs !== undefined && nowMs - hiddenMs > dueMs + 5) hiddenMs = nowMs - dueMs;
      agent.handle(event, nowMs - hiddenMs);
    },
    poll: () => agent.poll(),
    nextTimeout: () => {
      const dueMs = agent.nextTimeout();
      return dueMs === undefined ? undefined : dueMs + hiddenMs;
    },
  };
}
