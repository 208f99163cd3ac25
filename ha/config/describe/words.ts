// Durations and counts as people write them.
import type { Millis } from "../../../src/base/units.ts";

/** `250 ms`, `2.6 s`, `1 min`; three digits are enough. */
export function span(millis: Millis): string {
  if (millis < 1_000) return `${digits(millis)} ms`;
  if (millis < 60_000) return `${digits(millis / 1_000)} s`;
  return `${digits(millis / 60_000)} min`;
}

/** `2.61 to 3.61 s`: one unit for both where that is the same. */
export function range(fromMs: Millis, toMs: Millis): string {
  const [from, to] = [span(fromMs), span(toMs)];
  const unit = to.slice(to.indexOf(" "));
  return from === to ? to : `${from.endsWith(unit) ? from.slice(0, -unit.length) : from} to ${to}`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `1 time`, `2 times`. */
export function times(count: number): string {
  return count === 1 ? "once" : `${count} times in a row`;
}
