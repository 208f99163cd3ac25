// Numbers and times as people read them.
import { durationText } from "../src/base/duration-text.ts";

/** `1,204`; `12.3 k` and `4.5 M` beyond what a narrow column holds. */
export function countText(count: number): string {
  if (count < 100_000) return count.toLocaleString("en-US");
  return count < 1_000_000 ? `${scaled(count / 1_000)} k` : `${scaled(count / 1_000_000)} M`;
}

/** `1 session`, `1,204 sessions`. */
export function pluralText(count: number, one: string): string {
  return `${countText(count)} ${count === 1 ? one : `${one}s`}`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `512 B`, `1.2 MB`: decimal units. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(value)) : scaled(value)} ${BYTE_UNITS[unit]!}`;
}

/** Three digits that count. */
function scaled(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** As `durationText`, in whole seconds and one unit from an hour on: for what changes all the time. */
export function ageText(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  return durationText(ms).replace(/^(\d+ h) .*/, "$1");
}

/** `14:03:07`, with the date before it when it is another day's. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString("en-GB");
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.toLocaleDateString("en-CA")} ${time}`;
}
