// Which events one outlet gets, each once: those of the wanted kinds that it did not get before.
import {
  type EventPosition,
  type EventSource,
  isOfKinds,
  type NodeEvent,
} from "../../src/base/event.ts";
import type { Outlet, OutletPositions } from "./sender-messages.ts";

/** What decides about events. */
export interface OutletRules {
  readonly outlet: Outlet;
  /** Whole kinds or their first words; empty: all. */
  readonly kinds: readonly string[];
  /** Older events are left out, epoch ms. */
  readonly sinceMs: number;
}

/** See the head of this file. */
export class OutletLog {
  readonly #rules: OutletRules;
  readonly #positions: Partial<Record<EventSource, EventPosition>>;
  /** Where the events stand that are under way. */
  readonly #runs = new WeakMap<NodeEvent, string>();

  constructor(rules: OutletRules, former: OutletPositions = {}) {
    this.#rules = rules;
    this.#positions = { ...former };
  }

  /** How far it has come. */
  get positions(): OutletPositions {
    return { ...this.#positions };
  }

  /** Those of these events of one run of a process that are to be delivered. */
  select(events: readonly NodeEvent[], run: string): readonly NodeEvent[] {
    return events.filter((event) => {
      const position = this.#positions[event.source];
      if (position?.run === run && event.seq <= position.seq) return false;
      if (!this.#isWanted(event)) return false;
      this.#runs.set(event, run);
      return true;
    });
  }

  /** These are done with. */
  settled(events: readonly NodeEvent[]): void {
    for (const { source, seq, run } of events.flatMap((event) => this.#known(event))) {
      const former = this.#positions[source];
      // One that was under way may be done after later ones have made room.
      if (former?.run !== run || former.seq < seq) this.#positions[source] = { run, seq };
    }
  }

  #known(event: NodeEvent): (EventPosition & Pick<NodeEvent, "source">)[] {
    const run = this.#runs.get(event);
    return run === undefined ? [] : [{ source: event.source, seq: event.seq, run }];
  }

  #isWanted({ atMs, kind, subject }: NodeEvent): boolean {
    const { outlet, kinds, sinceMs } = this.#rules;
    if (atMs < sinceMs) return false;
    // Its own failures would keep it busy with nothing else.
    if (kind.startsWith("delivery.") && subject === outlet) return false;
    return isOfKinds(kind, kinds);
  }
}
