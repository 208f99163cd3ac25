// Which events are shown.
import { isOfKinds, type NodeEvent } from "../../src/base/event.ts";

/** What a person asks for; what is absent leaves everything. */
export interface EventSelection {
  /** Epoch, ms. */
  readonly sinceMs: number;
  readonly sources: readonly string[];
  /** Whole kinds (`server.down`) or their first words (`server`). */
  readonly kinds: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Whether an event is one of them. */
export function isSelected(event: NodeEvent, { sinceMs, sources, kinds }: EventSelection): boolean {
  if (event.atMs < sinceMs) return false;
  if (sources.length > 0 && !sources.includes(event.source)) return false;
  return isOfKinds(event.kind, kinds);
}

/** `90s`, `10m`, `2h`, `1d` before now, or an ISO 8601 time; epoch, ms. `undefined`: neither. */
export function parseSince(text: string, nowMs: number): number | undefined {
  const age = /^(\d{1,9})([smhd])$/.exec(text);
  if (age !== null) return nowMs - Number(age[1]) * UNITS[age[2]!]!;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** In the order in which they happened; those of one process in the order of their numbers. */
export function inOrder(events: readonly NodeEvent[]): readonly NodeEvent[] {
  return [...events].sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
}
