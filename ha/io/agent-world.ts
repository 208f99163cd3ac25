// The world of an agent: all that its core sees and touches, put together.
import type { EventFeed } from "../../src/base/io/event-feed.ts";
import type { AgentEffect, AgentEvent } from "../agent/agent-events.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { LastWill } from "../supervise/messages.ts";
import { Announcer } from "./announcer.ts";
import { HeartbeatSocket } from "./heartbeat-socket.ts";
import { IpBatch } from "./ip-batch.ts";
import { KernelMonitor, type KernelEvent } from "./kernel-monitor.ts";
import type { Log } from "./log/log.ts";
import { tell } from "./log/tell.ts";
import { ownPriorityPrefix } from "./own-priority.ts";
import { Repetitions } from "./repetitions.ts";
import { ReceptionShell } from "./reception-shell.ts";
import type { ScriptLauncher } from "./script-launcher.ts";
import { Sysctls } from "./sysctl.ts";
import { TickleSender } from "./tickle-sender.ts";
import { TrackingWorld } from "./tracking-world.ts";
import { VipShell } from "./vip-shell.ts";
import { VrrpSockets } from "./vrrp-socket.ts";

/** What the world needs of the process. */
export interface AgentWorldOptions {
  readonly configuration: AgentConfiguration;
  readonly log: Log;
  readonly events: EventFeed;
  readonly launcher: ScriptLauncher;
  /** `-a`: every address that comes or goes is logged. */
  readonly logsAddresses: boolean;
  feed(event: AgentEvent): void;
  tellWill(will: LastWill): void;
  tellVips(held: readonly string[]): void;
}

/** See the head of this file. */
export class AgentWorld {
  readonly #options: AgentWorldOptions;
  readonly #complaints: Repetitions;
  readonly #batch: IpBatch;
  readonly #monitor: KernelMonitor;
  readonly #sysctls = new Sysctls();
  readonly #vips: VipShell;
  readonly #sockets: VrrpSockets;
  readonly #reception: ReceptionShell;
  readonly #announcer: Announcer;
  readonly #tickles: TickleSender;
  readonly #tracking: TrackingWorld;
  #configuration: AgentConfiguration;
  #heartbeats: HeartbeatSocket[] = [];

  constructor(options: AgentWorldOptions) {
    const { configuration, log } = options;
    this.#options = options;
    this.#configuration = configuration;
    this.#complaints = new Repetitions((text) => log.write("warning", text));
    const complain = (text: string): void => this.#complaints.say(text);
    // `ip` is as urgent as this process, whose children are ordinary ones otherwise.
    const prefix = ownPriorityPrefix();
    this.#batch = new IpBatch({ prefix, onProblem: complain });
    this.#monitor = new KernelMonitor({
      batch: this.#batch,
      prefix,
      onEvent: (event) => this.#onKernel(event),
      onProblem: complain,
    });
    this.#sockets = new VrrpSockets({
      onPacket: (packet) => options.feed({ kind: "packet", packet }),
      onError: ({ interface: name, operation, text }) => {
        complain(`${name}: ${text}`);
        if (operation === "receive") this.#reception.broke();
      },
    });
    this.#reception = new ReceptionShell(this.#sockets, configuration.instances, (event) =>
      options.feed(event),
    );
    this.#announcer = new Announcer({ onProblem: complain });
    this.#tickles = new TickleSender(complain);
    this.#vips = new VipShell({
      batch: this.#batch,
      scripts: configuration.tandem,
      announce: (frame, address) => this.#announcer.announce({ frame, address }),
      writeSysctl: (path, value) => this.#sysctls.write(path, value),
      verify: () => this.#monitor.verify(),
      onEvent: (event) => options.feed(event),
    });
    this.#tracking = new TrackingWorld(options);
  }

  /** Tells the core what is there; resolves when it knows all. */
  async start(): Promise<void> {
    for (const words of this.#configuration.staticCommands) {
      const problem = await this.#batch.run(words);
      if (problem !== undefined) this.#complaints.say(problem);
    }
    await this.#monitor.start();
    this.#openHeartbeats();
    await this.#tracking.start(this.#configuration);
  }

  /** Opens what a new configuration needs, before the core is told of it. */
  async reconfigure(configuration: AgentConfiguration): Promise<void> {
    this.#configuration = configuration;
    this.#vips.scripts = configuration.tandem;
    this.#reception.reconfigure(configuration.instances);
    this.#openHeartbeats();
    await this.#tracking.reconfigure(configuration);
    await this.#monitor.verify();
  }

  carryOut(effect: Exclude<AgentEffect, { kind: "stopped" }>): void {
    switch (effect.kind) {
      case "send":
        this.#sockets.send(effect.packet);
        break;
      case "heartbeat":
        this.#heartbeats[effect.index]?.send(effect.bytes);
        break;
      case "will":
        this.#options.tellWill(effect.will);
        break;
      case "vips":
        this.#options.tellVips(effect.held);
        break;
      case "tickle":
        this.#tickles.send(effect.destination, effect.bytes);
        break;
      case "run-script":
      case "notify":
      case "fifo":
        this.#tracking.carryOut(effect);
        break;
      case "log":
        tell(this.#options.log, this.#options.events, effect.level, effect.text, effect.event);
        break;
      default:
        this.#vips.carryOut(effect);
    }
  }

  /** Ends everything; resolves when the last command on an address has ended. */
  async close(): Promise<void> {
    await this.#vips.idle();
    this.#monitor.close();
    this.#sysctls.restore();
    this.#batch.close();
    this.#reception.close();
    this.#sockets.close();
    this.#announcer.close();
    this.#tickles.close();
    for (const socket of this.#heartbeats) socket.close();
    await this.#tracking.close();
  }

  #onKernel(event: KernelEvent): void {
    if (event.kind === "link") {
      this.#reception.linkIs(event.link);
    } else if (event.kind === "link-removed") {
      this.#reception.linkGone(event.name);
    } else if (event.kind !== "addresses" && this.#options.logsAddresses) {
      const { device, address, prefixLength } = event.address;
      const verb = event.kind === "address-added" ? "added to" : "deleted from";
      this.#options.log.write(
        "info",
        `Address ${address.join(".")}/${prefixLength} ${verb} ${device}`,
      );
    }
    this.#options.feed(event);
  }

  #openHeartbeats(): void {
    for (const socket of this.#heartbeats) socket.close();
    this.#heartbeats = this.#configuration.tandem.heartbeats.map((heartbeat, index) => {
      const { local, peer, interface: device } = heartbeat;
      return new HeartbeatSocket({
        local,
        peer,
        interface: device,
        onDatagram: (bytes) => this.#options.feed({ kind: "heartbeat", index, bytes }),
        onProblem: (text) => this.#complaints.say(`heartbeat: ${text}`),
      });
    });
  }
}
