import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../../src/base/event.ts";
import { type EventBounds, EventLog } from "../../../src/base/event-log.ts";

const BOUNDS: EventBounds = {
  eventsMax: 4,
  bytesMax: 10_000,
  pageBytesMax: 5_000,
  textCharsMax: 20,
  dataMax: 2,
};

const DRAFT: EventDraft = {
  kind: "server.down",
  severity: "warning",
  subject: "b/s",
  text: "it fell",
};

function logOf(bounds: Partial<EventBounds> = {}): EventLog {
  return new EventLog("balancer", "run", { ...BOUNDS, ...bounds });
}

const numbers = (log: EventLog, since: number): number[] =>
  log.since(since).events.map(({ seq }) => seq);

describe("EventLog", () => {
  test("numbers, dates and gives what came after a number", () => {
    const log = logOf();
    expect(log.since(0)).toEqual({
      source: "balancer",
      run: "run",
      latestSeq: 0,
      missedCount: 0,
      events: [],
    });
    expect(log.add(DRAFT, 1_000)).toEqual({ seq: 1, atMs: 1_000, source: "balancer", ...DRAFT });
    log.add({ ...DRAFT, cause: "why", durationMs: 2.6, data: { a: 1 } }, 1_001);
    expect(log.since(1).events).toEqual([
      {
        ...DRAFT,
        seq: 2,
        atMs: 1_001,
        source: "balancer",
        cause: "why",
        durationMs: 3,
        data: { a: 1 },
      },
    ]);
    expect(log.since(2).events).toEqual([]);
    expect(log.since(99)).toMatchObject({ latestSeq: 2, missedCount: 0, events: [] });
  });

  test("keeps so many, and says how many were missed", () => {
    const log = logOf();
    for (let at = 0; at < 6; at += 1) log.add(DRAFT, at);
    expect(numbers(log, 0)).toEqual([3, 4, 5, 6]);
    expect(log.since(0).missedCount).toBe(2);
    expect(log.since(1).missedCount).toBe(1);
    expect(log.since(2).missedCount).toBe(0);
    expect(numbers(log, 4)).toEqual([5, 6]);
  });

  test("keeps so many bytes, and the latest event whatever its size", () => {
    const log = logOf({ eventsMax: 1_000, bytesMax: 250 });
    for (let at = 0; at < 6; at += 1) log.add(DRAFT, at);
    expect(numbers(log, 0)).toEqual([5, 6]);
    const small = logOf({ bytesMax: 1 });
    small.add(DRAFT, 1);
    small.add(DRAFT, 2);
    expect(numbers(small, 0)).toEqual([2]);
  });

  test("gives a page of so many bytes, and the rest when asked again", () => {
    const log = logOf({ pageBytesMax: 250 });
    for (let at = 0; at < 4; at += 1) log.add(DRAFT, at);
    expect(numbers(log, 0)).toEqual([1, 2]);
    expect(numbers(log, 2)).toEqual([3, 4]);
    expect(numbers(logOf({ pageBytesMax: 1 }), 0)).toEqual([]);
    const narrow = logOf({ pageBytesMax: 1 });
    narrow.add(DRAFT, 1);
    narrow.add(DRAFT, 2);
    expect(numbers(narrow, 0)).toEqual([1]);
  });

  test("cuts texts and counts of values", () => {
    const long = "x".repeat(100);
    const event = logOf().add(
      { ...DRAFT, subject: long, text: long, cause: long, data: { a: long, b: 2, c: 3 } },
      0,
    );
    const cut = `${"x".repeat(19)}…`;
    expect(event).toMatchObject({ subject: cut, text: cut, cause: cut });
    expect(event.data).toEqual({ a: cut, b: 2 });
  });
});
