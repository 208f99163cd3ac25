// What an event script is told: three arguments, and variables. Texts may hold what strangers sent.
import type { NodeEvent } from "../../src/base/event.ts";

/** The arguments: kind, severity, subject. */
export function scriptWords({ kind, severity, subject }: NodeEvent): readonly string[] {
  return [kind, severity, clean(subject)];
}

/** The variables; what an event does not have is empty. `droppedCount`: not told since the last one. */
export function scriptVariables(
  event: NodeEvent,
  droppedCount: number,
): Readonly<Record<string, string>> {
  const { seq, atMs, source, kind, severity, subject, text, cause, durationMs } = event;
  return {
    EVENT_KIND: kind,
    EVENT_SEVERITY: severity,
    EVENT_SOURCE: source,
    EVENT_SUBJECT: clean(subject),
    EVENT_TEXT: clean(text),
    EVENT_CAUSE: clean(cause ?? ""),
    EVENT_DURATION_MS: durationMs === undefined ? "" : String(durationMs),
    EVENT_AT_MS: String(atMs),
    EVENT_SEQ: String(seq),
    EVENT_DROPPED_COUNT: String(droppedCount),
    EVENT_JSON: JSON.stringify(event),
  };
}

/** No control characters: an environment cannot hold all of them, and a terminal obeys some. */
function clean(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, "?");
}
