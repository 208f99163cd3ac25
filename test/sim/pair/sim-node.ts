// One node of the pair: guard and agent are the real cores, the balancer a sketch, the kernel and the
// service manager around them simulated. Everything that a node does passes through `after`, so that a
// paused node stands still and one without power forgets.
import type { AgentEvent } from "../../../ha/agent/agent-events.ts";
import type { AgentConfiguration } from "../../../ha/config/model/configuration.ts";
import { Guard } from "../../../ha/supervise/guard.ts";
import type { Child, GuardEffect, GuardEvent } from "../../../ha/supervise/guard-events.ts";
import type { LastWill } from "../../../ha/supervise/messages.ts";
import { printIp } from "../../../src/base/ip.ts";
import { ip } from "../../support/agent-configuration.ts";
import type { Side } from "./network.ts";
import { SimAgent } from "./sim-agent.ts";
import { SimBalancer } from "./sim-balancer.ts";
import { CommandQueue, SimKernel } from "./sim-kernel.ts";
import { SimProcess } from "./sim-process.ts";
import { GUARD_SETTINGS } from "./settings.ts";
import type { World } from "./world.ts";

/** A pipe's or a netlink socket's delay. */
const PIPE_MS = 0.1;
/** How often a shell compares the clock that stands still in sleep with the one that does not. */
const SLEEP_LOOK_MS = 20;
/** From a guard's death to the service manager's end of what is left, to the next guard. */
const CLEANED_AFTER_MS = 30;
const RESTARTED_AFTER_MS = 100;

/** See the head of this file. */
export class SimNode {
  readonly world: World;
  readonly side: Side;
  readonly configuration: AgentConfiguration;
  kernel: SimKernel;
  guard: SimProcess<GuardEvent, GuardEffect> | undefined;
  agent: SimAgent | undefined;
  balancer: SimBalancer | undefined;
  isOn = true;
  isPaused = false;
  pausedAtMs = 0;
  /** Carrier on eth0, where the VIPs and the VRRP segment are. */
  hasLink = true;
  /** What new balancers say of themselves. */
  isFit = true;
  #guardCommands: CommandQueue;
  /** What the node's clock is ahead of the simulation's. */
  #clockOffsetMs: number;
  #sleptMs = 0;
  #isRetired = false;
  #waiting: (() => void)[] = [];
  /** Counts power cuts. */
  #life = 0;

  constructor(world: World, side: Side, configuration: AgentConfiguration) {
    this.world = world;
    this.side = side;
    this.configuration = configuration;
    this.#clockOffsetMs = 1_000 * (side + 1) + world.chance.below(1_000) / 7;
    this.kernel = this.#newKernel();
    this.#guardCommands = new CommandQueue(this);
  }

  /** The node's monotonic clock. */
  get clockMs(): number {
    return this.world.clock.nowMs + this.#clockOffsetMs;
  }

  get isAwake(): boolean {
    return this.isOn && !this.isPaused;
  }

  /** Everything on it is as it should be. */
  get isHealthy(): boolean {
    const { agent, guard, balancer } = this;
    return (
      this.isAwake &&
      this.hasLink &&
      guard?.isRunning === true &&
      agent?.isRunning === true &&
      balancer?.isServing === true &&
      this.isFit
    );
  }

  /** Whether devices that reach its VIP are served. */
  get isServing(): boolean {
    return this.isAwake && this.hasLink && this.balancer?.isServing === true;
  }

  /** Whether devices reach the VIP here. */
  isReached(vip: string): boolean {
    return this.isAwake && this.hasLink && this.kernel.has(vip);
  }

