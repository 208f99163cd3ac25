// The process that sends the events of a node away: to a web server, to a script. It reads the
// control sockets of guard, agent and balancer, so that nothing that hangs outside can delay an advert
// or a beat. Its first line from the guard has the settings; the end of stdin asks it to end.
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventSource, NodeEvent } from "../../src/base/event.ts";
import {
  type Deliver,
  type DeliveryPace,
  EventDelivery,
  WEBHOOK_PACE,
} from "../../src/base/io/event-delivery.ts";
import { EventFollower, type TellEvents } from "../../src/base/io/event-follower.ts";
import { webhook } from "../../src/base/io/webhook.ts";
import { LIFE_FD_VARIABLE } from "../../src/base/life.ts";
import { LineReader } from "../../src/base/line-reader.ts";
import type { NotifyCommand } from "../config/model/instance.ts";
import { OutletLog } from "../events/outlet-log.ts";
import { scriptVariables, scriptWords } from "../events/script-words.ts";
import type { FromSender, Outlet, SenderSettings } from "../events/sender-messages.ts";
import {
  EVENT_QUEUE_MAX,
  EVENT_SCRIPT_MS,
  EVENT_SENDER_FLUSH_MS,
  EVENT_SENDER_LINE_CHARS_MAX,
  EVENT_SENDER_ORPHAN_MS,
} from "../limits.ts";
import { NotifyRunner } from "./notify-runner.ts";
import { ScriptLauncher } from "./script-launcher.ts";

/** A script is run once for each event. */
const SCRIPT_PACE: DeliveryPace = {
  ...WEBHOOK_PACE,
  queueMax: EVENT_QUEUE_MAX,
  batchMax: 1,
  triesMax: 1,
};

interface Way {
  readonly log: OutletLog;
  readonly delivery: EventDelivery;
}

/** Runs a script for events, one at a time. */
class ScriptRuns {
  readonly #runner: NotifyRunner;
  readonly #command: NotifyCommand;
  #current: Promise<string | undefined> = Promise.resolve(undefined);
  #isClosed = false;

  constructor(command: NotifyCommand, policy: SenderSettings["scripts"]) {
    this.#command = command;
    this.#runner = new NotifyRunner(new ScriptLauncher(policy));
  }

  readonly deliver: Deliver = async (events, droppedCount) => {
    for (const event of events) {
      // Events that wait are the next sender's: they are neither delivered nor dropped.
      if (this.#isClosed) await new Promise(() => undefined);
      const variables = scriptVariables(event, droppedCount);
      const words = scriptWords(event);
      this.#current = this.#runner.run(this.#command, words, EVENT_SCRIPT_MS, variables);
      const problem = await this.#current;
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

  /** Ends the run that is under way, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#runner.close();
    await this.#current;
  }
}

/** Sends until the guard ends it or dies; the exit code. */
export async function runEventSender(): Promise<number> {
  // It ends with its guard, after what is to be told of the end.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => undefined);
  // A certificate is always verified.
  Reflect.deleteProperty(process.env, "NODE_TLS_REJECT_UNAUTHORIZED");
  const fd = Number(process.env[LIFE_FD_VARIABLE] ?? "3");
  const guard = new net.Socket({ fd, readable: true, writable: true });
  guard.on("error", () => undefined);
  const settings = await settingsOf(guard);
  return settings === undefined ? 1 : new EventSender(settings, guard).run();
}

function settingsOf(guard: net.Socket): Promise<SenderSettings | undefined> {
  const lines = new LineReader(EVENT_SENDER_LINE_CHARS_MAX);
  guard.setEncoding("utf8");
  return new Promise((resolve) => {
    guard.on("data", (text: string) => {
      const [line] = lines.push(text);
      if (line !== undefined) resolve(JSON.parse(line) as SenderSettings);
    });
    guard.once("close", () => resolve(undefined));
  });
}

class EventSender {
  readonly #guard: net.Socket;
  readonly #ways = new Map<Outlet, Way>();
  readonly #sources: readonly (readonly [EventSource, string])[];
  readonly #settings: SenderSettings;
  readonly #scriptRuns: ScriptRuns | undefined;
  #isTelling = false;

  constructor(settings: SenderSettings, guard: net.Socket) {
    this.#settings = settings;
    this.#guard = guard;
    this.#sources = Object.entries(settings.sockets) as [EventSource, string][];
    if (settings.webhook !== undefined) this.#add("webhook", webhook(settings.webhook.url));
    if (settings.script !== undefined) {
      this.#scriptRuns = new ScriptRuns(settings.script, settings.scripts);
      this.#add("script", this.#scriptRuns.deliver, SCRIPT_PACE);
    }
  }

  async run(): Promise<number> {
    const tell: TellEvents = (events, { run }) => this.#queue(events, run);
    // What was sent already is read again where another outlet has not come so far.
    const follower = new EventFollower(this.#sources.map(([, path]) => [path]));
    const ending = new AbortController();
    void follower.follow(tell, ending.signal);
    if (!(await isAskedToEnd())) await sleep(EVENT_SENDER_ORPHAN_MS);
    ending.abort();
    await new EventFollower(follower.places).take(tell);
    const deliveries = [...this.#ways.values()].map(({ delivery }) => delivery.idle());
    await Promise.race([Promise.all(deliveries), sleep(EVENT_SENDER_FLUSH_MS)]);
    await this.#scriptRuns?.close();
    this.#tellPositions();
    return 0;
  }

  #add(outlet: Outlet, deliver: Deliver, pace: DeliveryPace = WEBHOOK_PACE): void {
    const { kinds, sinceMs, positions } = this.#settings;
    const log = new OutletLog({ outlet, kinds, sinceMs }, positions[outlet]);
    const delivery = new EventDelivery(
      deliver,
      {
        failing: (problem) => this.#tell({ kind: "failing", outlet, problem }),
        recovered: (droppedCount) => this.#tell({ kind: "recovered", outlet, droppedCount }),
        settled: (events) => {
          log.settled(events);
          this.#tellPositionsSoon();
        },
      },
      pace,
    );
    this.#ways.set(outlet, { log, delivery });
  }

  #queue(events: readonly NodeEvent[], run: string): void {
    for (const { log, delivery } of this.#ways.values()) delivery.add(log.select(events, run));
  }

  #tellPositionsSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => this.#tellPositions());
  }

  #tellPositions(): void {
    this.#isTelling = false;
    const positions = Object.fromEntries(
      [...this.#ways].map(([outlet, { log }]) => [outlet, log.positions]),
    );
    this.#tell({ kind: "positions", positions });
  }

  #tell(message: FromSender): void {
    if (this.#guard.writable) this.#guard.write(`${JSON.stringify(message)}\n`);
  }
}

/** Resolves at the end of stdin; true if the guard asked for it, false if it is dead. */
function isAskedToEnd(): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdin.once("data", () => resolve(true));
    process.stdin.once("end", () => resolve(false));
    process.stdin.once("error", () => resolve(false));
  });
}
