// Keeps the process that sends events away, where the configuration wants one. Nobody waits for it:
// when it ends, the next one goes on where it was.
import type { EventMark, EventSource } from "../../src/base/event.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import {
  decodeFromSender,
  type FromSender,
  type SenderPositions,
} from "../events/sender-messages.ts";
import {
  EVENT_SENDER_LINE_CHARS_MAX,
  EVENT_SENDER_RESTART_MS,
  EVENT_SENDER_RESTART_MS_MAX,
  EVENT_SENDER_STOP_MS,
} from "../limits.ts";
import { type ChildCommand, ChildRun } from "./child-process.ts";

/** What is sent, and by which program. */
export interface EventSenderOptions {
  /** `certificates`: a file of authorities that are trusted, too. */
  readonly command: (certificates: string | undefined) => ChildCommand;
  readonly sockets: Readonly<Partial<Record<EventSource, string>>>;
}

/** A line for the guard's log, which an event is with a mark. */
export interface SenderLine {
  readonly level: "info" | "warning" | "error";
  readonly text: string;
  readonly event?: EventMark;
}

/** What of a configuration matters. */
type Wanted = Pick<AgentConfiguration, "global" | "tandem">;

/** See the head of this file. */
export class EventSenderKeeper {
  readonly #options: EventSenderOptions;
  #say: (line: SenderLine) => void = () => undefined;
  #wanted: Wanted | undefined;
  /** Events of before these settings are not sent, epoch ms. */
  #sinceMs = 0;
  #positions: SenderPositions = {};
  #run: ChildRun | undefined;
  #isStarted = false;
  #isEnding = false;
  #restartMs = EVENT_SENDER_RESTART_MS;
  #timer: NodeJS.Timeout | undefined;
  #onGone: (() => void) | undefined;

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  /** From now on one runs, if one is wanted. */
  start(say: (line: SenderLine) => void): void {
    this.#say = say;
    this.#isStarted = true;
    this.#launch();
  }

  /** Takes the settings of a configuration; what they change is so when the former sender has ended. */
  apply({ global, tandem }: Wanted): void {
    const { webhook, script } = tandem.events;
    const wanted = webhook === undefined && script === undefined ? undefined : { global, tandem };
    if (keyOf(wanted) === keyOf(this.#wanted)) return;
    if (this.#isStarted && this.#wanted === undefined) this.#sinceMs = Date.now();
    this.#wanted = wanted;
    this.#restartMs = EVENT_SENDER_RESTART_MS;
    if (this.#run === undefined) this.#launch();
    else this.#end();
  }

  /** Resolves when all events are sent, and after 5 s at the latest. */
  async close(): Promise<void> {
    this.#wanted = undefined;
    if (this.#run === undefined) {
      clearTimeout(this.#timer);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#onGone = resolve;
      this.#end();
    });
  }

  #launch(): void {
    clearTimeout(this.#timer);
    if (!this.#isStarted || this.#wanted === undefined || this.#run !== undefined) return;
    const { global, tandem } = this.#wanted;
    const { scriptUser, isScriptSecure } = global;
    const command = this.#options.command(tandem.events.webhook?.caFile);
    this.#isEnding = false;
    this.#run = new ChildRun(
      command,
      [],
      EVENT_SENDER_LINE_CHARS_MAX,
      {
        onLine: (line) => this.#onMessage(decodeFromSender(line)),
        onStartFailure: (problem) => this.#say({ level: "error", text: problem }),
        onEnded: (code, signal) => this.#onEnded(signal ?? `status ${code}`),
      },
      "pipe",
    );
    // A command line would show the URL to every user of the machine.
    const settings = {
      ...tandem.events,
      sockets: this.#options.sockets,
      scripts: { scriptUser, isScriptSecure },
      sinceMs: this.#sinceMs,
      positions: this.#positions,
    };
    this.#run.send(`${JSON.stringify(settings)}\n`);
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const run = this.#run;
    run?.wake();
    this.#timer = setTimeout(() => run?.signal("SIGKILL"), EVENT_SENDER_STOP_MS);
  }

  #onEnded(how: string): void {
    clearTimeout(this.#timer);
    this.#run = undefined;
    this.#onGone?.();
    if (this.#isEnding) return this.#launch();
    const seconds = this.#restartMs / 1_000;
    const text = `Events are not sent: their sender ended (${how}), next try in ${seconds} s`;
    this.#say({ level: "warning", text });
    this.#timer = setTimeout(() => this.#launch(), this.#restartMs).unref();
    this.#restartMs = Math.min(this.#restartMs * 2, EVENT_SENDER_RESTART_MS_MAX);
  }

  #onMessage(message: FromSender | undefined): void {
    if (message === undefined) return;
    if (message.kind === "positions") {
      this.#positions = message.positions;
      this.#restartMs = EVENT_SENDER_RESTART_MS;
      return;
    }
    const subject = message.outlet;
    if (message.kind === "failing") {
      const cause = message.problem;
      const text = `Events cannot be given to the ${subject}: ${cause}`;
      this.#say({ level: "warning", text, event: { kind: "delivery.failing", subject, cause } });
    } else {
      const { droppedCount } = message;
      const lost = droppedCount === 0 ? "" : `; ${droppedCount} were dropped`;
      const text = `Events are given to the ${subject} again${lost}`;
      const data = { dropped: droppedCount };
      const event = { kind: "delivery.ok", subject, severity: "notice", data } as const;
      this.#say({ level: "info", text, event });
    }
  }
}

/** What makes another sender necessary. */
function keyOf(wanted: Wanted | undefined): string {
  if (wanted === undefined) return "";
  const { scriptUser, isScriptSecure } = wanted.global;
  return JSON.stringify([wanted.tandem.events, scriptUser, isScriptSecure]);
}