  /** Does something later, unless the power goes. */
  after(delayMs: number, act: () => void): void {
    const life = this.#life;
    this.world.clock.after(delayMs, () => {
      if (life !== this.#life) return;
      if (this.isPaused) this.#waiting.push(act);
      else act();
    });
  }

  powerOn(): void {
    this.isOn = true;
    this.after(this.world.bootMs(), () => this.startGuard());
  }

  powerOff(): void {
    this.#life += 1;
    this.isOn = false;
    this.isPaused = false;
    this.#waiting = [];
    this.guard?.kill();
    this.agent?.kill("SIGKILL");
    this.balancer?.kill();
    this.guard = undefined;
    this.agent = undefined;
    this.balancer = undefined;
    this.kernel = this.#newKernel();
    this.#guardCommands = new CommandQueue(this);
  }

  pause(): void {
    this.isPaused = true;
    this.pausedAtMs = this.world.clock.nowMs;
  }

  /** Goes on after `pausedMs`; a clock that stood still is behind by as much, and the agent finds out. */
  resume(pausedMs: number, stoodStill: boolean): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (stoodStill) {
      this.#clockOffsetMs -= pausedMs;
      this.#sleptMs += pausedMs;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) this.after(0, act);
    this.guard?.rearm();
    this.agent?.rearm();
    // The shell compares the clocks now and then, and before every event.
    this.after(this.world.chance.below(SLEEP_LOOK_MS), () =>
      this.agent?.deliver({ kind: "timeout" }),
    );
  }

  /** The cable of eth0 is pulled or put back. */
  setLink(hasLink: boolean): void {
    this.hasLink = hasLink;
    this.after(PIPE_MS, () => this.agent?.deliver(this.linkNotice));
  }

  /** What the kernel says of eth0. */
  get linkNotice(): Extract<AgentEvent, { kind: "link" }> {
    const mac = new Uint8Array([0x02, 0, 0, 0, 0, this.side + 1]);
    return {
      kind: "link",
      link: { name: "eth0", index: 2, mac, isRunning: this.hasLink },
    };
  }

  /** The monotonic clock leaps, as when a virtual machine moves to another host. */
  leap(ms: number): void {
    this.#clockOffsetMs += ms;
    this.guard?.rearm();
    this.agent?.rearm();
  }

  startGuard(): void {
    if (this.guard !== undefined || this.#isRetired) return;
    const guard = new SimProcess<GuardEvent, GuardEffect>(
      this,
      new Guard(GUARD_SETTINGS),
      (effect) => this.#fromGuard(effect),
    );
    this.guard = guard;
    guard.feed({ kind: "start" });
  }

  /** Stops for good. */
  retire(): void {
    this.#isRetired = true;
    this.stop();
  }

  /** Asks the whole node to stop, as the service manager does. */
  stop(): void {
    this.guard?.deliver({ kind: "stop" });
  }

  /** The guard dies: its children see the end of their pipes, and the service manager cleans up. */
  killGuard(): void {
    const { guard } = this;
    if (guard === undefined) return;
    guard.kill();
    this.guard = undefined;
    this.after(PIPE_MS, () => {
      this.agent?.tell({ kind: "stop" });
      this.balancer?.orphan();
    });
    this.after(CLEANED_AFTER_MS, () => {
      this.agent?.kill("SIGKILL");
      this.agent = undefined;
      this.balancer?.kill();
      this.balancer = undefined;
      // `tandem release`
      for (const address of this.world.vips) {
        this.#guardCommands.run(() => this.kernel.remove(address));
      }
      this.after(RESTARTED_AFTER_MS, () => this.startGuard());
    });
  }

  killAgent(): void {
    this.agent?.kill("SIGKILL");
  }

  /** A datagram of the other node. */
  receive(path: "vrrp" | "heartbeat", bytes: Uint8Array): void {
    if (!this.isOn || (path === "vrrp" && !this.hasLink)) return;
    if (this.isPaused) {
      // A few frames wait in the ring of the network card.
      if (this.#waiting.length < 20) this.#waiting.push(() => this.receive(path, bytes));
      return;
    }
    this.agent?.receive(path, bytes);
  }

  /** Something else removes a VIP. */
  steal(address: string): void {
    this.kernel.remove(address);
  }

  /** Sends a datagram to the other node. */
  send(path: "vrrp" | "heartbeat", bytes: Uint8Array): void {
    if (path === "vrrp" && !this.hasLink) return;
    this.world.network.carry(path, this.side, () =>
      this.world.other(this.side).receive(path, bytes),
    );
  }

  /** The sleep that no agent was told of. */
  takeSleptMs(): number {
    const sleptMs = this.#sleptMs;
    this.#sleptMs = 0;
    return sleptMs;
  }

  agentSays(run: number, message: Extract<GuardEvent, { kind: "from-agent" }>["message"]): void {
    this.after(PIPE_MS, () => this.guard?.deliver({ kind: "from-agent", run, message }));
  }

  agentEnded(run: number, signal: string | null): void {
    this.#childEnded("agent", run, signal);
  }

  balancerSays(
    run: number,
    message: Extract<GuardEvent, { kind: "from-balancer" }>["message"],
  ): void {
    this.after(PIPE_MS, () => this.guard?.deliver({ kind: "from-balancer", run, message }));
  }

  balancerEnded(run: number, signal: string | null): void {
    this.#childEnded("balancer", run, signal);
  }

  #newKernel(): SimKernel {
    const own = {
      device: "eth0",
      address: ip(this.side === 0 ? "10.0.0.1" : "10.0.0.2"),
      prefixLength: 24,
    };
    return new SimKernel(own, (notice) => {
      this.world.note(this.side, `${notice.kind} ${printIp(notice.address.address)}`);
      this.after(PIPE_MS + this.world.chance.below(4) / 10, () => this.agent?.deliver(notice));
      this.world.referee.moved();
    });
  }

  #childEnded(child: Child, run: number, signal: string | null): void {
    const code = signal === null ? 0 : null;
    this.after(0.5, () => this.guard?.deliver({ kind: "ended", child, run, code, signal }));
  }

  #fromGuard(effect: GuardEffect): void {
    switch (effect.kind) {
      case "spawn":
        if (effect.child === "agent") this.agent = new SimAgent(this, effect.run);
        else this.balancer = new SimBalancer(this, effect.run);
        break;
      case "signal":
        if (effect.child === "balancer") this.balancer?.signal(effect.run, effect.signal);
        else if (effect.signal === "SIGKILL" && effect.run === this.agent?.run) this.killAgent();
        break;
      case "inspect":
        this.#inspect(effect.child, effect.run);
        break;
      case "execute-will":
        if (this.world.sabotage !== "no-will") this.#execute(effect.will);
        break;
      case "tell-agent-balancer":
        if (this.world.sabotage === "no-report" && effect.report.state !== "serving") break;
        this.#tellAgent({ kind: "balancer", report: effect.report });
        break;
      case "tell-agent":
        if (effect.message === "stop") this.#tellAgent({ kind: "stop" });
        if (effect.message === "reload") {
          this.#tellAgent({ kind: "reload", configuration: this.configuration });
        }
        break;
      case "exit":
        this.guard?.kill();
        this.guard = undefined;
        break;
      case "log":
        this.world.note(this.side, `guard: ${effect.text}`);
        break;
      default:
        // Beats and reserves: a sketched balancer needs neither.
        break;
    }
    if (effect.kind !== "log" && effect.kind !== "beat-balancer") this.world.referee.look();
  }

  #tellAgent(event: AgentEvent): void {
    const { agent } = this;
    this.after(PIPE_MS, () => agent?.tell(event));
  }

  #inspect(child: Child, run: number): void {
    const isStopped =
      child === "agent" ? this.agent?.isFrozen === true : this.balancer?.isFrozen === true;
    // A hang may be a stopped process or one that spins.
    const isSeen = isStopped && this.world.chance.oneIn(2);
    this.after(1, () =>
      this.guard?.deliver({
        kind: "inspected",
        child,
        run,
        waitedForCpuMs: 0,
        isStopped: isSeen,
      }),
    );
  }

  #execute(will: LastWill): void {
    for (const { words } of will.commands) {
      const address = words[2]?.split("/")[0] ?? "";
      this.#guardCommands.run(() => this.kernel.remove(address));
    }
    for (const packet of will.packets) this.send("vrrp", packet.bytes);
  }
}
