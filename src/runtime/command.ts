// What a command of the runtime API is, what it is given and what it answers (haproxy management
// §9.3). A command looks and changes in one turn; what it cannot do itself, because sockets, timers
// or logs are concerned, it hands back as effects.
import type { EventMark } from "../base/event.ts";
import type { Millis } from "../base/units.ts";
import type { QueueOutcome } from "../balance/assignment.ts";
import type { Configuration } from "../config/model/configuration.ts";
import type { LogLevel } from "../config/model/log.ts";
import type { HealthEvent } from "../health/events.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { GroupStatus } from "../peers/group-status.ts";
import type { BackendState } from "../session/backend-state.ts";
import type { KillCause } from "../session/events.ts";
import type { Session } from "../session/session.ts";
import type { World } from "../session/world.ts";
import type { StatsSource } from "../stats/rows.ts";
import type { TicketKeyRing } from "../tickets/key-ring.ts";
import type { ProcessFigures } from "./process-figures.ts";

/** The levels of `stats socket`, each with all rights of the former one. */
export const ACCESS_LEVELS = ["user", "operator", "admin"] as const;

/** What a connection may do. */
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** One command of the table. */
export interface RuntimeCommand {
  /** The words that name it: `["set", "server"]`. The entry with the longest match runs. */
  readonly words: readonly string[];
  /** The command with its arguments, as `help` prints it: `set server <bk>/<srv> [opts]`. */
  readonly usage: string;
  /** What it does, in a few words, as `help` prints it; `undefined`: `help` does not name it. */
  readonly help: string | undefined;
  /** Whoever has less is told "Permission denied" without the command being run. */
  readonly level: AccessLevel;
  /** Runs only after `experimental-mode on` or `expert-mode on`. */
  readonly mode?: "experimental" | "expert";
  /** Carries the command out. Never throws for what its arguments are. */
  run(call: CommandCall, context: RuntimeContext): Answer;
}

/** How a command was called. */
export interface CommandCall {
  /** The words after the command's own. */
  readonly args: readonly string[];
  /** The lines after `<<`, each with its line feed; `undefined` when there was no `<<`. */
  readonly payload: string | undefined;
  /** Of the connection; for commands that want more for some of their arguments. */
  readonly level: AccessLevel;
  readonly connection: ConnectionSettings;
  readonly nowMs: Millis;
}

/** What a client of the API has set for its connection. */
export interface ConnectionSettings {
  readonly level: AccessLevel;
  readonly isInteractive: boolean;
  /** Silence allowed. */
  readonly timeoutMs: Millis;
  readonly severityOutput: "none" | "number" | "string";
  readonly isExperimental: boolean;
  readonly isExpert: boolean;
}

/** What commands look at and change. The same for all commands of a process. */
export interface RuntimeContext {
  readonly world: World;
  /** In force, commands' changes included. */
  readonly configuration: Configuration;
  readonly monitor: HealthMonitor;
  /** Rows of the statistics: `statsRows(context.stats, ...)`. */
  readonly stats: StatsSource;
  readonly process: ProcessFigures;
  /** All sessions that live, in the order of their coming; `session.context.id` names one. */
  sessions(): Iterable<Session>;
  /** Of each `peers` section. */
  peers(): readonly GroupStatus[];
  /** Of each file of `tls-ticket-keys`; the index is its identifier. */
  ticketKeys(): readonly TicketKeyRing[];
}

/** What a command answers; the empty line after it comes by itself. */
export type Answer =
  /** It is done and there is nothing to say. */
  | { readonly kind: "done"; readonly effects?: readonly RuntimeEffect[] }
  /** One message, without a line feed at its end; refusals have the severity `err`. */
  | {
      readonly kind: "message";
      readonly severity: LogLevel;
      readonly text: string;
      readonly effects?: readonly RuntimeEffect[];
    }
  /**
   * Text of any length, pulled piece by piece as the client reads, over many turns: what is looked at
   * may have changed or gone when the next piece is made. A piece may take 1 ms and 64 KiB, and may be
   * empty when that much work has found nothing to print.
   */
  | { readonly kind: "output"; readonly pieces: Iterable<string> };

/** What is to be done for a command; carried out in order, in the same turn. */
export type RuntimeEffect =
  /** What a change of a server meant for its backend: sessions are dispatched, a loss is logged. */
  | {
      readonly kind: "queue";
      readonly backend: BackendState;
      readonly outcome: QueueOutcome<Session>;
    }
  | { readonly kind: "health"; readonly event: HealthEvent }
  | { readonly kind: "kill"; readonly sessions: Iterable<Session>; readonly cause: KillCause }
  /** A line for the logs of a proxy. */
  | {
      readonly kind: "log";
      readonly proxy: string;
      readonly level: LogLevel;
      readonly text: string;
      /** The line is an event. */
      readonly event?: EventMark;
    }
  /** Sends all sessions away at this rate; 0 ends that. */
  | { readonly kind: "drain"; readonly ratePerSecond: number }
  /** `disable`, `enable` and `shutdown frontend`: its listening sockets. */
  | {
      readonly kind: "listeners";
      readonly frontend: string;
      readonly become: "paused" | "accepting" | "closed";
    }
  /** Limits of connections were raised or lowered: those who wait for admission are looked at. */
  | { readonly kind: "limits" }
  /** Servers were added, removed or have other addresses or checks: this is in force, and the world has it. */
  | { readonly kind: "configuration"; readonly configuration: Configuration }
  | { readonly kind: "connection"; readonly change: Partial<ConnectionSettings> }
  /** The connection ends after what has been answered. */
  | { readonly kind: "quit" };

/** A refusal. */
export function refuse(text: string): Answer {
  return { kind: "message", severity: "err", text };
}

/** Something to say that is no failure. */
export function tell(text: string, effects: readonly RuntimeEffect[] = []): Answer {
  return { kind: "message", severity: "info", text, effects };
}

/** Text of a bounded length. */
export function output(text: string): Answer {
  return { kind: "output", pieces: [text] };
}

/** Success, which says nothing. */
export function done(effects: readonly RuntimeEffect[] = []): Answer {
  return { kind: "done", effects };
}

/** Whether a connection of level `has` may do what `needed` may. */
export function isAllowed(has: AccessLevel, needed: AccessLevel): boolean {
  return ACCESS_LEVELS.indexOf(has) >= ACCESS_LEVELS.indexOf(needed);
}

/** The answer to those who may not. */
export const DENIED: Answer = refuse("Permission denied");
