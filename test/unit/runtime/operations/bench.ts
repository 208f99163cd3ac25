// A world with a health monitor and the table of commands, without sockets: commands are asked by
// their text, and their effects carried out as the process does.
import type { Millis } from "../../../../src/base/units.ts";
import type { Configuration } from "../../../../src/config/model/configuration.ts";
import type { HealthEffect, HealthEvent } from "../../../../src/health/events.ts";
import { HealthMonitor } from "../../../../src/health/monitor.ts";
import { monitoredServers } from "../../../../src/health/monitored.ts";
import type { CheckReport } from "../../../../src/health/result.ts";
import type {
  AccessLevel,
  Answer,
  CommandCall,
  RuntimeContext,
  RuntimeEffect,
} from "../../../../src/runtime/command.ts";
import { LIMIT_COMMANDS } from "../../../../src/runtime/commands/limits.ts";
import { SHOW_SERVERS_STATE } from "../../../../src/runtime/commands/server-state.ts";
import { SERVER_COMMANDS } from "../../../../src/runtime/commands/servers.ts";
import { SESSION_COMMANDS } from "../../../../src/runtime/commands/sessions.ts";
import { TABLE_COMMANDS } from "../../../../src/runtime/commands/tables.ts";
import { UNSERVED_COMMANDS } from "../../../../src/runtime/commands/unserved.ts";
import { isAllowed } from "../../../../src/runtime/command.ts";
import { findCommand } from "../../../../src/runtime/find-command.ts";
import { targetByKey } from "../../../../src/runtime/operations/server-admin.ts";
import { Bench, configurationOf } from "../../session/bench.ts";

/** Every command that changes something. */
export const CHANGING_COMMANDS = [
  ...SERVER_COMMANDS,
  ...LIMIT_COMMANDS,
  ...SESSION_COMMANDS,
  ...TABLE_COMMANDS,
  ...UNSERVED_COMMANDS,
  SHOW_SERVERS_STATE,
];

/** A balancer that is asked and told by text. */
export class RuntimeBench extends Bench {
  readonly monitor: HealthMonitor;
  configuration: Configuration;
  /** What the logs of proxies got, with the level before it. */
  readonly lines: string[] = [];
  /** What the last command wanted done. */
  effects: readonly RuntimeEffect[] = [];

  constructor(text: string) {
    super(text);
    this.configuration = configurationOf(text);
    this.monitor = new HealthMonitor({ spreadPercent: 0, random: () => 0.5 });
    this.reconfigure(this.configuration);
  }

  /** Applies another text, as a reload does. */
  reload(text: string): void {
    this.apply(text);
    this.reconfigure(configurationOf(text));
  }

  reconfigure(configuration: Configuration): void {
    this.configuration = configuration;
    this.monitor.reconfigure(monitoredServers(configuration), this.nowMs);
    this.#drain();
  }

  /** Runs one command; its answer without the last line feed. */
  ask(line: string, level: AccessLevel = "admin"): string {
    const words = line.split(" ").filter((word) => word !== "");
    const command = findCommand(CHANGING_COMMANDS, words);
    if (command === undefined) return "Unknown command";
    if (!isAllowed(level, command.level)) return "Permission denied";
    const call = callOf(words.slice(command.words.length), level, this.nowMs);
    const answer = command.run(call, this.#context());
    const text = textOf(answer);
    this.effects = "effects" in answer ? (answer.effects ?? []) : [];
    this.run(this.effects);
    return text;
  }

  /** Carries effects out as the process does. */
  run(effects: readonly RuntimeEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "queue") this.dispatch(effect.outcome);
      else if (effect.kind === "health") this.tell(effect.event);
      else if (effect.kind === "configuration") this.reconfigure(effect.configuration);
      else if (effect.kind === "log") this.lines.push(`${effect.level}: ${effect.text}`);
      else if (effect.kind === "kill") {
        for (const session of effect.sessions) {
          this.clients.get(session)!.tell({ kind: "kill", cause: effect.cause });
        }
      }
    }
  }

  tell(event: HealthEvent): void {
    this.monitor.handle(event, this.nowMs);
    this.#drain();
  }

  /** A check of a server has passed or failed. */
  checked(server: string, ok: boolean): void {
    const report: CheckReport = { ok, code: ok ? "L4OK" : "L4CON", info: "", durationMs: 1 };
    this.tell({ kind: "timeout" });
    this.tell({ kind: "check-done", server, report });
  }

  /** `srv_op_state srv_admin_state` in words and number, as the balancer has them. */
  state(server: string): string {
    const { operational, admin } = this.server(server);
    return `${operational} ${admin}`;
  }

  #context(): RuntimeContext {
    const { world, configuration, monitor } = this;
    const stats = {
      world,
      proxies: configuration.proxies,
      pages: new Map(),
      startedMs: 0,
      statusOf: (key: string) => monitor.statusOf(key),
    };
    const process = undefined as unknown as RuntimeContext["process"];
    const sessions = (): Iterable<never> => this.clients.keys() as Iterable<never>;
    const none = { peers: () => [], ticketKeys: () => [] };
    return { world, configuration, monitor, stats, process, sessions, ...none };
  }

  #drain(): void {
    for (let effect = this.monitor.poll(); effect; effect = this.monitor.poll()) {
      this.#obey(effect);
    }
  }

  #obey(effect: HealthEffect): void {
    const target = targetByKey(this.world, effect.server);
    if (target === undefined) return;
    const { balancer } = target.backend;
    switch (effect.kind) {
      case "server-up":
      case "server-down":
      case "server-stopping": {
        const up = effect.kind === "server-stopping" ? "stopping" : effect.kind === "server-up";
        return this.dispatch(balancer.setOperational(target.server, up, this.nowMs));
      }
      case "inherit-maintenance":
        return this.dispatch(
          balancer.setInheritedMaintenance(target.server, effect.on, this.nowMs),
        );
      default:
        return;
    }
  }
}

function callOf(args: readonly string[], level: AccessLevel, nowMs: Millis): CommandCall {
  const connection: CommandCall["connection"] = {
    level,
    isInteractive: false,
    timeoutMs: 10_000,
    severityOutput: "none",
    isExperimental: false,
    isExpert: false,
  };
  return { args, payload: undefined, level, connection, nowMs };
}

/** What a client reads, without the line feed of a message. */
export function textOf(answer: Answer): string {
  if (answer.kind === "done") return "";
  return answer.kind === "message" ? answer.text : [...answer.pieces].join("");
}
