// What a guard says: lines of its log, and the events among them.
import { EventFeed } from "../../src/base/io/event-feed.ts";
import type { Child, GuardEffect } from "../supervise/guard-events.ts";
import type { LastWill } from "../supervise/messages.ts";
import type { Log, LogLevel } from "./log/log.ts";
import { tell } from "./log/tell.ts";

/** Takes a line; `child` is whom it is about. `fields` are those of the event that it is. */
export type GuardLog = (
  level: LogLevel,
  text: string,
  child: Child | undefined,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** See the head of this file. */
export class GuardJournal {
  readonly events = new EventFeed("guard");
  readonly #log: GuardLog;

  constructor(log: GuardLog) {
    this.#log = log;
  }

  /** A line of the core. */
  say({ level, text, child, event }: Omit<Extract<GuardEffect, { kind: "log" }>, "kind">): void {
    const log: Log = {
      write: (given, line, fields) => this.#log(given, line, child, fields),
      close: () => undefined,
    };
    tell(log, this.events, level, text, event);
  }

  /** All children are ready. */
  ready(): void {
    const event = { kind: "guard.ready", subject: "guard", severity: "notice" } as const;
    this.say({ level: "info", text: "ready", event });
  }

  /** It has begun to end, because of a signal. */
  stopping(signal: string): void {
    const event = {
      kind: "guard.stopping",
      subject: "guard",
      severity: "notice",
      cause: signal,
    } as const;
    this.say({ level: "info", text: `Stopping: ${signal}`, event });
  }

  /** New files are bad. */
  reloadRefused(): void {
    const text = "reload refused: the running configuration stays";
    const event = { kind: "guard.reload-refused", subject: "guard" };
    this.say({ level: "error", text, event });
  }

  /** What a dead agent left is undone, as far as there are no problems. */
  willExecuted({ commands, packets }: LastWill, problems: readonly string[]): void {
    const done = `${commands.length} removals, ${packets.length} adverts of priority 0`;
    const event = {
      kind: "vip.taken-back",
      subject: "agent",
      cause: problems[0] ?? "the agent is dead",
      data: { removals: commands.length, adverts: packets.length, problems: problems.length },
    };
    if (problems.length === 0) {
      const text = `The agent's will is executed: ${done}`;
      this.say({ level: "warning", text, child: "agent", event });
    }
    for (const [at, problem] of problems.entries()) {
      const text = `Part of the agent's will failed: ${problem}`;
      const line = { level: "error", text, child: "agent" } as const;
      this.say(at === 0 ? { ...line, event } : line);
    }
  }
}
