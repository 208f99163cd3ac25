// Who is told of state changes, and in which order: notify commands one at a time, FIFO lines at once.
//
// Theory of operation. A change of state becomes a line for the FIFOs right away, and up to two
// commands at the end of a queue: that of the state, then the general one. The queue has one command
// running; the next is asked for when `notified` says that it has ended. Keepalived starts them all
// at once, so that scripts of quick changes overtake each other
// (https://github.com/acassen/keepalived/issues/1055); here the last one to run is that of the last
// change.
import { assertNever } from "../../src/base/assert.ts";
import { EffectQueue } from "../../src/base/effect-queue.ts";
import type { Machine } from "../../src/base/machine.ts";
import type { Millis } from "../../src/base/units.ts";
import type { AgentEffect, AgentEvent } from "../agent/agent-events.ts";
import type { AgentConfiguration } from "../config/model/configuration.ts";
import type { NotifySettings } from "../config/model/instance.ts";
import type { TrackEffect } from "../track/track-events.ts";
import type { ElectionEffect, VrrpState } from "../vrrp/election-events.ts";
import { CommandQueue } from "./command-queue.ts";
import { FirstFaults } from "./first-faults.ts";

/** A state that was entered. */
export type StateChange = Extract<ElectionEffect, { kind: "state" }>;

/** What notices come from: effects of the election and of the tracker as they are. */
export type NoticeEvent =
  | StateChange
  | Extract<ElectionEffect, { kind: "lower-priority-advert" }>
  /** For lines on priority changes. */
  | Extract<TrackEffect, { kind: "priority" }>
  /** For not telling of a fault at the start that only awaits a first result. */
  | Extract<TrackEffect, { kind: "faults" }>
  | Extract<AgentEvent, { kind: "notified" }>
  | { readonly kind: "timeout" };

/** What notices ask for. */
export type NoticeEffect = Extract<AgentEffect, { kind: "notify" | "fifo" | "log" }>;

/** The words for states in arguments and lines; a router that goes to INIT stops. */
type StateWord = "MASTER" | "BACKUP" | "FAULT" | "STOP";

const SETTING_OF: Readonly<Record<StateWord, keyof NotifySettings>> = {
  MASTER: "master",
  BACKUP: "backup",
  FAULT: "fault",
  STOP: "stop",
};

/** See the head of this file. */
export class Notices implements Machine<NoticeEvent, NoticeEffect> {
  readonly #effects = new EffectQueue<NoticeEffect>();
  readonly #commands = new CommandQueue(this.#effects);
  readonly #firstFaults = new FirstFaults();
  /** The latest told change of each instance and group, by `keyOf`. */
  readonly #told = new Map<string, StateChange>();
  readonly #priorities = new Map<string, number>();
  /** Instances that a reload removed and whose end is still to come: what their `notify` was. */
  readonly #departing = new Map<string, NotifySettings>();
  #configuration: AgentConfiguration;
  #nowMs: Millis = 0;

  constructor(configuration: AgentConfiguration) {
    this.#configuration = configuration;
  }

  /** Whether every command that was asked for has ended. */
  get isIdle(): boolean {
    return this.#commands.isIdle;
  }

