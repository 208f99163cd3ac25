// Lines of the log that may be events: an event is told here once, and everywhere from here.
import { type EventMark, eventFields } from "../../../src/base/event.ts";
import type { EventFeed } from "../../../src/base/io/event-feed.ts";
import type { Log, LogLevel } from "./log.ts";

/** Writes a line; with a mark it is kept as an event first, and has the event's fields. */
export function tell(
  log: Log,
  events: EventFeed,
  level: LogLevel,
  text: string,
  mark?: EventMark,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  if (mark === undefined) {
    log.write(level, text, fields);
    return;
  }
  const severity = mark.severity ?? level;
  const event = events.add({ ...mark, severity, text });
  const isBad = severity === "warning" || severity === "error";
  log.write(isBad ? severity : "info", text, { ...fields, ...eventFields(event) });
}
