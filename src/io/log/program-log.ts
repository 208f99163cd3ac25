// The program's own log: JSON lines on stderr, one for each change of state, with its cause.
import { isJournal, withPriorities } from "../../base/io/journal-priority.ts";
import type { LogLevel } from "../../config/model/log.ts";
import { destination, pino, stdTimeFunctions, type Logger } from "pino";

/** The program's own log. */
export type ProgramLog = Logger;

/** How much the program says of itself, and where. */
export interface ProgramLogOptions {
  readonly level?: "debug" | "info" | "warn" | "error" | "silent";
  /** 2, stderr, unless said otherwise. */
  readonly fd?: number;
}

/** Writes are synchronous, so that the last line before a crash is not lost; a closed pipe is ignored. */
export function createProgramLog(options: ProgramLogOptions = {}): ProgramLog {
  const fd = options.fd ?? 2;
  const out = destination({ dest: fd, sync: true });
  return pino(
    {
      level: options.level ?? "info",
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isJournal(fd, process.env) ? withPriorities(out) : out,
  );
}

/** One line for a change of state, at the level that stands for a syslog severity. */
export function logState(
  program: ProgramLog,
  severity: LogLevel,
  fields: Readonly<Record<string, unknown>>,
  text: string,
): void {
  switch (severity) {
    case "emerg":
    case "alert":
    case "crit":
    case "err":
      return program.error(fields, text);
    case "warning":
      return program.warn(fields, text);
    case "notice":
    case "info":
      return program.info(fields, text);
    case "debug":
      return program.debug(fields, text);
  }
}
