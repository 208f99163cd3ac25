// Priorities for lines that go to the journal of systemd: a number in angle brackets before each
// (sd-daemon(3)), which the journal takes off again.
import { fstatSync } from "node:fs";
import { symbols } from "pino";

/** What is written to. */
export interface LineOutput {
  write(text: string): unknown;
}

/** pino's numbers of levels, and the priorities of syslog (RFC 5424 §6.2.1) from each on. */
const PRIORITIES: readonly (readonly [level: number, priority: number])[] = [
  [50, 3],
  [40, 4],
  [30, 6],
];
const PRIORITY_DEBUG = 7;
const PRIORITY_NOTICE = 5;

/** Whether a descriptor leads to the journal: systemd names its device and inode (systemd.exec(5)). */
export function isJournal(
  fd: number,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const stream = environment["JOURNAL_STREAM"];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** An output for pino that puts the priority before each line. */
export function withPriorities(out: LineOutput): LineOutput {
  const stream = {
    [symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    lastObj: undefined as unknown,
    write(line: string): void {
      out.write(`<${priorityOf(stream.lastLevel, stream.lastObj)}>${line}`);
    },
  };
  return stream;
}

function priorityOf(level: number, fields: unknown): number {
  const priority = PRIORITIES.find(([from]) => level >= from)?.[1] ?? PRIORITY_DEBUG;
  const isNotice = (fields as { severity?: unknown } | null | undefined)?.severity === "notice";
  return priority === 6 && isNotice ? PRIORITY_NOTICE : priority;
}
