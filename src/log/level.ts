// Syslog numbers (RFC 5424 §6.2.1, haproxy configuration §4.2 `log`).
import type { LogLevel } from "../config/model/log.ts";

/** Severities by number: a smaller number is more urgent. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warning",
  "notice",
  "info",
  "debug",
];

/** Facilities by number, in HAProxy's spelling. */
export const LOG_FACILITIES: readonly string[] = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "auth2",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "cron2",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
];

/** The number of a severity, 0..7. */
export function levelNumber(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}

/** The number of a facility, 0..23; an unknown name counts as `local0`. */
export function facilityNumber(facility: string): number {
  const index = LOG_FACILITIES.indexOf(facility);
  return index < 0 ? LOG_FACILITIES.indexOf("local0") : index;
}

/**
 * The severity that a target writes for a message, after its two bounds: a message less urgent
 * than `levelMax` is dropped (`undefined`), one more urgent than `levelMin` is written as `levelMin`.
 */
export function effectiveLevel(
  level: LogLevel,
  bounds: { readonly levelMax: LogLevel; readonly levelMin: LogLevel },
): LogLevel | undefined {
  const number = levelNumber(level);
  if (number > levelNumber(bounds.levelMax)) return undefined;
  return LOG_LEVELS[Math.max(number, levelNumber(bounds.levelMin))];
}
