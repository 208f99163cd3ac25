// A client of the runtime API without a socket: a test sends bytes and reads pieces.
import { HealthMonitor } from "../../../src/health/monitor.ts";
import { monitoredServers } from "../../../src/health/monitored.ts";
import type { GroupStatus } from "../../../src/peers/group-status.ts";
import type { AccessLevel, RuntimeCommand, RuntimeContext } from "../../../src/runtime/command.ts";
import { RUNTIME_COMMANDS } from "../../../src/runtime/command-table.ts";
import { type ConnectionEffect, RuntimeConnection } from "../../../src/runtime/connection.ts";
import type { TicketKeyRing } from "../../../src/tickets/key-ring.ts";
import { Bench, configurationOf } from "../session/bench.ts";

/** A balancer with two backends. */
export const CONFIG = `
defaults
  timeout connect 1s
frontend fe
  bind 127.0.0.1:1883
  maxconn 100
  default_backend be
backend be
  stick-table type string len 32 size 1m expire 30m store server_id,conn_cnt,gpc0
  stick on src
  server b1 10.0.0.1:1883 weight 10 check
  server b2 10.0.0.2:1883
backend other
  balance leastconn
  server x1 10.0.0.9:1883
`;

/** What the settings of a dialogue may be. */
export interface DialogueOptions {
  readonly level?: AccessLevel;
  readonly commands?: readonly RuntimeCommand[];
  readonly bench?: Bench;
  readonly peers?: readonly GroupStatus[];
  readonly ticketKeys?: readonly TicketKeyRing[];
}

/** What commands of a bench's world look at. */
export function contextOf(
  bench: Bench,
  text: string,
  peers: readonly GroupStatus[],
  ticketKeys: readonly TicketKeyRing[] = [],
): RuntimeContext {
  const configuration = configurationOf(text);
  const monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
  monitor.reconfigure(monitoredServers(configuration), bench.nowMs);
  return {
    world: bench.world,
    configuration,
    monitor,
    stats: {
      world: bench.world,
      proxies: configuration.proxies,
      pages: new Map(),
      startedMs: 0,
      statusOf: (key) => monitor.statusOf(key),
    },
    process: {
      pid: 4711,
      startedMs: 0,
      wallOffsetMs: 1_700_000_000_000,
      utcOffset: () => 0,
      sockets: [{ address: "unix@/run/x.sock", level: "admin" }],
      listenerCount: 2,
      clientCount: 1,
      clientsTotal: 3,
      isStopping: false,
      memoryBytes: 64 * 1024 * 1024,
      memoryUsedBytes: 16 * 1024 * 1024,
      descriptorsMax: 1024,
      idlePercent: 97,
      bytesOutRate: 0,
      startupLogs: "",
    },
    sessions: () => bench.clients.keys(),
    peers: () => peers,
    ticketKeys: () => ticketKeys,
  };
}

/** One connection. Effects are carried out at once, unless `isHeld` keeps what was written back. */
export class Dialogue {
  readonly bench: Bench;
  readonly context: RuntimeContext;
  readonly connection: RuntimeConnection;
  readonly effects: ConnectionEffect[] = [];
  /** All that was written. */
  output = "";
  closed: "finish" | "reset" | undefined;
  /** A client that does not read. */
  isHeld = false;

  constructor(options: DialogueOptions = {}) {
    this.bench = options.bench ?? new Bench(CONFIG);
    this.context = contextOf(this.bench, CONFIG, options.peers ?? [], options.ticketKeys);
    this.connection = new RuntimeConnection(
      {
        level: options.level ?? "admin",
        timeoutMs: 10_000,
        commands: options.commands ?? RUNTIME_COMMANDS,
        context: this.context,
      },
      this.bench.nowMs,
    );
  }

  /** What the connection writes from these bytes on. */
  send(text: string): string {
    const before = this.output.length;
    this.tell({ kind: "bytes", bytes: Buffer.from(text, "latin1") });
    return this.output.slice(before);
  }

  tell(event: Parameters<RuntimeConnection["handle"]>[0]): void {
    this.connection.handle(event, this.bench.nowMs);
    this.#drain();
  }

  /** Reads one piece that was held back. */
  read(): void {
    this.tell({ kind: "drained" });
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.bench.nowMs += ms;
    this.tell({ kind: "timeout" });
  }

  #drain(): void {
    for (let effect = this.connection.poll(); effect; effect = this.connection.poll()) {
      this.effects.push(effect);
      if (effect.kind === "close") this.closed = effect.manner;
      else if (effect.kind === "turn") {
        if (!this.isHeld) this.connection.handle({ kind: "turn" }, this.bench.nowMs);
      } else if (effect.kind === "write") {
        this.output += effect.text;
        if (!this.isHeld) this.connection.handle({ kind: "drained" }, this.bench.nowMs);
      }
    }
  }
}
