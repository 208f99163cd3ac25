// Reads the events of all processes of a node, once or as they come.
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventPosition, NodeEvent } from "../event.ts";
import { EventReader } from "./event-reader.ts";

/** What is kept of events; so many pages hold all. */
const PAGES_MAX = 64;
/** How long a question waits for the next event, ms. */
const WAIT_MS = 5_000;
/**
 * From a process that does not answer, or that lets nobody wait any more, to the next try, ms: events of
 * its last moments are lost after a restart.
 */
const RETRY_MS = 250;

/** What was found in one go. */
export interface EventHaul {
  readonly events: readonly NodeEvent[];
  /** Processes that answered. */
  readonly answeredCount: number;
}

/** Takes events of one process, and where the last of them stands. */
export type TellEvents = (events: readonly NodeEvent[], position: EventPosition) => void;

/** A control socket, and from where on its events are read; without a position from the first. */
export type EventPlace = readonly [path: string, from?: EventPosition | undefined];

/** The events of one node. */
export class EventFollower {
  readonly #paths: readonly string[];
  readonly #readers: readonly EventReader[];

  constructor(places: readonly EventPlace[]) {
    this.#paths = places.map(([path]) => path);
    this.#readers = places.map(([path, from]) => new EventReader(path, from));
  }

  /** Where another follower has to begin to go on after this one. */
  get places(): readonly EventPlace[] {
    return this.#paths.map((path, at) => [path, this.#readers[at]!.position]);
  }

  /** All that is kept and was not read yet. */
  async take(tell: TellEvents = () => undefined): Promise<EventHaul> {
    const hauls = await Promise.all(this.#readers.map((reader) => takeAll(reader, tell)));
    return {
      events: hauls.flatMap(({ events }) => events),
      answeredCount: hauls.filter(({ isAnswered }) => isAnswered).length,
    };
  }

  /** Tells of events as they come, also those of processes that start meanwhile; until aborted. */
  async follow(
    tell: TellEvents,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    await Promise.all(
      this.#readers.map(async (reader) => {
        while (!isOver()) {
          const askedMs = performance.now();
          const reading = await reader.next(WAIT_MS);
          if (isOver()) return;
          if (reading.kind === "failure") await sleep(RETRY_MS);
          else if (reading.events.length > 0) tell(reading.events, reader.position!);
          else if (!reading.hasMore && performance.now() - askedMs < RETRY_MS)
            await sleep(RETRY_MS);
        }
      }),
    );
  }
}

async function takeAll(
  reader: EventReader,
  tell: TellEvents,
): Promise<{ readonly events: readonly NodeEvent[]; readonly isAnswered: boolean }> {
  const events: NodeEvent[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const reading = await reader.next();
    if (reading.kind === "failure") return { events, isAnswered: page > 0 };
    events.push(...reading.events);
    if (reading.events.length > 0) tell(reading.events, reader.position!);
    if (!reading.hasMore) break;
  }
  return { events, isAnswered: true };
}
