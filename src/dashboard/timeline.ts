// The events of all processes of a node in one list, each with the version of the dashboard that it
// came with, so that a page gets what is new to it.
import type { NodeEvent } from "../base/event.ts";
import { DASHBOARD_EVENTS_MAX } from "./limits.ts";

/** See the head of this file. */
export class Timeline {
  #events: { readonly event: NodeEvent; readonly version: number }[] = [];

  /** Takes events of one process, in their order. */
  take(events: readonly NodeEvent[], version: number): void {
    if (events.length === 0) return;
    for (const event of events) this.#events.push({ event, version });
    this.#events.sort((a, b) => a.event.atMs - b.event.atMs);
    this.#events = this.#events.slice(-DASHBOARD_EVENTS_MAX);
  }

  /** Those that came after a version, the oldest first. */
  since(version: number): readonly NodeEvent[] {
    return this.#events.filter((kept) => kept.version > version).map(({ event }) => event);
  }
}
