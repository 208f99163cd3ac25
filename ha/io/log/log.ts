// Where guard and agent say what they do. No form of it may make them wait: a terminal that is
// stopped, or a journal that hangs, must not stop the adverts. So writes are queued, and dropped
// beyond a bound.
import { destination, pino, stdTimeFunctions, type Logger } from "pino";
import { isJournal, withPriorities } from "../../../src/base/io/journal-priority.ts";
import { LOG_QUEUE_BYTES_MAX } from "../../limits.ts";
import { SyslogSocket } from "./syslog-socket.ts";

/** How bad a line is. */
export type LogLevel = "info" | "warning" | "error";

/** The form of the log: JSON lines on stderr, Keepalived's lines on a console or in a file, or syslog. */
export type LogForm =
  | { readonly kind: "json" }
  | { readonly kind: "console" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "syslog"; readonly ident: string; /** 0..23 */ readonly facility: number }
  | { readonly kind: "none" };

/** Takes lines; never waits, never throws. */
export interface Log {
  write(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes what is queued, as far as that is possible without waiting long, and ends. */
  close(): void;
}

/** Opens a log of this form. */
export function openLog(form: LogForm): Log {
  switch (form.kind) {
    case "json":
      return jsonLog();
    case "console":
      return lineLog(2);
    case "file":
      return lineLog(form.path);
    case "syslog":
      return syslogLog(form.ident, form.facility);
    case "none":
      return { write: () => undefined, close: () => undefined };
  }
}

type Destination = ReturnType<typeof destination>;

function openDestination(target: number | string): Destination {
  const out = destination({
    dest: target,
    sync: false,
    minLength: 0,
    maxLength: LOG_QUEUE_BYTES_MAX,
  });
  // A closed pipe or a full disk is not a reason to end.
  out.on("error", () => undefined);
  return out;
}

function finish(out: Destination): void {
  try {
    out.flushSync();
  } catch {
    // Not open yet, or gone: there is nobody to tell.
  }
}

function jsonLog(): Log {
  const out = openDestination(2);
  const logger: Logger = pino(
    {
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isJournal(2, process.env) ? withPriorities(out) : out,
  );
  return {
    write(level, text, fields = {}) {
      if (level === "info") logger.info(fields, text);
      else if (level === "warning") logger.warn(fields, text);
      else logger.error(fields, text);
    },
    close: () => finish(out),
  };
}

/** `Sat Nov 21 12:54:06 2026: text`, as Keepalived prints with `--log-console`. */
function lineLog(target: number | string): Log {
  const out = openDestination(target);
  return {
    write(_level, text) {
      out.write(`${consoleTime(new Date())}: ${text}\n`);
    },
    close: () => finish(out),
  };
}

const SEVERITIES: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, info: 6 };

function syslogLog(ident: string, facility: number): Log {
  const socket = new SyslogSocket();
  return {
    write(level, text) {
      const priority = facility * 8 + SEVERITIES[level];
      socket.send(`<${priority}>${syslogTime(new Date())} ${ident}[${process.pid}]: ${text}`);
    },
    close: () => socket.close(),
  };
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function clock(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function consoleTime(at: Date): string {
  return `${DAYS[at.getDay()]!} ${MONTHS[at.getMonth()]!} ${two(at.getDate())} ${clock(at)} ${at.getFullYear()}`;
}

/** RFC 3164 §4.1.2: the day is padded by a space. */
function syslogTime(at: Date): string {
  return `${MONTHS[at.getMonth()]!} ${String(at.getDate()).padStart(2)} ${clock(at)}`;
}
