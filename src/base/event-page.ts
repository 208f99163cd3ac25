// A page of events as it comes from a control socket, which may be another version's.
import type { EventDatum, EventPage, EventSeverity, EventSource, NodeEvent } from "./event.ts";

const SOURCES: readonly string[] = ["balancer", "agent", "guard"] satisfies EventSource[];

/** From harmless to bad. */
export const EVENT_SEVERITIES = [
  "info",
  "notice",
  "warning",
  "error",
] as const satisfies readonly EventSeverity[];

/** Reads a page; `undefined` for what is none. Events that are none are left out. */
export function readEventPage(value: Readonly<Record<string, unknown>>): EventPage | undefined {
  const { source, run, latestSeq, missedCount, events } = value;
  if (!isSource(source) || typeof run !== "string" || !isCount(latestSeq)) return undefined;
  if (!isCount(missedCount) || !Array.isArray(events)) return undefined;
  return { source, run, latestSeq, missedCount, events: events.flatMap((each) => readEvent(each)) };
}

function readEvent(value: unknown): NodeEvent[] {
  if (typeof value !== "object" || value === null) return [];
  const { seq, atMs, source, kind, severity, subject, text, cause, durationMs, data } =
    value as Readonly<Record<string, unknown>>;
  if (!isCount(seq) || !isTime(atMs) || !isSource(source) || !isSeverity(severity)) return [];
  if (typeof kind !== "string" || typeof subject !== "string" || typeof text !== "string")
    return [];
  return [
    {
      seq,
      atMs,
      source,
      kind,
      severity,
      subject,
      text,
      ...(typeof cause === "string" ? { cause } : {}),
      ...(typeof durationMs === "number" ? { durationMs } : {}),
      ...(typeof data === "object" && data !== null ? { data: readData(data) } : {}),
    },
  ];
}

function readData(data: object): Readonly<Record<string, EventDatum>> {
  const isDatum = ([, value]: [string, unknown]): boolean =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return Object.fromEntries(Object.entries(data).filter(isDatum));
}

/** Within what a `Date` can be. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isSource(value: unknown): value is EventSource {
  return typeof value === "string" && SOURCES.includes(value);
}

function isSeverity(value: unknown): value is EventSeverity {
  return (EVENT_SEVERITIES as readonly unknown[]).includes(value);
}
