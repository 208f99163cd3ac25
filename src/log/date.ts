// Dates as log lines write them. Whoever calls supplies the zone: minutes east of UTC at an
// instant, so that the core needs no time zone data and tests need no environment.

/** Minutes east of UTC that local time is at an instant (ms since the epoch). */
export type UtcOffset = (epochMs: number) => number;

const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function shifted(epochMs: number, offsetMinutes: number): Date {
  return new Date(Math.floor(epochMs) + offsetMinutes * 60_000);
}

function clock(date: Date): string {
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

function zone(offsetMinutes: number, separator: string): string {
  const sign = offsetMinutes < 0 ? "-" : "+";
  const minutes = Math.abs(offsetMinutes);
  return `${sign}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function dayMonthYear(date: Date): string {
  return `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]!}/${date.getUTCFullYear()}`;
}

/** `21/Nov/2026:01:57:52.888` in local time, as `%t` has it. */
export function formatAcceptDate(epochMs: number, offset: UtcOffset): string {
  const date = shifted(epochMs, offset(epochMs));
  const millis = String(date.getUTCMilliseconds()).padStart(3, "0");
  return `${dayMonthYear(date)}:${clock(date)}.${millis}`;
}

/** `21/Nov/2026:01:57:52 +0000`, as `%T` (offset 0) and `%Tl` have it. */
export function formatZonedDate(epochMs: number, offsetMinutes: number): string {
  const date = shifted(epochMs, offsetMinutes);
  return `${dayMonthYear(date)}:${clock(date)} ${zone(offsetMinutes, "")}`;
}

/** `Nov  1 01:57:52` in local time (RFC 3164 §4.1.2). */
export function formatSyslogDate(epochMs: number, offset: UtcOffset): string {
  const date = shifted(epochMs, offset(epochMs));
  const day = String(date.getUTCDate()).padStart(2, " ");
  return `${MONTHS[date.getUTCMonth()]!} ${day} ${clock(date)}`;
}

/** `2026-11-21T01:57:54.753396+00:00` in local time with microseconds (RFC 5424 §6.2.3). */
export function formatIsoDate(epochMs: number, offset: UtcOffset): string {
  const offsetMinutes = offset(epochMs);
  const date = shifted(epochMs, offsetMinutes);
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const micros = date.getUTCMilliseconds() * 1000 + Math.floor((epochMs % 1) * 1000);
  const fraction = String(micros).padStart(6, "0");
  return `${day}T${clock(date)}.${fraction}${zone(offsetMinutes, ":")}`;
}
