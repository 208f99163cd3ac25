// An election on a clock of the test's own. Effects are read as short lines.
import type { AdvertPath, ElectionEffect, ElectionEvent } from "../../ha/vrrp/election-events.ts";
import { Election, type ElectionSettings } from "../../ha/vrrp/election.ts";
import { instanceConfiguration, ip, type InstanceDraft } from "./agent-configuration.ts";

/** What a test may say about an election. */
export type ElectionDraft = Partial<Omit<ElectionSettings, "instances" | "isPair">> & {
  /** Default: no pair. `undefined`: the election's own default. */
  readonly isPair?: ElectionSettings["isPair"] | undefined;
  /** Default: VI_1 of priority 100, version 3, adverts every 100 ms. */
  readonly instances?: readonly InstanceDraft[];
  /** The address of our adverts; default 10.9.9.10. */
  readonly source?: string;
};

/** Settings from a draft: adverts every 100 ms unless said otherwise. */
export function electionSettings(draft: ElectionDraft = {}): ElectionSettings {
  const { instances, source: _, isPair, ...rest } = { isPair: () => false, ...draft };
  return {
    syncGroups: [],
    ...rest,
    ...(isPair === undefined ? {} : { isPair }),
    instances: (instances ?? [{}]).map((instance) =>
      instanceConfiguration({ advertIntervalMs: 100, ...instance }),
    ),
  };
}

/** See the head of this file. */
export class ElectionBench {
  readonly election: Election;
  nowMs = 1_000;
  readonly #lines: string[] = [];
  readonly #logs: string[] = [];

  constructor(draft: ElectionDraft = {}) {
    const settings = electionSettings(draft);
    this.election = new Election(settings);
    const source = ip(draft.source ?? "10.9.9.10");
    for (const { name } of settings.instances) {
      this.feed({ kind: "source", instance: name, source });
    }
  }

  /** A started one, past the effects of the start. */
  static started(draft: ElectionDraft = {}): ElectionBench {
    const bench = new ElectionBench(draft);
    bench.feed({ kind: "start" });
    bench.take();
    return bench;
  }

  /** One that is master of all its instances. */
  static master(draft: ElectionDraft = {}): ElectionBench {
    const bench = ElectionBench.started(draft);
    bench.advance(4_500);
    if (bench.states().some((state) => state !== "MASTER")) throw new Error("no master");
    bench.take();
    bench.takeLogs();
    return bench;
  }

  /** Feeds an event now. */
  feed(event: ElectionEvent): void {
    this.election.handle(event, this.nowMs);
    this.#collect();
  }

  /** An advert of a rival; from 10.9.9.20 unless said otherwise. */
  hear(
    priority: number,
    changes: {
      source?: string;
      intervalMs?: number;
      instance?: string;
      path?: AdvertPath;
    } = {},
  ): void {
    const { source = "10.9.9.20", intervalMs = 100, instance = "VI_1", path = "vrrp" } = changes;
    this.feed({
      kind: "advert",
      instance,
      path,
      source: ip(source),
      advert: { version: 3, family: 4, vrid: 51, priority, intervalMs, vips: [ip("10.9.9.100")] },
    });
  }

  /** Lets time pass; every timer fires when it is due. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const dueMs = this.election.nextTimeout();
      if (dueMs === undefined || dueMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.feed({ kind: "timeout" });
    }
    this.nowMs = endMs;
  }

  /** Lets time pass in which the process does not run, then fires the timer that is due. */
  freeze(ms: number): void {
    this.nowMs += ms;
    const dueMs = this.election.nextTimeout();
    if (dueMs !== undefined && dueMs <= this.nowMs) this.feed({ kind: "timeout" });
  }

  /** Lets time pass until an effect's line starts with `text`; how long it took. */
  until(text: string, atMostMs = 10_000): number {
    const startMs = this.nowMs;
    while (!this.#lines.some((line) => line.startsWith(text))) {
      const dueMs = this.election.nextTimeout();
      if (dueMs === undefined || dueMs > startMs + atMostMs) throw new Error(`no ${text}`);
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.feed({ kind: "timeout" });
    }
    return this.nowMs - startMs;
  }

  /** The effects since the last call, logs apart. The name of VI_1 is left out. */
  take(): readonly string[] {
    return this.#lines.splice(0);
  }

  /** The texts logged since the last call. */
  takeLogs(): readonly string[] {
    return this.#logs.splice(0);
  }

  /** Time until the first of Master_Down_Timers and Adver_Timers. */
  get timerMs(): number | undefined {
    const due = this.election
      .statuses()
      .map(({ name }) => this.election.timerAtMs(name) ?? Infinity);
    const first = Math.min(...due);
    return first === Infinity ? undefined : first - this.nowMs;
  }

  /** The states of all instances. */
  states(): readonly string[] {
    return this.election.statuses().map(({ state }) => state);
  }

  #collect(): void {
    for (let effect = this.election.poll(); effect !== undefined; effect = this.election.poll()) {
      if (effect.kind === "log") this.#logs.push(effect.text);
      else this.#lines.push(lineOf(effect));
    }
  }
}

function lineOf(effect: Exclude<ElectionEffect, { kind: "log" }>): string {
  if (effect.kind === "state") {
    const name = effect.name === "VI_1" ? "" : `${effect.name} `;
    return `${name}${effect.from} to ${effect.to}`;
  }
  const name = effect.instance === "VI_1" ? "" : `${effect.instance} `;
  switch (effect.kind) {
    case "send":
      return `${name}send ${effect.priority}`;
    case "lower-priority-advert":
      return `${name}lower ${effect.priority}`;
    case "claim":
    case "release":
    case "reannounce":
      return `${name}${effect.kind}`;
  }
}
