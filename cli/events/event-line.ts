// An event as a line of a screen.
import type { EventSeverity, NodeEvent } from "../../src/base/event.ts";
import { type Line, piece, type Tone } from "../status/line.ts";
import { durationText } from "../../src/base/duration-text.ts";
import { printable } from "../status/words.ts";

const TONES: Readonly<Partial<Record<EventSeverity, Tone>>> = { warning: "warn", error: "bad" };
const SIGNS: Readonly<Record<EventSeverity, string>> = {
  info: " ",
  notice: " ",
  warning: "!",
  error: "‼",
};
const SOURCE_COLUMNS = 8;
const KIND_COLUMNS = 15;

/** The line; its end is cut where the screen ends. `zoneMinutes`: local time is so much later than UTC. */
export function eventLine(event: NodeEvent, zoneMinutes: number): Line {
  const { atMs, source, severity, kind, subject, text, cause, durationMs, data } = event;
  const tone = TONES[severity] ?? (kind === "vrrp.master" ? "good" : undefined);
  const time = new Date(atMs + zoneMinutes * 60_000).toISOString().slice(11, 23);
  const after = durationMs === undefined ? "" : `, ${durationText(durationMs)}`;
  const outage = data?.["outageMs"];
  const cost = typeof outage === "number" ? `, ${durationText(outage)} without a master` : "";
  return [
    piece(`${time} `, "dim"),
    piece(`${source.padEnd(SOURCE_COLUMNS)} `, "dim"),
    piece(`${SIGNS[severity]} ${kind.padEnd(KIND_COLUMNS)} `, tone),
    piece(`${printable(subject)}${after}${cost}: `),
    piece(printable(cause ?? text), "dim"),
  ];
}
