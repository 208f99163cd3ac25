// Numbers and times as people read them.

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

/** `320 ms`, `4.2 s`, `12 s`, `3 min 20 s`, `3 h 12 min`, `5 d 3 h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? pair(hours, "h", minutes % 60, "min")
    : pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** As `durationText`, in whole seconds and one unit from an hour on: for what changes all the time. */
export function ageText(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  return durationText(ms).replace(/^(\d+ h) .*/, "$1");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `14:03:07`, with the date before it when it is another day's. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString("en-GB");
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.toLocaleDateString("en-CA")} ${time}`;
}