  handle(event: NoticeEvent, nowMs: Millis): void {
    this.#nowMs = nowMs;
    switch (event.kind) {
      case "state":
        if (!this.#firstFaults.holds(event, this.#membersOf(event))) this.#tell(event);
        break;
      case "lower-priority-advert":
        this.#tellLowerAdvert(event.instance, event.priority);
        break;
      case "priority":
        this.#notePriority(event.instance, event.priority);
        break;
      case "faults":
        this.#firstFaults.note(event.instance, event.isAwaiting === true);
        break;
      case "notified":
        this.#commands.ended(event.id, event.problem, nowMs);
        break;
      case "timeout":
        this.#commands.tick(nowMs);
        break;
      default:
        assertNever(event);
    }
  }

  /** Faults that were held back come out here, when no other change has taken their place. */
  poll(): NoticeEffect | undefined {
    for (const change of this.#firstFaults.release()) this.#tell(change);
    return this.#effects.poll();
  }

  nextTimeout(): Millis | undefined {
    return this.#commands.nextTimeout();
  }

  /**
   * Later notices are those of this configuration; what waits in the queue still runs. Call it before
   * the election is reconfigured, so that an instance that goes is told of as Keepalived tells it.
   */
  reconfigure(configuration: AgentConfiguration, nowMs: Millis): void {
    this.#nowMs = nowMs;
    this.#noteDeparting(configuration);
    this.#configuration = configuration;
    const { instances, syncGroups } = configuration;
    const keys = new Set([
      ...instances.map(({ name }) => keyOf("INSTANCE", name)),
      ...syncGroups.map(({ name }) => keyOf("GROUP", name)),
    ]);
    for (const [key, { name }] of this.#told) {
      if (keys.has(key)) continue;
      this.#told.delete(key);
      this.#firstFaults.forget(key, name);
    }
    const names = new Set(instances.map(({ name }) => name));
    for (const name of this.#priorities.keys()) {
      if (!names.has(name)) this.#priorities.delete(name);
    }
    if (!configuration.global.writesStatesOnReload) return;
    for (const key of keys) {
      const change = this.#told.get(key);
      if (change !== undefined) this.#write(change.scope, change.name, wordOf(change.to));
    }
  }

  #noteDeparting({ instances }: AgentConfiguration): void {
    this.#departing.clear();
    for (const { name, notify } of this.#configuration.instances) {
      if (!this.#told.has(keyOf("INSTANCE", name))) continue;
      if (!instances.some((instance) => instance.name === name)) this.#departing.set(name, notify);
    }
  }

  /** A removed instance ends as FAULT, and only its general command hears of it (2.2.7). */
  #tellDeparture(name: string, { any }: NotifySettings, priority: number): void {
    this.#departing.delete(name);
    const words = ["INSTANCE", name, "FAULT", String(priority)];
    if (any !== undefined) this.#commands.add(any, words, this.#nowMs);
    this.#effects.push({ kind: "fifo", line: `INSTANCE "${name}" FAULT ${priority}\n` });
  }

  #tell(change: StateChange): void {
    const { scope, name } = change;
    const departing = scope === "INSTANCE" ? this.#departing.get(name) : undefined;
    if (departing !== undefined) {
      this.#tellDeparture(name, departing, change.priority);
      return;
    }
    this.#told.set(keyOf(scope, name), change);
    if (scope === "INSTANCE") this.#priorities.set(name, change.priority);
    const word = wordOf(change.to);
    const settings = this.#settingsOf(scope, name);
    const own = settings?.[SETTING_OF[word]];
    if (own !== undefined) this.#commands.add(own, [], this.#nowMs);
    if (settings?.any !== undefined) {
      const words = [scope, name, word, String(change.priority)];
      this.#commands.add(settings.any, words, this.#nowMs);
    }
    this.#write(scope, name, word);
  }

  #tellLowerAdvert(name: string, priority: number): void {
    const command = this.#settingsOf("INSTANCE", name)?.lowerPriorityAdvert;
    if (command !== undefined) this.#commands.add(command, [], this.#nowMs);
    if (!this.#priorities.has(name)) this.#priorities.set(name, priority);
    this.#write("INSTANCE", name, "MASTER_RX_LOWER_PRI");
  }

  #notePriority(name: string, priority: number): void {
    const former = this.#priorities.get(name);
    this.#priorities.set(name, priority);
    const state = this.#told.get(keyOf("INSTANCE", name))?.to;
    const instance = this.#configuration.instances.find((candidate) => candidate.name === name);
    // Before the first state there is nobody to whom a change would mean something.
    if (state === undefined || state === "INIT" || former === priority) return;
    if (instance?.notifiesPriorityChanges !== true) return;
    this.#write("INSTANCE", name, state === "MASTER" ? "MASTER_PRIORITY" : "BACKUP_PRIORITY");
  }

  /** keepalived.conf(5), "notify_fifo": groups have priority 0. */
  #write(scope: "INSTANCE" | "GROUP", name: string, word: string): void {
    const priority = scope === "GROUP" ? 0 : (this.#priorities.get(name) ?? 0);
    this.#effects.push({ kind: "fifo", line: `${scope} "${name}" ${word} ${priority}\n` });
  }

  #settingsOf(scope: "INSTANCE" | "GROUP", name: string): NotifySettings | undefined {
    const { instances, syncGroups } = this.#configuration;
    const holders = scope === "GROUP" ? syncGroups : instances;
    return holders.find((holder) => holder.name === name)?.notify;
  }

  #membersOf({ scope, name }: StateChange): readonly string[] {
    if (scope === "INSTANCE") return [name];
    return this.#configuration.syncGroups.find((group) => group.name === name)?.members ?? [];
  }
}

function keyOf(scope: "INSTANCE" | "GROUP", name: string): string {
  return `${scope} ${name}`;
}

function wordOf(state: VrrpState): StateWord {
  return state === "INIT" ? "STOP" : state;
}
