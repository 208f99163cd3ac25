import { closeSync, fstatSync, openSync } from "node:fs";
import path from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { isJournal, withPriorities } from "../../../src/base/io/journal-priority.ts";
import { tempDir } from "../../support/temp.ts";

describe("priorities for the journal", () => {
  test("are put before lines only where the descriptor is the journal", () => {
    const fd = openSync(path.join(tempDir(), "journal"), "w");
    const { dev, ino } = fstatSync(fd);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
    expect(isJournal(fd, {})).toBe(false);
    closeSync(fd);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
  });

  test("follow the level, and an event's severity between info and warning", () => {
    const lines: string[] = [];
    const log = pino({ level: "debug" }, withPriorities({ write: (text) => lines.push(text) }));
    log.error("a");
    log.warn("b");
    log.info({ severity: "notice" }, "c");
    log.info("d");
    log.debug("e");
    expect(lines.map((line) => line.slice(0, 4))).toEqual(["<3>{", "<4>{", "<5>{", "<6>{", "<7>{"]);
  });
});
