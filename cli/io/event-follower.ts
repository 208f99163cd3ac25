// Reads the events of all processes of a node, once or as they come.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CONTROL_FILE_NAMES } from "../../ha/io/control-socket.ts";
import type { NodeEvent } from "../../src/base/event.ts";
import { EventReader } from "../../src/base/io/event-reader.ts";
import type { ControlPlaces } from "./status-asker.ts";

/** What is kept of events; so many pages hold all. */
const PAGES_MAX = 64;
/** How long a question waits for the next event, ms. */
const WAIT_MS = 5_000;
/** From a process that does not answer to the next try, ms: events of its last moments are lost after a restart. */
const RETRY_MS = 250;

/** What was found in one go. */
export interface EventHaul {
  readonly events: readonly NodeEvent[];
  /** Processes that answered. */
  readonly answeredCount: number;
}

/** The events of one node. */
export class EventFollower {
  readonly #readers: readonly EventReader[];

  constructor({ folder, balancer }: ControlPlaces) {
    const paths = [
      join(folder, CONTROL_FILE_NAMES.guard),
      join(folder, CONTROL_FILE_NAMES.agent),
      balancer,
    ];
    this.#readers = paths.map((path) => new EventReader(path));
  }

  /** All that is kept and was not read yet. */
  async take(): Promise<EventHaul> {
    const hauls = await Promise.all(this.#readers.map((reader) => takeAll(reader)));
    return {
      events: hauls.flatMap(({ events }) => events),
      answeredCount: hauls.filter(({ isAnswered }) => isAnswered).length,
    };
  }

  /** Tells of events as they come, also those of processes that start meanwhile; until aborted. */
  async follow(
    tell: (events: readonly NodeEvent[]) => void,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    await Promise.all(
      this.#readers.map(async (reader) => {
        while (!signal.aborted) {
          const reading = await reader.next(WAIT_MS);
          if (reading.kind === "failure") await sleep(RETRY_MS);
          else if (reading.events.length > 0) tell(reading.events);
        }
      }),
    );
  }
}

async function takeAll(
  reader: EventReader,
): Promise<{ readonly events: readonly NodeEvent[]; readonly isAnswered: boolean }> {
  const events: NodeEvent[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const reading = await reader.next();
    if (reading.kind === "failure") return { events, isAnswered: page > 0 };
    events.push(...reading.events);
    if (!reading.hasMore) break;
  }
  return { events, isAnswered: true };
}
